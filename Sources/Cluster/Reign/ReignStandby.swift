/// A parked standby: it builds what takes time, and waits for the order of its worker.
///
/// A parked standby ends with its worker. It ignores SIGTERM and SIGINT: the worker gets them too, and decides.
struct ReignStandby: Sendable, Equatable {
    var preparation = ReignStart.Preparation.none
    var hasListeners = false

    func step(on event: ReignEvent, now: Instant, _ timing: ReignTiming) -> ReignStep? {
        var next = self
        switch event {
        case .handoverReceived(let hasListeners):
            next.hasListeners = hasListeners
            // A later balancer hands over the same keys, so the data plane that was built with them stays.
            guard preparation == .none else { return ReignStep(.parked(next)) }
            next.preparation = .underWay
            return ReignStep(.parked(next), [.prepare])
        case .prepared:
            next.preparation = .done
            return ReignStep(.parked(next), [.warmUp, .report(.parked)])
        case .takeoverOrdered(let after):
            var start = ReignStart(origin: .standby, after: after, timing)
            start.preparation = preparation
            start.hasListeners = hasListeners
            return start.proceed(now: now, timing)
        case .failed(let failure):
            return .exit(.failed(failure), after: [.report(.failed(failure.text))])
        case .workerLost:
            return .exit(.done)
        default:
            return nil
        }
    }
}
