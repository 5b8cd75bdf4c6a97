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
    }

    private let queue: DeadlineQueue<Entry>
    private let loop: EventLoop
    private let loadBalancer: LoadBalancer
    /// Counts the time of each request that leaves the queue.
    private let durations: DurationHistogram

    init(loop: EventLoop, loadBalancer: LoadBalancer, milliseconds: Int, durations: DurationHistogram) {
        self.durations = durations
        self.loop = loop
        self.loadBalancer = loadBalancer
        queue = DeadlineQueue(loop: loop, milliseconds: milliseconds)
        queue.onExpiry = { [unowned self] entry in
            left(entry)
            // A lease that is on its way already is given back when it comes.
            loadBalancer.withdraw(ticket: entry.ticket)
            entry.exchange.queueTimedOut()
        }
    }

    /// The time for which a new request waits.
    var milliseconds: Int {
        get { queue.milliseconds }
        set { queue.milliseconds = newValue }
    }

    /// - Returns: the exchange's place, for `remove`.
    func append(_ exchange: ProxyExchange, ticket: UInt64) -> Int {
        queue.append(Entry(exchange: exchange, ticket: ticket, since: loop.now))
    }

    /// The exchange waits no more.
    func remove(at place: Int) {
        let entry = queue.remove(place)
        left(entry)
        loadBalancer.withdraw(ticket: entry.ticket)
    }

    /// Removes the exchange with this ticket, for which there is a host.
    ///
    /// - Returns: nil if the exchange has left.
    func take(ticket: UInt64) -> ProxyExchange? {
        // The load balancer serves tickets almost in order, so the entry is among the first.
        guard let entry = queue.removeFirst(where: { $0.ticket == ticket }) else { return nil }
        left(entry)
        return entry.exchange
    }

    private func left(_ entry: Entry) { durations.count(nanoseconds: loop.now &- entry.since) }
}
