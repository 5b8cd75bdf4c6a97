/// A deadline on one event loop. It can be moved and cancelled any number of times.
///
/// Every request moves a deadline later. That costs one store: the heap keeps the old position. When the old time
/// comes, the loop puts the timer back with its new deadline.
package final class LoopTimer {
    let loop: EventLoop
    /// Called on the loop after the deadline. The owner sets it once and must not be captured strongly.
    package var action: () -> Void = {}
    /// The deadline in monotonic nanoseconds; `never` if not set.
    package private(set) var deadline = LoopTimer.never
    /// The key in the heap. It is never later than `deadline` while the timer is in the heap.
    var scheduledAt = LoopTimer.never
    /// The index in the loop's heap; -1 outside of it.
    var heapIndex = -1

    private var isRemoved = false
    private let isPulse: Bool

    static let never = UInt64.max

    /// - Parameter isPulse: the timer fires at the beginning of a turn, whatever input waits. Use it for work that does
    ///   not depend on any peer's input.
    package init(on loop: EventLoop, isPulse: Bool = false) {
        self.loop = loop
        self.isPulse = isPulse
    }

    package var isSet: Bool { deadline != LoopTimer.never }

    /// Sets the deadline, relative to the loop's current time.
    package func set(afterMilliseconds milliseconds: Int) {
        set(at: loop.now &+ UInt64(clamping: milliseconds) &* 1_000_000)
    }

    /// Sets the deadline to `deadline` (monotonic nanoseconds).
    package func set(at deadline: UInt64) {
        if isRemoved { return }
        self.deadline = deadline
        if heapIndex >= 0 && deadline >= scheduledAt { return }
        if isPulse { loop.pulseTimers.schedule(self, at: deadline) } else { loop.timers.schedule(self, at: deadline) }
    }

    package func cancel() {
        deadline = LoopTimer.never
        // The heap keeps the timer until its old time: requests set and cancel timers far more often than timers fire.
    }

    /// Cancels the timer and removes it from the heap for good. Setting it has no effect afterwards. For an owner that
    /// is about to be freed: the loop calls no action after this.
    package func remove() {
        isRemoved = true
        deadline = LoopTimer.never
        if isPulse { loop.pulseTimers.remove(self) } else { loop.timers.remove(self) }
    }

    /// Called by the loop when the timer is due and has left the heap.
    func fire() {
        deadline = LoopTimer.never
        action()
    }
}
