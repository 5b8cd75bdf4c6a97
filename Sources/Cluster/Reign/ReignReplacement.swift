/// `balancer --replace`: a process that takes over from the balancer that reigns in the same state directory.
///
/// Clients wait from the request for the lock on, so everything that takes time comes before it. The warm-up also
/// proves that workers accept the replacement. If all workers that answer refuse its certificate, the replacement ends.
enum ReignReplacement: Sendable, Equatable {
    case awaitingHandover(until: Instant)
    case preparing
    case warmingUp
    case awaitingLock(until: Instant)

    func step(on event: ReignEvent, now: Instant, _ timing: ReignTiming) -> ReignStep? {
        switch (event, self) {
        case (.handoverReceived(hasListeners: true), .awaitingHandover):
            return ReignStep(.replacing(.preparing), [.prepare])
        case (.prepared, .preparing):
            return ReignStep(.replacing(.warmingUp), [.warmUp])
        case (.warmedUp, .warmingUp):
            let until = now.advanced(byMilliseconds: timing.answerMilliseconds)
            return ReignStep(.replacing(.awaitingLock(until: until)), [.requestLock])
        case (.lockReceived(let known), .awaitingLock):
            var start = ReignStart(origin: .replacement, after: known, timing)
            start.preparation = .done
            start.hasListeners = true
            return start.proceed(now: now, timing)
        case (.failed(let failure), _), (.replacementRefused(let failure), _):
            return .exit(.failed(failure))
        case (.stopRequested, _):
            return .exit(.done)
        case (.tick, _):
            guard let deadline, deadline <= now else { return nil }
            return .exit(.noAnswer)
        default:
            return nil
        }
    }

    var deadline: Instant? {
        switch self {
        case .awaitingHandover(let until), .awaitingLock(let until): until
        case .preparing, .warmingUp: nil
        }
    }
}
