/// A queue of requests that wait for a worker: first come, first served. Any waiter may withdraw.
///
/// Entries are in the order of their tickets. A withdrawn entry leaves a gap. The queue removes gaps when they
/// outnumber the waiters by more than 32, so the amortised cost of each step is constant.
package struct WaitingRequests<Waiter: Sendable>: Sendable {
    /// The position of an entry; valid until the next `append` or `withdraw`.
    package struct Place: Sendable {
        fileprivate let index: Int
    }

    private struct Entry: Sendable {
        let ticket: UInt64
        var waiter: Waiter?
    }

    private var entries: [Entry] = []
    /// Index of the first waiter. All entries before it are gaps.
    private var head = 0
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Adds a waiter at the end.
    ///
    /// - Parameter ticket: higher than all earlier tickets.
    package mutating func append(_ waiter: Waiter, ticket: UInt64) {
        closeGaps()
        entries.append(Entry(ticket: ticket, waiter: waiter))
        count += 1
    }

    /// Removes a waiter.
    ///
    /// - Returns: false if the queue does not contain the ticket.
    package mutating func withdraw(ticket: UInt64) -> Bool {
        closeGaps()
        var (low, high) = (head, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].ticket < ticket { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count, entries[low].ticket == ticket, entries[low].waiter != nil else { return false }
        _ = take(Place(index: low))
        return true
    }

    /// The position of the oldest waiter.
    package var first: Place? { place(from: head) }

    package func next(after place: Place) -> Place? { self.place(from: place.index + 1) }

    /// The waiter at a position, with its ticket.
    package subscript(place: Place) -> (ticket: UInt64, waiter: Waiter)? {
        let entry = entries[place.index]
        return entry.waiter.map { (entry.ticket, $0) }
    }

    /// Removes the waiter at a position. Other positions stay valid.
    package mutating func take(_ place: Place) -> Waiter? {
        guard let waiter = entries[place.index].waiter.take() else { return nil }
        count -= 1
        while head < entries.count, entries[head].waiter == nil { head += 1 }
        return waiter
    }

    private func place(from start: Int) -> Place? {
        var index = start
        while index < entries.count {
            if entries[index].waiter != nil { return Place(index: index) }
            index += 1
        }
        return nil
    }

    private mutating func closeGaps() {
        guard entries.count > 2 * count + 32 || head > 0 && count == 0 else { return }
        entries.removeAll { $0.waiter == nil }
        head = 0
    }
}
