internal import Sockets

/// The requests of one loop that workers have refused because they belong to an earlier reign, and that wait for the
/// successor's epoch. Their connections bound their number, and the queue their time.
final class FencedRequests {
    private let queue: DeadlineQueue<ProxyExchange>

    init(loop: EventLoop, milliseconds: Int) {
        queue = DeadlineQueue(loop: loop, milliseconds: milliseconds)
        queue.onExpiry = { $0.successorTimedOut() }
    }

    /// The time for which a new request waits.
    var milliseconds: Int {
        get { queue.milliseconds }
        set { queue.milliseconds = newValue }
    }

    /// - Returns: the exchange's place, for `remove`.
    func append(_ exchange: ProxyExchange) -> Int { queue.append(exchange) }

    /// The exchange waits no more.
    func remove(at place: Int) { _ = queue.remove(place) }

    /// The successor has published its epoch: all requests go out again. A request that is refused anew waits again.
    func release() {
        for _ in 0..<queue.count { queue.removeFirst()?.epochRenewed() }
    }
}
