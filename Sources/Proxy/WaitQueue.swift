internal import Sockets

/// The requests of one loop that wait for a worker, oldest first, with their tickets in the line of all loops; bounded
/// there in number and here in time.
final class WaitQueue {
    private struct Entry {
        let exchange: ProxyExchange
        let ticket: UInt64
        let deadline: UInt64
    }

    private var entries: [Entry] = []
    private let timer: LoopTimer
    private let milliseconds: Int
    private let loop: EventLoop
    private let roster: Roster

    init(loop: EventLoop, roster: Roster, milliseconds: Int) {
        self.loop = loop
        self.roster = roster
        self.milliseconds = milliseconds
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in expire() }
    }

    func append(_ exchange: ProxyExchange, ticket: UInt64) {
        let deadline = loop.now &+ UInt64(milliseconds) &* 1_000_000
        entries.append(Entry(exchange: exchange, ticket: ticket, deadline: deadline))
        if entries.count == 1 { timer.set(at: deadline) }
    }

    /// The exchange does not wait any more.
    func remove(_ exchange: ProxyExchange) {
        guard let index = entries.firstIndex(where: { $0.exchange === exchange }) else { return }
        roster.withdraw(ticket: entries.remove(at: index).ticket)
    }

    /// A worker has been found for the holder of a ticket; nil when that one has left.
    func take(ticket: UInt64) -> ProxyExchange? {
        // Tickets are served almost in order: it is among the first.
        guard let index = entries.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return entries.remove(at: index).exchange
    }

    private func expire() {
        while let first = entries.first, first.deadline <= loop.now {
            entries.removeFirst()
            // Should a lease be on its way already, it is given back when it comes.
            roster.withdraw(ticket: first.ticket)
            first.exchange.waitedTooLong()
        }
        if let first = entries.first { timer.set(at: first.deadline) }
    }
}
