/// Something with a descriptor that an event loop watches.
///
/// A source belongs to one loop and is touched on that loop's thread only. The loop keeps it alive from `watch` to
/// `unwatch`.
open class EventSource {
    /// The place in the loop's table, and the use of that place that is this source's; `nil` while not watched.
    var registration: EventLoop.Registration?
    var isWatchedWithoutDescriptor = false
    var isWatched: Bool { registration != nil || isWatchedWithoutDescriptor }
    /// What the loop was last told to watch for.
    package internal(set) var interest: Readiness = []
    /// Whether `endOfTurn` is due at the end of this turn of the loop.
    var isDueAtEndOfTurn = false
    /// Whether `ready` is due in the next turn of the loop, whatever the descriptor says.
    var isDueNextTurn = false
    /// The place among those whose `heavyWork` is due.
    var heavyPlace: HeavyWork.Place?
    /// Whether `heavyWork` is due.
    var isDueForHeavyWork: Bool { heavyPlace != nil }

    public init() {}

    /// Called when the descriptor is ready. Level-triggered: what is left unread is reported again.
    open func ready(_ readiness: Readiness) {}

    /// Called once after `EventLoop.callForHeavyWork` was asked for this source.
    open func heavyWork() {}

    /// Called once at the end of a turn in which `EventLoop.callAtEndOfTurn` was asked for this source.
    open func endOfTurn() {}
}
