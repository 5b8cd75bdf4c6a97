/// What the shell of the worker has to do.
package enum MemberEffect: Sendable, Equatable {
    /// Send the registration; answer with `registered`, `registrationFailed` or `registrationUnreachable`.
    case register(Registration)
    /// Send the check over the kept connection, with the number of requests in flight filled in; answer with
    /// `watchAnswered`, `watchUnknown` or `watchFailed`. At most one is under way.
    case watch(Watch)
    /// Ask each of these workers; answer each with `prevoteAnswered`, with nil for the ones that can't be reached.
    case prevote(to: [WorkerRecord], Prevote)
    /// Take the lock of the state directory and start a balancer under an epoch above `after` (across hosts that is the lock of
    /// this worker's own home, which leaps over an epoch that it did not grant itself); answer with `takeoverFinished`. It begins
    /// with the lists that have been persisted there: this worker's, which is `snapshot`, and those of the others.
    ///
    /// With `killHolder`, first kill the holder of the lock if it is the balancer of epoch `after` or below that this worker
    /// pinned (pidfd) while it was alive, and nobody else.
    case takeOver(after: Epoch, snapshot: Snapshot, killHolder: Bool)
    /// Ask at each of these seats who reigns there; report those that answer with `scouted`.
    case scout([Seat], Scouting)
    /// Put all further questions to the balancer at this seat, and expect no answers to earlier ones. The farewell, if
    /// there is one, is for the balancer that was asked until now.
    case move(to: Seat, farewell: Watch?)
    /// Let go of the listeners that were handed over: the reign has gone to another home.
    case releaseListeners
    /// Keep a warm standby process parked, or let it go.
    case keepStandby(Bool)
    /// Write the snapshot to the state directory (write, fsync, rename).
    case persist(Snapshot)
    /// Tell the balancer to drain this worker, finish the requests in flight, tell it to leave, end.
    case drain
    case event(MemberEvent)
}
