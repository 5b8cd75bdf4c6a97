package import Cluster
private import Glibc

/// Reads the workers' copies of the registry again and again, and only those that have changed.
package final class SnapshotReader {
    /// What tells one content of a file from the next: every copy is a new file under its old name.
    private struct Mark: Equatable {
        let inode: UInt
        let seconds: Int
        let nanoseconds: Int
        let size: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt(status.st_ino)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
            size = Int(status.st_size)
        }
    }

    private let directory: StateDirectory
    private var known: [String: (mark: Mark, snapshot: Snapshot?)] = [:]

    package init(directory: StateDirectory) {
        self.directory = directory
    }

    /// The latest copy that any worker of this host has; damaged files are passed over.
    package func latest() -> Snapshot? {
        var readable: [Snapshot] = []
        var present: [String: (mark: Mark, snapshot: Snapshot?)] = [:]
        for path in directory.snapshots() {
            guard let mark = Mark(path) else { continue }
            let snapshot: Snapshot?
            if let known = known[path], known.mark == mark {
                snapshot = known.snapshot
            } else {
                snapshot = DurableFile.read(path).flatMap { JSON.decode(Snapshot.self, from: $0) }
            }
            present[path] = (mark, snapshot)
            if let snapshot { readable.append(snapshot) }
        }
        known = present
        return Snapshot.latest(of: readable)
    }
}
