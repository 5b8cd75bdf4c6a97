/// The timers of one loop, as a heap with four children for each entry, ordered by `scheduledAt`. Each timer knows its
/// index, so that it can be removed.
///
/// The keys are in the heap itself. With tens of thousands of timers, each access to a timer would miss all caches.
struct TimerHeap {
    private struct Entry {
        let key: UInt64
        let timer: LoopTimer
    }

    private var heap: [Entry] = []

    private static let children = 4

    /// The earliest key in the heap. A moved timer may turn out not to be due then.
    var earliest: UInt64? { heap.first?.key }

    /// Returns whether the first entry is due. Its timer may have moved or been cancelled since.
    func isDue(at now: UInt64) -> Bool { heap.first.map { $0.key <= now } ?? false }

    mutating func schedule(_ timer: LoopTimer, at deadline: UInt64) {
        timer.scheduledAt = deadline
        let entry = Entry(key: deadline, timer: timer)
        if timer.heapIndex < 0 {
            heap.append(entry)
            siftUp(entry, from: heap.count - 1)
        } else {
            sift(entry, from: timer.heapIndex)
        }
    }

    mutating func remove(_ timer: LoopTimer) {
        let index = timer.heapIndex
        guard index >= 0 else { return }
        timer.heapIndex = -1
        let last = heap.removeLast()
        if index < heap.count { sift(last, from: index) }
    }

    /// Removes and returns the next due timer. Moved timers go back into the heap, and cancelled ones are dropped.
    mutating func popDue(at now: UInt64) -> LoopTimer? {
        while let first = heap.first, first.key <= now {
            let timer = first.timer
            if timer.deadline <= now {
                remove(timer)
                return timer
            }
            if timer.deadline == LoopTimer.never {
                remove(timer)
            } else {
                schedule(timer, at: timer.deadline)
            }
        }
        return nil
    }

    /// Moves an entry to its position, with the free position at `start`.
    private mutating func sift(_ entry: Entry, from start: Int) {
        if start > 0, entry.key < heap[(start - 1) / TimerHeap.children].key {
            siftUp(entry, from: start)
        } else {
            siftDown(entry, from: start)
        }
    }

    private mutating func siftUp(_ entry: Entry, from start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / TimerHeap.children
            guard entry.key < heap[parent].key else { break }
            put(heap[parent], at: index)
            index = parent
        }
        put(entry, at: index)
    }

    private mutating func siftDown(_ entry: Entry, from start: Int) {
        var index = start
        while true {
            let first = TimerHeap.children * index + 1
            guard first < heap.count else { break }
            var least = first
            for child in (first + 1)..<max(first + 1, min(first + TimerHeap.children, heap.count))
            where heap[child].key < heap[least].key {
                least = child
            }
            guard heap[least].key < entry.key else { break }
            put(heap[least], at: index)
            index = least
        }
        put(entry, at: index)
    }

    private mutating func put(_ entry: Entry, at index: Int) {
        heap[index] = entry
        entry.timer.heapIndex = index
    }
}
