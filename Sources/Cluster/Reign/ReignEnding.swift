/// The end of a reign: nothing is accepted any more, then the fence is released, then the requests in progress end.
struct ReignEnding: Sendable, Equatable {
    let epoch: Epoch
    /// False when the reign ended because it was not the latest one, or had lost its fence.
    let isOrderly: Bool
    /// The fault that ended the reign in its beginning.
    var failure: ReignFailure?
    /// The time at which the process drops the requests in progress; nil while loops still accept.
    var dropAt: Instant?

    func step(on event: ReignEvent, now: Instant, _ timing: ReignTiming) -> ReignStep? {
        switch event {
        case .acceptingStopped:
            return dropAt == nil ? leave(now: now, timing) : nil
        case .superseded(let later):
            return ReignStep(phase, [.announceSuperseded(later)])
        case .successorFound(let later):
            // The workers refuse the old epoch as soon as they have met the later one.
            return isOrderly && later > epoch ? ReignStep(phase, [.adoptEpoch(later)]) : nil
        case .drained:
            guard dropAt != nil else { return nil }
            return .exit(failure.map(ReignExit.failed) ?? (isOrderly ? .done : .fenced))
        case .tick:
            guard let dropAt, dropAt <= now else { return nil }
            return .exit(failure.map(ReignExit.failed) ?? .drainTimedOut(isOrderly: isOrderly))
        default:
            return nil
        }
    }

    /// No loop accepts any more: gives the fence up.
    func leave(now: Instant, _ timing: ReignTiming) -> ReignStep {
        let watch: [ReignEffect] = isOrderly ? [.watchSuccessor] : []
        // A worker that starts the next process finds the fence free.
        let report: [ReignEffect] = failure.map { [.report(.failed($0.text))] } ?? []
        return ReignStep(draining(now: now, timing).phase, [.release, .closeControl] + report + watch + [.drain])
    }

    func draining(now: Instant, _ timing: ReignTiming) -> ReignEnding {
        var next = self
        next.dropAt = now.advanced(byMilliseconds: timing.drainMilliseconds)
        return next
    }

    private var phase: ReignPhase { isOrderly ? .draining(self) : .fenced(self) }
}
