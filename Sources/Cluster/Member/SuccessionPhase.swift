/// A worker's progress towards a successor.
enum SuccessionPhase: Sendable, Equatable {
    /// A balancer answers, or there is no evidence against it.
    case idle
    /// Waits for workers with better ranks. `isCertain` if the balancer's process has certainly ended.
    case waiting(until: Instant, isCertain: Bool)
    /// Has asked whether a process holds the lock of the state directory.
    case inspecting(until: Instant)
    /// Has asked the others whether they miss the balancer too.
    case prevoting(until: Instant)
    /// The shell starts a balancer.
    case takingOver(until: Instant)
    /// The attempt failed. The worker watches for a balancer of another worker.
    case backingOff(until: Instant)

    var deadline: Instant? {
        switch self {
        case .idle: nil
        case .waiting(let until, _), .inspecting(let until), .prevoting(let until), .takingOver(let until),
            .backingOff(let until):
            until
        }
    }
}
