/// How fast worker lists are sent to those who watch.
///
/// Each change makes a new version, and every worker asks for it once a second: with N workers that all change that is N lists of N records
/// a second. What this takes beyond a rate that the control loop can bear comes with a later watch; the list that a worker has stays valid.
struct SnapshotPace {
    /// About a tenth of a core for TLS. Up to 500 workers never come near it.
    static let bytesPerSecond = 64 << 20

    private var left = SnapshotPace.bytesPerSecond
    private var reckonedAt: UInt64 = 0

    /// Whether another list may go out now.
    ///
    /// - Parameter now: the loop's time, in nanoseconds.
    mutating func allows(now: UInt64) -> Bool {
        let elapsed = min(now &- reckonedAt, 1_000_000_000)
        let refill = Int(elapsed) / 1000 * SnapshotPace.bytesPerSecond / 1_000_000
        if refill > 0 {
            left = min(left + refill, SnapshotPace.bytesPerSecond)
            reckonedAt = now
        }
        return left > 0
    }

    /// A list has gone out. Those that can't wait count too, and may make debts of up to ten seconds.
    mutating func spend(_ bytes: Int) {
        left = max(left - bytes, -10 * SnapshotPace.bytesPerSecond)
    }
}
