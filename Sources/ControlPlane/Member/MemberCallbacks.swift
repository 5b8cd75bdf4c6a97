/// The actions of a worker for its membership.
package struct MemberCallbacks {
    /// Requests being served at the moment, for the watch.
    package var inFlight: () -> Int = { 0 }
    /// Called when the worker has told the balancer that it drains, or could not: finish and end.
    package var onDrain: () -> Void = {}
    /// An operator ends the whole cluster. May be called again until the worker has ended.
    package var onStopOrder: () -> Void = {}
}
