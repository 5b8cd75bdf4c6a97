/// Limits the rate of worker lists in answers to watches.
///
/// Each change makes a new version, and every worker requests it once a second. If N workers all change, that is N
/// lists of N records a second. Lists beyond the rate come with a later watch. The worker's present list stays valid.
struct SnapshotRateLimiter {
    /// About a tenth of a core for TLS. Up to 500 workers never reach it.
    static let bytesPerSecond = 64 << 20

    private var left = SnapshotRateLimiter.bytesPerSecond
    private var reckonedAt: UInt64 = 0

    /// Returns whether another list may be sent now.
    ///
    /// - Parameter now: the loop's time, in nanoseconds.
    mutating func allows(now: UInt64) -> Bool {
        let elapsed = min(now &- reckonedAt, 1_000_000_000)
        let refill = Int(elapsed) / 1000 * SnapshotRateLimiter.bytesPerSecond / 1_000_000
        if refill > 0 {
            left = min(left + refill, SnapshotRateLimiter.bytesPerSecond)
            reckonedAt = now
        }
        return left > 0
    }

    /// Counts a list. Lists that can't wait count too, and may exceed the rate by up to ten seconds.
    mutating func spend(_ bytes: Int) {
        left = max(left - bytes, -10 * SnapshotRateLimiter.bytesPerSecond)
    }
}
