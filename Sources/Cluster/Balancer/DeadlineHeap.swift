/// A binary heap of (instant, key) that gives the earliest timer.
///
/// Entries are never changed or removed in place. The owner stores the valid instant of each key and skips outdated
/// entries. If most entries are outdated, the owner rebuilds the heap.
struct DeadlineHeap<Key: Sendable>: Sendable {
    struct Entry: Sendable {
        let instant: Instant
        let key: Key
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }

    /// The earliest entry.
    var first: Entry? { entries.first }

    mutating func push(_ instant: Instant, _ key: Key) {
        entries.append(Entry(instant: instant, key: key))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].instant < entries[parent].instant else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Removes and returns the earliest entry, if it is due by `now`.
    mutating func pop(dueBy now: Instant) -> Entry? {
        guard let first = entries.first, first.instant <= now else { return nil }
        return pop()
    }

    mutating func pop() -> Entry? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].instant < entries[least].instant { least = child }
            }
            guard least != parent else { return first }
            entries.swapAt(parent, least)
            parent = least
        }
    }

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
    }
}
