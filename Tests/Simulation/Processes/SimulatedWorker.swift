import Cluster

/// The status of a process.
enum ProcessStatus {
    case running
    /// A signal has stopped the process. It keeps its sockets and locks, and runs no code.
    case paused
    case dead
}

/// A worker process: its core, the state of its shell, and the state that only the invariants use.
struct SimulatedWorker {
    let index: Int
    let host: Int
    var core: MemberCore
    var status = ProcessStatus.running
    /// The number of the process's present start.
    var life = 0
    var wakeAt: Instant?
    /// The inputs that arrived while the process was paused.
    var inbox: [WorkerInput] = []
    var pausedAt: Instant?
    var isStopping = false
    /// The host of the balancer that the worker asks.
    var balancerHost = 0
    /// Until this time the worker answers with errors.
    var sickUntil: Instant?

    /// The highest epoch that the worker's data loops know, as in `FenceGate`.
    var gate = Epoch.none

    // Connections.
    var registerCall = 0
    var watchCall = 0
    /// The balancer at the other end of the watch connection.
    var watches: Int?
    /// The balancer at the other end of the handover channel.
    var channel: Int?
    /// The balancer whose listeners and pidfd the worker holds.
    var held: Int?
    /// The time of the last sign of life from the balancer at the handover channel.
    var lastMoved: Instant?
    /// The balancer process that the worker has started, until that process reigns.
    var candidate: Int?
    /// The time from which a standby is parked.
    var standbyReady: Instant?

    // State that only the invariants use.

    /// The incarnations of all starts.
    var incarnations: [UInt64] = []
    /// The highest epoch that the process has seen since its present start, from any source.
    var highestSeen = Epoch.none
    var lastSnapshot = Snapshot.empty
    /// The time since when the worker is able to act.
    var eligibleSince: Instant?
    var ballot = BallotRecord()
    /// The time of the last answer from a balancer of no earlier reign, or of the process's start.
    var lastSign: Instant
    /// The candidate of another lock domain that the worker supports, and the end of the promise.
    var pledge: (candidate: NodeID, until: Instant)?

    var record: WorkerRecord { core.record }
    var isAlive: Bool { status != .dead }
}

/// The answers to a worker's last prevote.
struct BallotRecord {
    /// The number of the prevote. It tells the answers apart from those to an earlier prevote.
    var number = 0
    var asked = 0
    var began: Instant?
    var epoch = Epoch.none
    var isAcrossHosts = false
    var agreed = 0
    /// The hosts of the workers that agree.
    var agreedHosts: [Int] = []
    var objected = 0
    var unreachable = 0
}
