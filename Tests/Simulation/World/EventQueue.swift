import Cluster

/// The future events of a simulated world. Events of one instant happen in the order in which they were added.
struct EventQueue<Event> {
    struct Entry {
        let instant: Instant
        let number: Int
        let event: Event
    }

    private var heap: [Entry] = []
    private var added = 0

    mutating func push(_ instant: Instant, _ event: Event) {
        added += 1
        heap.append(Entry(instant: instant, number: added, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> Entry? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, precedes(left, least) { least = left }
            if left + 1 < heap.count, precedes(left + 1, least) { least = left + 1 }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        if heap[left].instant != heap[right].instant { return heap[left].instant < heap[right].instant }
        return heap[left].number < heap[right].number
    }
}
