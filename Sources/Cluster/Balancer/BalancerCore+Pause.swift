/// An operator's pause: new requests wait in the queue, and everything else goes on. The pause is a part of the worker list, so
/// a successor keeps it.
extension BalancerCore {
    /// Holds new requests from now on. A second order replaces the time of the first.
    ///
    /// - Parameter milliseconds: nil until `resume`.
    package mutating func pause(
        forMilliseconds milliseconds: Int64?, unixMilliseconds: Int64, now: Instant
    ) -> PauseVerdict {
        if isOver { return .over }
        if pause != nil, milliseconds == nil, pauseEnds == nil { return .unchanged }
        begin(Pause(forMilliseconds: milliseconds, unixMilliseconds: unixMilliseconds), milliseconds, now: now)
        return .changed
    }

    /// Gives the waiting requests to the workers.
    package mutating func resume() -> PauseVerdict {
        if isOver { return .over }
        guard pause != nil else { return .unchanged }
        endPause(byOperator: true)
        return .changed
    }

    /// The rest of the pause; nil if there is no pause, or if only an operator ends it.
    package func pauseMilliseconds(now: Instant) -> Int64? { pauseEnds.map { max($0.milliseconds(since: now), 0) } }

    /// Continues the pause of the predecessor.
    mutating func adopt(_ earlier: Pause?, unixMilliseconds: Int64, now: Instant) {
        guard let earlier else { return }
        let rest = earlier.remainingMilliseconds(unixMilliseconds: unixMilliseconds)
        if rest != 0 { begin(earlier, rest, now: now) }
    }

    mutating func checkPause(now: Instant) {
        if let pauseEnds, pauseEnds <= now, !isOver { endPause(byOperator: false) }
    }

    private mutating func begin(_ pause: Pause, _ milliseconds: Int64?, now: Instant) {
        self.pause = pause
        pauseEnds = milliseconds.map { now.advanced(byMilliseconds: min(max($0, 0), Pause.longestMilliseconds)) }
        version += 1
        effects.append(.holdRequests(true))
        note(.paused(milliseconds: milliseconds))
    }

    private mutating func endPause(byOperator: Bool) {
        pause = nil
        pauseEnds = nil
        version += 1
        effects.append(.holdRequests(false))
        note(.resumed(byOperator: byOperator))
    }
}
