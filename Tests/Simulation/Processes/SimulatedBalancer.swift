import Cluster

/// A balancer's process, from its start to its end.
struct SimulatedBalancer {
    enum Stage {
        /// Wants the lock.
        case candidate
        /// Holds the lock and an epoch; accepts.
        case reigning
        /// Has given the reign up in order, and finishes its requests.
        case leaving
    }

    let process: Int
    let host: Int
    /// The worker that started it, for as long as it depends on it.
    var owner: Caller?
    /// The same worker, for as long as both live: what it is told over that channel.
    let starter: Caller?
    var coordinator: AnyCoordinator
    var stage = Stage.candidate
    var status = ProcessStatus.running
    var after: Epoch
    var attemptsLeft: Int
    var hasListeners: Bool

    // The reign.
    var epoch = Epoch.none
    /// What its requests carry: that of its successor, once it has left in order and knows it.
    var requestEpoch = Epoch.none
    var core: BalancerCore?
    var roster = SimulatedRoster(seed: 0)
    var isAccepting = false
    /// The cluster port and the handover socket are served.
    var isComplete = false

    var wakeAt: Instant?
    var inbox: [BalancerInput] = []
    /// Requests under way.
    var attempts: [Attempt] = []

    // What the invariants compare with.
    var lastPaused: Instant
    var lastSnapshot = Snapshot.empty
    /// Whom this very balancer has found to be itself and well.
    var proven: [NodeID: UInt64] = [:]
    /// When workers were ejected on soft evidence.
    var softEjections: [Instant] = []
    /// The highest epoch that anybody has shown it.
    var highestShown = Epoch.none

    var isAlive: Bool { status != .dead }
}
