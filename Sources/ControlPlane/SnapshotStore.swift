package import Cluster
package import Sockets

/// The workers' copies of the registry on disk.
package enum SnapshotStore {
    package static func save(_ snapshot: Snapshot, of id: NodeID, in directory: StateDirectory) throws(SystemError) {
        try DurableFile.write(JSON.encode(snapshot), to: directory.snapshot(of: id.text))
    }

    /// The worker's own copy.
    package static func load(of id: NodeID, in directory: StateDirectory) -> Snapshot? {
        DurableFile.read(directory.snapshot(of: id.text)).flatMap { JSON.decode(Snapshot.self, from: $0) }
    }
}
