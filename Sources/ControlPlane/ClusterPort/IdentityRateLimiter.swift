/// Limits the request rate of each identity at the cluster port: buckets that fill at `perSecond`, as in `RateLimiter`.
///
/// A worker sends ten requests a second, and a balancer that looks for others sends one. Requests beyond the rate wait.
/// So one certificate can't delay the watches of others.
struct IdentityRateLimiter {
    static let perSecond: UInt64 = 50
    static let burst: UInt64 = 100
    /// At this number, full buckets are dropped: a full bucket is equal to none.
    private static let mostKept = 20_000

    private static let interval: UInt64 = 1_000_000_000 / perSecond
    /// The time at which each bucket is full again.
    private var full: [String: UInt64] = [:]

    /// Takes a token.
    ///
    /// - Parameters:
    ///   - identity: the URI of the certificate; empty for a peer without one.
    ///   - now: monotonic nanoseconds.
    /// - Returns: the earliest time for the request; `now` if it need not wait.
    mutating func take(_ identity: String, now: UInt64) -> UInt64 {
        if full.count >= IdentityRateLimiter.mostKept { full = full.filter { $0.value > now } }
        let refilled = max(full[identity] ?? now, now) + IdentityRateLimiter.interval
        full[identity] = refilled
        let tolerance = IdentityRateLimiter.interval * IdentityRateLimiter.burst
        return refilled <= now + tolerance ? now : refilled - tolerance
    }
}
