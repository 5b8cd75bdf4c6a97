/// An object whose descriptor an event loop watches.
///
/// A source belongs to one loop, and only that loop's thread uses it. The loop keeps it alive from `watch` to
/// `unwatch`.
open class EventSource {
    /// The index in the loop's table and the generation of that entry; `nil` while not watched.
    var registration: EventLoop.Registration?
    var isWatchedWithoutDescriptor = false
    var isWatched: Bool { registration != nil || isWatchedWithoutDescriptor }
    /// The interest that the kernel knows.
    package internal(set) var interest: Readiness = []
    /// `endOfTurn` is due at the end of this turn.
    var isDueAtEndOfTurn = false
    /// `ready` is due in the next turn, whatever the state of the descriptor.
    var isDueNextTurn = false
    /// The entry of this source among those that wait for heavy work.
    var heavyPlace: HandshakeScheduler.Place?
    /// `heavyWork` is due.
    package var isDueForHeavyWork: Bool { heavyPlace != nil }

    public init() {}

    /// Called when the descriptor is ready. Unread input is reported again (level-triggered).
    open func ready(_ readiness: Readiness) {}

    /// Called once after `EventLoop.callForHeavyWork` for this source.
    open func heavyWork() {}

    /// Called once at the end of a turn in which `EventLoop.callAtEndOfTurn` was called for this source.
    open func endOfTurn() {}
}
