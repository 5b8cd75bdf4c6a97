internal import Balancing
internal import Connections
internal import Sockets

/// The requests of one loop that wait for a host, oldest first, with their tickets in the queue that all loops share. The
/// load balancer bounds their number, and this queue their time.
final class WaitQueue {
    private struct Entry {
        let exchange: ProxyExchange
        let ticket: UInt64
        let since: UInt64
        let deadline: UInt64
    }

    private var entries: [Entry] = []
    private let timer: LoopTimer
    /// The time for which a new request waits.
    var milliseconds: Int
    private let loop: EventLoop
    private let loadBalancer: LoadBalancer
    /// Counts the time of each request that leaves the queue.
    private let durations: DurationHistogram

    init(loop: EventLoop, loadBalancer: LoadBalancer, milliseconds: Int, durations: DurationHistogram) {
        self.durations = durations
        self.loop = loop
        self.loadBalancer = loadBalancer
        self.milliseconds = milliseconds
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in expire() }
    }

    func append(_ exchange: ProxyExchange, ticket: UInt64) {
        let deadline = loop.now &+ UInt64(milliseconds) &* 1_000_000
        // In the order of their deadlines. After a change of the time a request may expire before an older one.
        let index = (entries.lastIndex { $0.deadline <= deadline } ?? -1) + 1
        entries.insert(Entry(exchange: exchange, ticket: ticket, since: loop.now, deadline: deadline), at: index)
        if index == 0 { timer.set(at: deadline) }
    }

    /// The exchange waits no more.
    func remove(_ exchange: ProxyExchange) {
        guard let index = entries.firstIndex(where: { $0.exchange === exchange }) else { return }
        loadBalancer.withdraw(ticket: leave(at: index).ticket)
    }

    /// Removes the exchange with this ticket, for which there is a host.
    ///
    /// - Returns: nil if the exchange has left.
    func take(ticket: UInt64) -> ProxyExchange? {
        // The load balancer serves tickets almost in order, so the entry is among the first.
        guard let index = entries.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return leave(at: index).exchange
    }

    private func leave(at index: Int) -> Entry {
        let entry = entries.remove(at: index)
        durations.count(nanoseconds: loop.now &- entry.since)
        return entry
    }

    private func expire() {
        while let first = entries.first, first.deadline <= loop.now {
            _ = leave(at: 0)
            // A lease that is on its way already is given back when it comes.
            loadBalancer.withdraw(ticket: first.ticket)
            first.exchange.queueTimedOut()
        }
        if let first = entries.first { timer.set(at: first.deadline) }
    }
}
