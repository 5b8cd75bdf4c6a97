/// A task for the balancer's shell.
package enum BalancerEffect: Sendable, Equatable {
    /// Send a probe (`/health`) to the worker and report with `probeFinished`. At most one per worker is in progress.
    case probe(WorkerRecord)
    /// The set, the state or the routability of the workers changed: read `loadBalancer`. At most once per
    /// `takeEffects`.
    case hostsChanged
    /// New requests wait in the queue from now on, or get workers again.
    case holdRequests(Bool)
    /// A balancer with this higher epoch reigns: stop accepting at once, and never accept again under the present
    /// epoch.
    case fenced(Epoch)
    /// Ask at each of these addresses whether a balancer reigns there. Report every answer of a balancer with
    /// `reignFound`.
    case seek([BalancerAddress])
    /// Call `Coordinator.check`. Only a lost fence is reported, with `fenceChecked`.
    case checkFence
    /// The fence is lost, and the text gives the evidence. Stop accepting at once and end: there may be a balancer with
    /// a higher epoch, although no peer has reported one.
    case fenceLost(reason: String)
    /// An event for the log and the counters.
    case event(ClusterEvent)
}
