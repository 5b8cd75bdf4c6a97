package import Cluster

/// What a worker tells the balancer process that it started.
package enum StandbyCommand: Codable, Sendable {
    /// Beside it come the listeners of the present balancer.
    case hold(Handover)
    /// Take the lock and reign under an epoch above this one.
    case takeOver(after: Epoch)
}

/// What that process answers.
package enum StandbyReport: Codable, Sendable {
    case parked
    case started(Epoch)
    /// Another process holds the lock.
    case held(String)
    case failed(String)
    /// A balancer of this higher epoch reigns elsewhere, or did: this one ends. The worker may not be at the handover socket
    /// yet to hear of it; it would start another that ends the same way, again and again.
    case superseded(Epoch)
}
