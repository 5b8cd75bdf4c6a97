/// A balancer that an operator has started asks first whether another host has a balancer.
///
/// Otherwise clients could reach two balancers, until a worker finds both and the lower epoch ends.
struct ReignSearch: Sendable, Equatable {
    /// The highest epoch that this host knows.
    let known: Epoch

    func step(on event: ReignEvent, now: Instant, _ timing: ReignTiming) -> ReignStep? {
        switch event {
        case .discoveryEnded(let found?): .exit(.reignsElsewhere(found))
        case .discoveryEnded(nil): ReignStart(origin: .operator, after: known, timing).proceed(now: now, timing)
        case .failed(let failure): .exit(.failed(failure))
        case .stopRequested: .exit(.done)
        default: nil
        }
    }
}
