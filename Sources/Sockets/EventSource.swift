/// An object whose descriptor an event loop watches.
///
/// A source belongs to one loop, and only that loop's thread uses it. The loop keeps it alive from `watch` to
/// `unwatch`.
open class EventSource {
    /// The loop's record of this source.
    var entry = SourceEntry()
    /// The interest that the kernel knows; empty while the descriptor is not watched.
    package var interest: Readiness { entry.interest }
    /// `heavyWork` is due.
    package var isDueForHeavyWork: Bool { entry.heavyPlace != nil }

    public init() {}

    /// Called when the descriptor is ready. Unread input is reported again (level-triggered).
    open func ready(_ readiness: Readiness) {}

    /// Called once after `EventLoop.callForHeavyWork` for this source.
    open func heavyWork() {}

    /// Called once at the end of a turn in which `EventLoop.callAtEndOfTurn` was called for this source.
    open func endOfTurn() {}
}
