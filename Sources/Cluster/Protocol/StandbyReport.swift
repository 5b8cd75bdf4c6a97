/// A report from a standby to the worker that started it.
package enum StandbyReport: Codable, Sendable, Equatable {
    case parked
    /// It accepts clients. The ports for workers and operators follow.
    case accepts(Epoch)
    case started(Epoch)
    /// Another process holds the lock.
    case held(String)
    case failed(String)
    /// A balancer with this higher epoch reigns or reigned elsewhere, so this process ends. The worker may not have a
    /// handover connection yet. Without this report it would start the next process, which would end in the same way.
    case superseded(Epoch)
}
