import Cluster

/// One machine: a state directory, a clock on the wall, ports, and whether it runs.
struct SimulatedHost {
    let index: Int
    let directory: SimulatedStateDirectory
    var isUp = true
    /// A balancer has taken the lock of this host once.
    var hasReigned = false
    /// How far the wall clock is off.
    var wallMilliseconds: Int64 = 0
    /// The snapshot files of the workers, each with what it was before, oldest first.
    var snapshots: [(worker: Int, versions: [Snapshot])] = []
    /// Ports that a process that is none of ours has taken.
    var foreignPorts: [UInt16] = []
    /// Calls that wait in a listener that is held open while no balancer accepts.
    var backlog: [(input: BalancerInput, from: Caller)] = []
    /// The last time at which something was wrong with the host itself.
    var lastAilment: Instant

    /// What a balancer that starts here takes for the state of the cluster.
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

    /// An old backup is put back, or all is lost.
    mutating func forgetLatest(_ count: Int, of worker: Int) {
        guard let position = snapshots.firstIndex(where: { $0.worker == worker }) else { return }
        snapshots[position].versions.removeLast(min(count, snapshots[position].versions.count))
    }
}
