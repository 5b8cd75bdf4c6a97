/// The waits of a reign, in milliseconds.
package struct ReignTiming: Sendable, Equatable {
    /// Between two attempts of a standby to bind the ports or to get the lock. A dying predecessor frees its lock
    /// within about a millisecond. A hung predecessor was killed just before.
    package var retryMilliseconds: Int64 = 2
    /// Attempts of a standby, at most.
    package var attempts = 500
    /// How long the workers' first probes have precedence over the rest of the reign's beginning.
    package var precedenceMilliseconds: Int64 = 20
    /// How long the reigning balancer may take to answer its replacement.
    package var answerMilliseconds: Int64 = 5000
    /// How long a successor may take from the lock to its reign.
    package var successorMilliseconds: Int64 = 5000
    /// How long the requests in progress may take after the reign.
    package var drainMilliseconds: Int64 = 30_000

    package init() {}
}
