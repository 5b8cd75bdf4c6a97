/// How far a worker has come on the way to bringing a balancer back.
enum SuccessionPhase: Sendable, Equatable {
    /// A balancer answers, or nothing has been held against it yet.
    case idle
    /// Leaves the better ranks their time. `isCertain` when the balancer's process is known to be gone.
    case waiting(until: Instant, isCertain: Bool)
    /// Has asked the others whether they miss the balancer too.
    case prevoting(until: Instant)
    /// The shell is at it.
    case takingOver(until: Instant)
    /// Has tried in vain, and watches for the balancer that somebody else must have started.
    case backingOff(until: Instant)

    var deadline: Instant? {
        switch self {
        case .idle: nil
        case .waiting(let until, _), .prevoting(let until), .takingOver(let until), .backingOff(let until): until
        }
    }
}
