/// A deadline on one event loop; may be moved and cancelled any number of times.
///
/// Moving a deadline later, which every request does, costs one store: the heap keeps the old place, and when that
/// comes due the timer is put back at its new deadline.
package final class LoopTimer {
    let loop: EventLoop
    /// Called on the loop when the deadline has passed; set once by the owner, who must not be captured strongly.
    package var action: () -> Void = {}
    /// When to fire, in monotonic nanoseconds; `never` when not set.
    package private(set) var deadline = LoopTimer.never
    /// The key that orders the heap: never later than `deadline` while the timer is in the heap.
    var scheduledAt = LoopTimer.never
    /// The place in the loop's heap, -1 when outside.
    var heapIndex = -1

    private var isRemoved = false

    static let never = UInt64.max

    package init(on loop: EventLoop) {
        self.loop = loop
    }

    package var isSet: Bool { deadline != LoopTimer.never }

    /// Fires `milliseconds` from the loop's present time.
    package func set(afterMilliseconds milliseconds: Int) {
        set(at: loop.now &+ UInt64(clamping: milliseconds) &* 1_000_000)
    }

    /// Fires when the loop's time reaches `deadline` (monotonic nanoseconds).
    package func set(at deadline: UInt64) {
        if isRemoved { return }
        self.deadline = deadline
        if heapIndex >= 0 && deadline >= scheduledAt { return }
        loop.timers.schedule(self, at: deadline)
    }

    package func cancel() {
        deadline = LoopTimer.never
        // The heap keeps the timer until its old time comes: requests set and cancel far more often than timers fire.
    }

    /// Cancels and leaves the heap for good: the loop no longer holds the timer, and setting it has no effect any more. For an
    /// owner that is about to go: its action must not be called after that.
    package func remove() {
        isRemoved = true
        deadline = LoopTimer.never
        loop.timers.remove(self)
    }

    /// Called by the loop when the timer came due and has left the heap.
    func fire() {
        deadline = LoopTimer.never
        action()
    }
}
