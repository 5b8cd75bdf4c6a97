internal import Sockets

/// The requests of one loop that wait for a worker, oldest first; bounded in number and in time.
final class WaitQueue {
    private var waiting: [ProxyExchange] = []
    private let timer: LoopTimer
    private let limit: Int
    private let milliseconds: Int
    private let loop: EventLoop

    init(loop: EventLoop, limit: Int, milliseconds: Int) {
        self.loop = loop
        self.limit = limit
        self.milliseconds = milliseconds
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in expire() }
    }

    var isEmpty: Bool { waiting.isEmpty }

    /// False when the queue is full.
    func append(_ exchange: ProxyExchange) -> Bool {
        guard waiting.count < limit else { return false }
        exchange.queueDeadline = loop.now &+ UInt64(milliseconds) &* 1_000_000
        waiting.append(exchange)
        if waiting.count == 1 { timer.set(at: exchange.queueDeadline) }
        return true
    }

    func remove(_ exchange: ProxyExchange) {
        if let index = waiting.firstIndex(where: { $0 === exchange }) { waiting.remove(at: index) }
    }

    /// Workers may have become free: everybody tries again, in order.
    func wake() {
        guard !waiting.isEmpty else { return }
        let all = waiting
        waiting = []
        for (index, exchange) in all.enumerated() where !exchange.dequeued() {
            // None is free after all: the rest keeps its place and its deadline.
            waiting = Array(all[index...]) + waiting
            return
        }
    }

    private func expire() {
        while let first = waiting.first, first.queueDeadline <= loop.now {
            waiting.removeFirst()
            first.waitedTooLong()
        }
        if let first = waiting.first { timer.set(at: first.queueDeadline) }
    }
}
