/// Limits the connect-backs of each identity.
///
/// A connect-back is a connection with a handshake that the balancer makes because of a peer's claim. A refused worker
/// retries after 0.1 to 5 s, with growing delays: 7 times in the first 10 s. No correct worker needs more than twice as
/// many.
struct ConnectBackLimiter: Sendable {
    static let mostInWindow = 16
    static let windowMilliseconds: Int64 = 10_000

    private struct Window {
        let end: Instant
        var count: Int
    }

    private var windows: [NodeID: Window] = [:]
    /// At this size, expired entries are removed.
    private var pruneAt = ConnectBackLimiter.leastListed

    private static let leastListed = 1024

    var listedCount: Int { windows.count }

    /// Counts one connect-back. Returns false if it exceeds the limit.
    mutating func allows(_ id: NodeID, now: Instant) -> Bool {
        if var window = windows[id], now < window.end {
            guard window.count < ConnectBackLimiter.mostInWindow else { return false }
            window.count += 1
            windows[id] = window
            return true
        }
        if windows.count >= pruneAt {
            windows = windows.filter { now < $0.value.end }
            pruneAt = max(ConnectBackLimiter.leastListed, 2 * windows.count)
        }
        windows[id] = Window(end: now.advanced(byMilliseconds: ConnectBackLimiter.windowMilliseconds), count: 1)
        return true
    }
}
