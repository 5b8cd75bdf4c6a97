import Cluster

enum ProcessStatus {
    case running
    /// Stopped by a signal: keeps everything it has, does nothing.
    case paused
    case dead
}

/// A worker's process, and what survives it on disk.
struct SimulatedMember {
    let index: Int
    var record: WorkerRecord
    var core: MemberCore
    var status = ProcessStatus.running
    /// Numbers the starts of the process.
    var life = 0
    var wakeAt: Instant?
    /// What arrived while it was paused.
    var inbox: [MemberInput] = []

    var registerCall = 0
    var watchCall = 0
    /// The balancer at the other end of the watch connection.
    var connectedTo: Int?
    /// The balancer process that it holds a pidfd of.
    var pinned: Int?

    /// Snapshots written, oldest first; the last is the current file.
    var disk: [Snapshot] = []

    // What the invariants compare with.
    var highestSeen = Epoch.none
    var lastSnapshot = Snapshot.empty
}

/// A balancer's process.
struct SimulatedBalancer {
    let process: Int
    let epoch: Epoch
    var core: BalancerCore
    var status = ProcessStatus.running
    var isAccepting = false
    var pausedSince: Instant?
    var wakeAt: Instant?
    var inbox: [BalancerInput] = []

    // What the invariants compare with.
    var lastVersion: UInt64 = 0
    var lastIncarnations: [NodeID: UInt64] = [:]
}
