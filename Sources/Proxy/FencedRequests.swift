internal import Sockets

/// The requests of one loop that workers have refused because they belong to an earlier reign, and that wait for the
/// successor's epoch. Their connections bound their number, and a timer their time.
final class FencedRequests {
    private struct Entry {
        let exchange: ProxyExchange
        let deadline: UInt64
    }

    private let loop: EventLoop
    /// The time for which a new request waits.
    var milliseconds: Int
    private let timer: LoopTimer
    private var entries: [Entry] = []

    init(loop: EventLoop, milliseconds: Int) {
        self.loop = loop
        self.milliseconds = milliseconds
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in expire() }
    }

    func append(_ exchange: ProxyExchange) {
        let deadline = loop.now &+ UInt64(milliseconds) &* 1_000_000
        // In the order of their deadlines. After a change of the time a request may expire before an older one.
        let index = (entries.lastIndex { $0.deadline <= deadline } ?? -1) + 1
        entries.insert(Entry(exchange: exchange, deadline: deadline), at: index)
        if index == 0 { timer.set(at: deadline) }
    }

    /// The exchange waits no more.
    func remove(_ exchange: ProxyExchange) {
        entries.removeAll { $0.exchange === exchange }
    }

    /// The successor has published its epoch: all requests go out again.
    func release() {
        let all = entries
        entries = []
        for entry in all { entry.exchange.epochRenewed() }
    }

    private func expire() {
        while let first = entries.first, first.deadline <= loop.now {
            entries.removeFirst()
            first.exchange.successorTimedOut()
        }
        if let first = entries.first { timer.set(at: first.deadline) }
    }
}
