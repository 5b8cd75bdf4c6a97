/// A reign: clients are accepted, under an epoch that no other balancer has.
struct ReignTenure: Sendable, Equatable {
    let origin: ReignStart.Origin
    let epoch: Epoch
    /// The time at which the process opens the ports for workers and operators; nil once they are open.
    var serveAt: Instant?
    var isServing = false

    /// No client waits for the ports that `serve` opens. A standby opens them after the first answer of a worker, or
    /// after `precedenceMilliseconds`. Other processes open them at once.
    static func begin(
        origin: ReignStart.Origin, epoch: Epoch, now: Instant, _ timing: ReignTiming
    ) -> ReignStep {
        guard origin == .standby else {
            return ReignStep(.reigning(ReignTenure(origin: origin, epoch: epoch)), [.accept(epoch), .serve(epoch)])
        }
        let serveAt = now.advanced(byMilliseconds: timing.precedenceMilliseconds)
        // The command of --on-takeover takes its time while the first probes are under way.
        return ReignStep(
            .reigning(ReignTenure(origin: origin, epoch: epoch, serveAt: serveAt)),
            [.accept(epoch), .report(.accepts(epoch))])
    }

    func step(on event: ReignEvent, now: Instant, _ timing: ReignTiming) -> ReignStep? {
        var next = self
        switch event {
        case .firstWorkerReady, .tick:
            guard let serveAt, event == .firstWorkerReady || serveAt <= now else { return nil }
            next.serveAt = nil
            return ReignStep(.reigning(next), [.serve(epoch)])
        case .served:
            next.isServing = true
            return ReignStep(.reigning(next), news)
        case .failed(let failure):
            // Clients are accepted already. So the reign ends in order: they finish, and another process takes over.
            return isServing ? nil : stop(.failed(failure))
        case .stopRequested:
            return stop(.requested)
        case .superseded(let later):
            return stop(.superseded(by: later), after: [.announceSuperseded(later)])
        case .coordinator(.lost(let reason)):
            return stop(.fenceLost(reason))
        case .successorAsked:
            return ReignStep(.yielding(ReignSuccession(epoch: epoch)), [.stopAccepting(.replaced)])
        default:
            return nil
        }
    }

    /// The processes that have to learn that the reign has begun.
    private var news: [ReignEffect] {
        switch origin {
        case .operator: []
        case .standby: [.report(.started(epoch))]
        case .replacement: [.announceReign(epoch)]
        }
    }

    private func stop(_ reason: ReignStop, after effects: [ReignEffect] = []) -> ReignStep {
        let ending = ReignEnding(epoch: epoch, isOrderly: reason.isOrderly, failure: reason.failure)
        return ReignStep(reason.isOrderly ? .draining(ending) : .fenced(ending), effects + [.stopAccepting(reason)])
    }
}
