/// The phase of a balancer process. Each phase is a value of its own that knows the events of that phase.
enum ReignPhase: Sendable, Equatable {
    /// Nothing has been asked of the process.
    case cold
    /// An operator's start asks the other hosts first.
    case looking(ReignSearch)
    /// A standby waits for the order of its worker.
    case parked(ReignStandby)
    /// A replacement prepares, then asks for the lock.
    case replacing(ReignReplacement)
    /// The process acquires what a reign needs.
    case starting(ReignStart)
    /// Clients are accepted.
    case reigning(ReignTenure)
    /// A successor gets the lock.
    case yielding(ReignSuccession)
    /// The reign has ended in order.
    case draining(ReignEnding)
    /// The reign has ended because it is not the latest one, or has lost its fence.
    case fenced(ReignEnding)
    /// The process ends.
    case ended

    /// Nil when the event means nothing in this phase.
    func step(on event: ReignEvent, now: Instant, _ timing: ReignTiming) -> ReignStep? {
        switch self {
        case .cold: ReignPhase.begin(on: event, now: now, timing)
        case .looking(let search): search.step(on: event, now: now, timing)
        case .parked(let standby): standby.step(on: event, now: now, timing)
        case .replacing(let replacement): replacement.step(on: event, now: now, timing)
        case .starting(let start): start.step(on: event, now: now, timing)
        case .reigning(let tenure): tenure.step(on: event, now: now, timing)
        case .yielding(let succession): succession.step(on: event, now: now, timing)
        case .draining(let ending), .fenced(let ending): ending.step(on: event, now: now, timing)
        case .ended: nil
        }
    }

    private static func begin(on event: ReignEvent, now: Instant, _ timing: ReignTiming) -> ReignStep? {
        switch event {
        case .startedByOperator(let addresses, let known):
            if addresses.isEmpty {
                return ReignStart(origin: .operator, after: known, timing).proceed(now: now, timing)
            }
            return ReignStep(.looking(ReignSearch(known: known)), [.discover(addresses)])
        case .startedAsStandby:
            return ReignStep(.parked(ReignStandby()))
        case .startedAsReplacement:
            let until = now.advanced(byMilliseconds: timing.answerMilliseconds)
            return ReignStep(.replacing(.awaitingHandover(until: until)))
        case .workerLost:
            return .exit(.done)
        default:
            return nil
        }
    }

    var deadline: Instant? {
        switch self {
        case .cold, .looking, .parked, .ended: nil
        case .replacing(let replacement): replacement.deadline
        case .starting(let start): start.retryAt
        case .reigning(let tenure): tenure.serveAt
        case .yielding(let succession): succession.reignBy
        case .draining(let ending), .fenced(let ending): ending.dropAt
        }
    }

    var stage: ReignStage {
        switch self {
        case .cold, .looking, .parked, .replacing, .starting: .candidate
        case .reigning: .reigning
        case .yielding, .draining, .fenced: .leaving
        case .ended: .ended
        }
    }
}
