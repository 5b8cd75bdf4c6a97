/// The way from the decision to reign to the first accepted connection.
///
/// Every reign begins here, however its process was started. The order is fixed: prepare, get the lock and a durable
/// epoch, accept.
struct ReignStart: Sendable, Equatable {
    enum Origin: Sendable, Equatable {
        case `operator`, standby, replacement
    }

    enum Preparation: Sendable, Equatable {
        case none, underWay, done
    }

    let origin: Origin
    /// The epoch of the reign is above this one.
    let after: Epoch
    var preparation = Preparation.none
    /// The process has the listening sockets.
    var hasListeners = false
    var epoch: Epoch?
    /// An answer of the coordinator is awaited.
    var isAcquiring = false
    var attemptsLeft: Int
    /// The time of a standby's next attempt.
    var retryAt: Instant?

    init(origin: Origin, after: Epoch, _ timing: ReignTiming) {
        self.origin = origin
        self.after = after
        attemptsLeft = origin == .standby ? timing.attempts : 1
    }

    /// The next step that is missing; nil while the machine awaits an answer.
    ///
    /// A standby without listeners binds before it asks for an epoch. If another process has the ports, the standby
    /// could not use the epoch. An operator's start asks for the epoch first. Then the error names the running
    /// balancer, not a port in use.
    private var missing: ReignEffect? {
        switch preparation {
        case .none: return .prepare
        case .underWay: return nil
        case .done: break
        }
        if origin == .standby, !hasListeners { return .bind }
        guard let epoch else { return isAcquiring ? nil : .acquire(after: after) }
        if !hasListeners { return .bind }
        return .accept(epoch)
    }

    /// Takes the next step.
    func proceed(now: Instant, _ timing: ReignTiming) -> ReignStep {
        var next = self
        next.retryAt = nil
        guard let effect = missing else { return ReignStep(.starting(next)) }
        switch effect {
        case .prepare: next.preparation = .underWay
        case .acquire: next.isAcquiring = true
        case .accept(let epoch): return ReignTenure.begin(origin: origin, epoch: epoch, now: now, timing)
        default: break
        }
        return ReignStep(.starting(next), [effect])
    }

    func step(on event: ReignEvent, now: Instant, _ timing: ReignTiming) -> ReignStep? {
        var next = self
        switch event {
        case .prepared:
            next.preparation = .done
        case .handoverReceived(let hasListeners):
            // These are listeners of a later reign, of the same ports.
            next.hasListeners = hasListeners || self.hasListeners
            return ReignStep(.starting(next))
        case .bound:
            next.hasListeners = true
        case .bindFailed(let failure):
            return retry(now: now, timing) ?? fail(failure)
        case .coordinator(let answer):
            return take(answer, now: now, timing)
        case .failed(let failure):
            return fail(failure)
        case .workerLost where origin == .standby, .stopRequested where origin != .standby:
            return .exit(.done, after: [.release])
        case .tick:
            guard let retryAt, retryAt <= now else { return nil }
        default:
            return nil
        }
        return next.proceed(now: now, timing)
    }

    private func take(_ answer: CoordinatorAnswer, now: Instant, _ timing: ReignTiming) -> ReignStep? {
        var next = self
        switch answer {
        case .granted(let epoch):
            guard isAcquiring else { return nil }
            next.isAcquiring = false
            next.epoch = epoch
            return next.proceed(now: now, timing)
        case .held(let holder):
            guard isAcquiring else { return nil }
            next.isAcquiring = false
            if let step = next.retry(now: now, timing) { return step }
            let report: [ReignEffect] = origin == .standby ? [.report(.held(holder))] : []
            return .exit(.held(by: holder), after: report)
        case .failed(let reason):
            return fail(ReignFailure(reason))
        case .lost(let reason):
            return epoch == nil ? nil : fail(ReignFailure(reason))
        }
    }

    /// Tries again a little later; nil when no attempt is left.
    private func retry(now: Instant, _ timing: ReignTiming) -> ReignStep? {
        guard attemptsLeft > 1 else { return nil }
        var next = self
        next.attemptsLeft -= 1
        next.retryAt = now.advanced(byMilliseconds: timing.retryMilliseconds)
        return ReignStep(.starting(next))
    }

    private func fail(_ failure: ReignFailure) -> ReignStep {
        let report: [ReignEffect] = origin == .standby ? [.report(.failed(failure.text))] : []
        return .exit(.failed(failure), after: [.release] + report)
    }
}
