/// The failure of a check of the balancer.
package enum WatchFailure: Sendable, Equatable {
    /// No answer in time, and the connection was closed. The core also counts unanswered checks by itself.
    case timedOut
    /// The watch connection closed: the balancer's process has probably ended.
    case closed
    /// No process listens at the balancer's cluster port.
    case refused
    /// A balancer rejects this worker (403, 409, a failed handshake): this worker has to register again.
    case rejected
    /// The balancer reported that a later one reigns, so it is fenced.
    case superseded
}
