import Cluster

/// One machine with a state directory, a wall clock and ports.
struct SimulatedHost {
    let index: Int
    let directory: SimulatedStateDirectory
    var isUp = true
    /// A balancer has taken the lock of this host at least once.
    var hasReigned = false
    /// The offset of the wall clock from the virtual time.
    var wallMilliseconds: Int64 = 0
    /// The snapshot files of the workers. Each file has its earlier contents, with the oldest one first.
    var snapshots: [(worker: Int, versions: [Snapshot])] = []
    /// Ports that other programs use.
    var foreignPorts: [UInt16] = []
    /// The connections in the queue of an open listener while no balancer accepts.
    var backlog: [(input: BalancerInput, from: Caller)] = []
    /// The last time of a fault of the host itself.
    var lastAilment: Instant

    /// The latest snapshot on this host. A balancer reads it at its start.
    var latestSnapshot: Snapshot? {
        Snapshot.latest(of: snapshots.lazy.compactMap(\.versions.last))
    }

    func snapshot(of worker: Int) -> Snapshot? {
        snapshots.first { $0.worker == worker }?.versions.last
    }

    mutating func keep(_ snapshot: Snapshot, of worker: Int) {
        if let position = snapshots.firstIndex(where: { $0.worker == worker }) {
            snapshots[position].versions.append(snapshot)
        } else {
            snapshots.append((worker, [snapshot]))
        }
    }

    /// Removes the latest contents of a worker's snapshot file, as after the restoration of a backup.
    mutating func forgetLatest(_ count: Int, of worker: Int) {
        guard let position = snapshots.firstIndex(where: { $0.worker == worker }) else { return }
        snapshots[position].versions.removeLast(min(count, snapshots[position].versions.count))
    }
}
