internal import Sockets

/// The requests of one loop that workers have refused as those of a past reign, and that wait for the successor's
/// epoch. Bounded in number by the connections that they came over, and in time.
final class FencedRequests {
    private struct Entry {
        let exchange: ProxyExchange
        let deadline: UInt64
    }

    private let loop: EventLoop
    private let milliseconds: Int
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
        entries.append(Entry(exchange: exchange, deadline: deadline))
        if entries.count == 1 { timer.set(at: deadline) }
    }

    /// The exchange does not wait any more.
    func remove(_ exchange: ProxyExchange) {
        entries.removeAll { $0.exchange === exchange }
    }

    /// The successor has told its epoch: everybody goes out again.
    func release() {
        let all = entries
        entries = []
        for entry in all { entry.exchange.epochRenewed() }
    }

    private func expire() {
        while let first = entries.first, first.deadline <= loop.now {
            entries.removeFirst()
            first.exchange.noSuccessor()
        }
        if let first = entries.first { timer.set(at: first.deadline) }
    }
}
