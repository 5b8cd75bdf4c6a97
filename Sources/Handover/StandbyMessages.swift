package import Cluster

/// A command from a worker to the balancer process that it started.
package enum StandbyCommand: Codable, Sendable {
    /// Hold the listeners of the present balancer, which come with this message.
    case hold(Handover)
    /// Prepare a reign without listeners: the present balancer is on another host.
    case prepare
    /// Take the lock and reign under an epoch above this one.
    case takeOver(after: Epoch)
}
