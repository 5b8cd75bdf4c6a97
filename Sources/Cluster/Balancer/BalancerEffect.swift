/// What the shell of the balancer has to do.
package enum BalancerEffect: Sendable, Equatable {
    /// Ask the worker for `/health` and report with `probeFinished`. At most one per worker is under way.
    case probe(WorkerRecord)
    /// The set, the state or the routability of the workers changed: read `roster`. At most once per `takeEffects`.
    case rosterChanged
    /// A worker has met this higher epoch: stop accepting at once and never again under the present epoch.
    case stepDown(Epoch)
    /// Ask the coordinator for its `standing`; answer with `fenceChecked`.
    case checkFence
    /// The fence is lost; the text says how that is known. Stop accepting at once and end: nobody has shown this balancer a
    /// higher epoch, but there may be one.
    case abandon(reason: String)
    /// For the log and the counters.
    case event(ClusterEvent)
}
