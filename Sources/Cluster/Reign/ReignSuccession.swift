/// The end of a reign in favour of a replacement.
///
/// The lock is never free: it travels, held, from the old process to the new one. If the successor ends on the way, the
/// workers take over as after a crash.
struct ReignSuccession: Sendable, Equatable {
    let epoch: Epoch
    /// No loop accepts any more.
    var hasStopped = false
    var hasYielded = false
    var isSuccessorLost = false
    /// The time at which the process kills a successor that does not reign; nil while the successor has no lock.
    var reignBy: Instant?

    func step(on event: ReignEvent, now: Instant, _ timing: ReignTiming) -> ReignStep? {
        var next = self
        switch event {
        case .acceptingStopped:
            guard !hasStopped else { return nil }
            if isSuccessorLost { return leave(now: now, timing) }
            next.hasStopped = true
            next.hasYielded = true
            next.reignBy = now.advanced(byMilliseconds: timing.successorMilliseconds)
            // This process closes its copy of the lock's descriptor. The successor's copy keeps the lock held.
            return ReignStep(.yielding(next), [.yieldLock, .release])
        case .successorLost:
            if hasStopped { return leave(now: now, timing) }
            next.isSuccessorLost = true
            return ReignStep(.yielding(next))
        case .successorReigns(let later):
            guard hasYielded else { return nil }
            let ending = ReignEnding(epoch: epoch, isOrderly: true).draining(now: now, timing)
            return ReignStep(
                .draining(ending), [.adoptEpoch(later), .announceSuccessor(later), .closeControl, .drain])
        case .superseded(let later):
            return ReignStep(.yielding(next), [.announceSuperseded(later)])
        case .tick:
            guard let reignBy, reignBy <= now else { return nil }
            next.reignBy = nil
            return ReignStep(.yielding(next), [.killSuccessor])
        default:
            return nil
        }
    }

    private func leave(now: Instant, _ timing: ReignTiming) -> ReignStep {
        ReignEnding(epoch: epoch, isOrderly: true).leave(now: now, timing)
    }
}
