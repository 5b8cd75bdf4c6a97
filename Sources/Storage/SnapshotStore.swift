package import Cluster
package import Sockets

/// The workers' copies of the registry on disk.
package enum SnapshotStore {
    /// Stores the newest list of a worker, as `DiskThread.replace` does.
    package static func save(
        _ snapshot: Snapshot, of id: NodeID, by disk: DiskThread, on loop: EventLoop,
        then completion: @escaping (DiskThread.Outcome) -> Void
    ) {
        disk.replace(
            StateDirectory.Name.snapshot(of: id.text), with: { JSON.encode(snapshot) }, on: loop, then: completion)
    }

    /// Stores the balancer's own list before it returns, so that an order in it survives the process.
    package static func save(ofBalancer snapshot: Snapshot, in directory: StateDirectory) throws(SystemError) {
        try directory.files.replace(
            StateDirectory.Name.balancerSnapshot, with: JSON.encode(snapshot), waiting: .onCommandLoop)
    }

    /// Keeps the worker lists and removes their epochs, so that every reign supersedes them.
    package static func forgetEpochs(in directory: StateDirectory) throws(SystemError) {
        for name in directory.files.names() where StateDirectory.Name.isSnapshot(name) {
            guard var snapshot = directory.files.read(name).flatMap({ JSON.decode(Snapshot.self, from: $0) }) else {
                continue
            }
            snapshot.epoch = .none
            try directory.files.replace(name, with: JSON.encode(snapshot), waiting: .withoutLoop)
        }
    }

    /// The worker's own copy.
    package static func load(of id: NodeID, in directory: StateDirectory) -> Snapshot? {
        directory.files.read(StateDirectory.Name.snapshot(of: id.text)).flatMap { JSON.decode(Snapshot.self, from: $0) }
    }
}
