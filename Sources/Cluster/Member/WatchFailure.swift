/// How a check of the balancer failed.
package enum WatchFailure: Sendable, Equatable {
    /// No answer in time, and the connection given up. (The core also counts by itself what stays unanswered.)
    case timedOut
    /// The watch connection ended: the balancer's process is gone, as far as one can see.
    case closed
    /// Nobody listens at the balancer's cluster port.
    case refused
    /// A balancer is there but says no (403, 409, a broken handshake): this worker has to register again.
    case rejected
    /// The balancer said that a later one reigns, and steps down.
    case superseded
}
