package import Cluster
internal import Sockets

/// Reads the workers' copies of the registry repeatedly, but only changed files.
package final class SnapshotReader {
    private let directory: StateDirectory
    /// Indexed by name. Each copy is a new file with the old name, so the file status reveals a change.
    private var known: [String: (mark: SafeDirectory.Status, snapshot: Snapshot?)] = [:]

    package init(directory: StateDirectory) {
        self.directory = directory
    }

    /// The latest copy of any worker of this host. Damaged files are skipped.
    package func latest() -> Snapshot? {
        var readable: [Snapshot] = []
        var present: [String: (mark: SafeDirectory.Status, snapshot: Snapshot?)] = [:]
        for name in directory.files.names() where StateDirectory.Name.isSnapshot(name) {
            guard let mark = directory.files.status(of: name) else { continue }
            let snapshot: Snapshot?
            if let known = known[name], known.mark == mark {
                snapshot = known.snapshot
            } else {
                snapshot = directory.files.read(name).flatMap { JSON.decode(Snapshot.self, from: $0) }
            }
            present[name] = (mark, snapshot)
            if let snapshot { readable.append(snapshot) }
        }
        known = present
        return Snapshot.latest(of: readable)
    }
}
