import Cluster

enum ProcessStatus {
    case running
    /// Stopped by a signal: keeps everything it has, does nothing.
    case paused
    case dead
}

/// A worker's process, with the shell's part of its state, and what it is compared with.
struct SimulatedWorker {
    let index: Int
    let host: Int
    var core: MemberCore
    var status = ProcessStatus.running
    /// Numbers the starts of the process.
    var life = 0
    var wakeAt: Instant?
    /// What arrived while it was paused.
    var inbox: [WorkerInput] = []
    var pausedAt: Instant?
    var isStopping = false
    /// The host whose balancer it asks.
    var seat = 0
    /// Answers with errors until then.
    var sickUntil: Instant?

    /// What the loops that serve know of the epochs, as in `FenceGate`.
    var gate = Epoch.none

    // Connections.
    var registerCall = 0
    var watchCall = 0
    /// The balancer at the other end of the watch connection.
    var watches: Int?
    /// The balancer at the other end of the handover channel.
    var channel: Int?
    /// The balancer whose listeners it holds, and whose process it has a pidfd of.
    var held: Int?
    /// The balancer process that it has started and that does not reign yet.
    var candidate: Int?
    /// A standby is parked from this instant on.
    var standbyReady: Instant?

    // What the invariants compare with.

    /// Its incarnations, of all its starts.
    var incarnations: [UInt64] = []
    /// The highest epoch that this life has seen, from whatever source.
    var highestSeen = Epoch.none
    var lastSnapshot = Snapshot.empty
    /// Since when it is able to act.
    var eligibleSince: Instant?
    var ballot = BallotRecord()
    /// When a balancer that is none of the past last answered, or the process began.
    var lastSign: Instant
    /// Whom of another home it has agreed to support, and until when that binds.
    var pledge: (candidate: NodeID, until: Instant)?

    var record: WorkerRecord { core.record }
    var isAlive: Bool { status != .dead }
}

/// What became of a worker's questions to the others, since it last had reason to ask.
struct BallotRecord {
    /// Tells the answers to this question from those to an earlier one.
    var number = 0
    var asked = 0
    var began: Instant?
    var isAcrossHosts = false
    var agreed = 0
    /// Where those who agree live.
    var agreedHosts: [Int] = []
    var objected = 0
    var unreachable = 0
}
