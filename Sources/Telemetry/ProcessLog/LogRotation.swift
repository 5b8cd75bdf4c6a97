private import Glibc
internal import Sockets

/// Bounds the size of `balancer.log` in the state directory, if it is the standard error of this process. There is one
/// file with older lines.
///
/// Several processes may have the file open (a reigning balancer, a parked one). The first process that finds it full
/// renames it, under a lock on the file. The others find a new file at the path and continue in that file.
package struct LogRotation {
    /// The names of the log and of the file with its older lines, in the state directory.
    package static let fileName = "balancer.log"
    package static let olderFileName = "balancer.log.1"

    static let maximumBytes = 8 << 20

    private let directory: SafeDirectory
    private let descriptor: Int32
    private let maximumBytes: Int

    /// Fails if `descriptor` (standard error except in tests) is another file.
    init?(
        in directory: SafeDirectory, descriptor: Int32 = STDERR_FILENO, maximumBytes: Int = LogRotation.maximumBytes
    ) {
        guard let own = SafeDirectory.Status(of: descriptor),
            let named = directory.status(of: LogRotation.fileName), own.isSameFile(as: named)
        else { return nil }
        self.directory = directory
        self.descriptor = descriptor
        self.maximumBytes = maximumBytes
    }

    /// Call this before writing a line. A failure changes nothing.
    func makeRoom() {
        guard let own = SafeDirectory.Status(of: descriptor) else { return }
        if isNamed(own) {
            guard own.size >= maximumBytes else { return }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return }
            // Another process may have renamed it first.
            if isNamed(own) {
                try? directory.rename(LogRotation.fileName, to: LogRotation.olderFileName)
            }
            flock(descriptor, LOCK_UN)
        }
        guard let next = try? directory.open(LogRotation.fileName, .appendOrMake) else { return }
        let isOutputToo = SafeDirectory.Status(of: STDOUT_FILENO)?.isSameFile(as: own) == true
        dup2(next.rawValue, descriptor)
        if isOutputToo { dup2(next.rawValue, STDOUT_FILENO) }
    }

    private func isNamed(_ own: SafeDirectory.Status) -> Bool {
        directory.status(of: LogRotation.fileName)?.isSameFile(as: own) == true
    }
}
