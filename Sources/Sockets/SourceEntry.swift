/// A loop's record of one source: how the loop watches it, and which of its calls are due.
struct SourceEntry {
    /// The index in the loop's table and the generation of that entry; `nil` while no descriptor is watched.
    private(set) var registration: EventLoop.Registration?
    var isWatchedWithoutDescriptor = false
    /// The interest that the kernel knows; empty while no descriptor is watched.
    private(set) var interest: Readiness = []
    /// `endOfTurn` is due at the end of this turn.
    var isDueAtEndOfTurn = false
    /// `ready` is due in the next turn, whatever the state of the descriptor.
    var isDueNextTurn = false
    /// The entry of this source among those that wait for heavy work.
    var heavyPlace: HandshakeScheduler.Place?

    var isWatched: Bool { registration != nil || isWatchedWithoutDescriptor }

    /// The loop watches the source's descriptor from now on.
    mutating func begin(_ registration: EventLoop.Registration, for interest: Readiness) {
        precondition(self.registration == nil, "an event source is watched twice")
        self.registration = registration
        self.interest = interest
    }

    /// Notes another interest.
    ///
    /// - Returns: the registration to change in the kernel; nil if there is nothing to change.
    mutating func change(to interest: Readiness) -> EventLoop.Registration? {
        guard let registration, self.interest != interest else { return nil }
        self.interest = interest
        return registration
    }

    /// The loop no longer watches the source's descriptor. Due calls stay due.
    ///
    /// - Returns: the registration until now, and its interest; nil if no descriptor was watched.
    mutating func end() -> (registration: EventLoop.Registration, interest: Readiness)? {
        guard let registration = registration.take() else { return nil }
        defer { interest = [] }
        return (registration, interest)
    }
}
