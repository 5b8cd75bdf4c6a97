package import Cluster

/// A command from a worker to the balancer process that it started.
package enum StandbyCommand: Codable, Sendable {
    /// Hold the listeners of the present balancer, which come with this message.
    case hold(Handover)
    /// Prepare a reign without listeners: the present balancer is on another host.
    case prepare
    /// Take the lock and reign under an epoch above this one.
    case takeOver(after: Epoch)
    /// The names of all further listeners, which come with this message. Only to a process that asked for them.
    case further([String])
}

/// A request from a standby to the worker that started it. Its reports are `StandbyReport`.
package enum StandbyRequest: Codable, Sendable {
    /// It requests the further listeners, now and whenever they change.
    case further
}
