/// Limits the stream resets of one HTTP/2 connection, and their rate.
///
/// Applications defend themselves against clients that open streams and reset them (CVE-2023-44487). Beyond a number of
/// resets they end the connection, with the requests of all clients on it. The usual bounds are 200 in 30 s and more.
/// The defaults here are below them.
struct ResetBudget {
    private let burst: Int
    private let interval: UInt64
    private let most: Int
    private var spent = 0
    /// The time at which the whole burst is available again (generic cell rate algorithm).
    private var restored: UInt64 = 0

    init(limits: UpstreamLimits) {
        burst = limits.http2ResetBurst
        interval = UInt64(clamping: limits.http2ResetMilliseconds) &* 1_000_000
        most = limits.http2Resets
    }

    /// After this many resets a new connection is better.
    var isWorn: Bool { spent >= most }

    /// - Parameter now: monotonic nanoseconds.
    /// - Returns: true if a stream may be reset now. It then counts as reset.
    mutating func spend(now: UInt64) -> Bool {
        guard now >= nextTurn else { return false }
        restored = max(restored, now) &+ interval
        spent += 1
        return true
    }

    /// The earliest time of the next reset.
    var nextTurn: UInt64 {
        let ahead = UInt64(clamping: burst - 1) &* interval
        return restored > ahead ? restored - ahead : 0
    }
}
