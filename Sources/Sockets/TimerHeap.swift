/// The timers of one loop: a binary heap ordered by `scheduledAt`, each timer knowing its own place so that it can
/// leave.
struct TimerHeap {
    private var heap: [LoopTimer] = []

    /// The earliest place in the heap; a moved timer may turn out not to be due then.
    var earliest: UInt64? { heap.first?.scheduledAt }

    mutating func schedule(_ timer: LoopTimer, at deadline: UInt64) {
        timer.scheduledAt = deadline
        if timer.heapIndex < 0 {
            timer.heapIndex = heap.count
            heap.append(timer)
        }
        siftUp(timer.heapIndex)
        siftDown(timer.heapIndex)
    }

    mutating func remove(_ timer: LoopTimer) {
        let index = timer.heapIndex
        guard index >= 0 else { return }
        timer.heapIndex = -1
        let last = heap.removeLast()
        guard last !== timer else { return }
        heap[index] = last
        last.heapIndex = index
        siftUp(index)
        siftDown(last.heapIndex)
    }

    /// The next timer whose deadline has passed, taken off the heap; moved ones are put back, cancelled ones dropped.
    mutating func popDue(at now: UInt64) -> LoopTimer? {
        while let first = heap.first, first.scheduledAt <= now {
            if first.deadline <= now {
                remove(first)
                return first
            }
            if first.deadline == LoopTimer.never {
                remove(first)
            } else {
                schedule(first, at: first.deadline)
            }
        }
        return nil
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].scheduledAt < heap[parent].scheduledAt else { return }
            exchange(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && heap[child].scheduledAt < heap[smallest].scheduledAt {
                smallest = child
            }
            if smallest == index { return }
            exchange(index, smallest)
            index = smallest
        }
    }

    private mutating func exchange(_ one: Int, _ other: Int) {
        heap.swapAt(one, other)
        heap[one].heapIndex = one
        heap[other].heapIndex = other
    }
}
