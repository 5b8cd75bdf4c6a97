/// Those who wait for a worker, first come, first served; any of them may withdraw.
///
/// Entries stand in the order of their tickets. Who leaves from the middle leaves a gap; gaps are closed when there are
/// more of them than of those who wait, so that every step costs the same in the long run.
package struct WaitingLine<Waiter: Sendable>: Sendable {
    /// A place in the line; good until the next `append` or `withdraw`.
    package struct Place: Sendable {
        fileprivate let index: Int
    }

    private struct Entry: Sendable {
        let ticket: UInt64
        var waiter: Waiter?
    }

    private var entries: [Entry] = []
    /// Before it are gaps only.
    private var head = 0
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Joins the end of the line.
    ///
    /// - Parameter ticket: higher than every one before.
    package mutating func append(_ waiter: Waiter, ticket: UInt64) {
        closeGaps()
        entries.append(Entry(ticket: ticket, waiter: waiter))
        count += 1
    }

    /// Leaves the line; false for who has left it before.
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

    /// The oldest.
    package var first: Place? { place(from: head) }

    package func next(after place: Place) -> Place? { self.place(from: place.index + 1) }

    /// Who waits at a place.
    package subscript(place: Place) -> (ticket: UInt64, waiter: Waiter)? {
        let entry = entries[place.index]
        return entry.waiter.map { (entry.ticket, $0) }
    }

    /// Takes out who waits at a place. Other places stay good.
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
