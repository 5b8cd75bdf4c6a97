/// Limits the requests of one connection that begin in one turn of the loop.
///
/// A client may send many requests ahead. They must not occupy the loop, and their responses must not fill memory.
struct PipelineTurn {
    private static let requestsPerTurn = 32

    private var requests = 0
    /// The next request has arrived, and waits for a later turn.
    private(set) var isYielding = false

    /// True if the next request has to wait.
    ///
    /// - Parameters:
    ///   - isCongested: more output waits than a connection may hold.
    ///   - isTurnOver: evaluated only after the first request, because it reads the clock.
    func mustYield(isCongested: Bool, isTurnOver: @autoclosure () -> Bool) -> Bool {
        guard requests > 0 else { return isCongested }
        return requests >= PipelineTurn.requestsPerTurn || isCongested || isTurnOver()
    }

    mutating func requestBegan() { requests += 1 }
    mutating func yield() { isYielding = true }
    mutating func turnEnded() { requests = 0 }
    mutating func stop() { isYielding = false }

    /// Continues in a turn after the one in which the next request had to wait.
    ///
    /// - Returns: false while that turn has not ended.
    mutating func resume() -> Bool {
        guard isYielding, requests == 0 else { return false }
        isYielding = false
        return true
    }
}
