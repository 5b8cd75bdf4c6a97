/// The waits of a reign, in milliseconds.
package struct ReignTiming: Sendable, Equatable {
    /// Between two attempts of a standby to bind the ports or to get the lock. A dying predecessor frees its lock
    /// within about a millisecond. A hung predecessor was killed just before.
    package var retryMilliseconds: Int64 = 2
    /// Attempts of a standby, at most.
    package var attempts = 500
    /// The time for which the workers' first probes have precedence over the rest of the reign's beginning.
    package var precedenceMilliseconds: Int64 = 20
    /// The time limit for the reigning balancer's answer to its replacement.
    package var answerMilliseconds: Int64 = 5000
    /// The time limit for a successor, from the lock to its reign.
    package var successorMilliseconds: Int64 = 5000
    /// The time limit for the requests in progress after the reign.
    package var drainMilliseconds: Int64 = 30_000

    package init() {}
}
