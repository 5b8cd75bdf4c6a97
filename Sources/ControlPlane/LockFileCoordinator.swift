package import Cluster
private import Glibc
internal import Sockets

/// The fence of one host: an flock(2) on a file in the state directory, and the last epoch beside it.
///
/// The kernel frees the lock when its holder dies, however it dies. The epoch is durable before anybody acts on it.
package final class LockFileCoordinator: Coordinator {
    private let directory: StateDirectory
    private var held: FileDescriptor?

    package init(directory: StateDirectory) {
        self.directory = directory
    }

    package func acquire(after: Epoch) -> CoordinatorGrant {
        do {
            let file = FileDescriptor(
                owning: try SystemError.check("open", open(directory.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)))
            guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                guard errno == EWOULDBLOCK else { throw SystemError("flock") }
                return .heldByOther(holder)
            }
            // Before the sync, which may take long on a busy disk: the others see who has the lock.
            write("\(getpid())\n", into: file.rawValue)
            let epoch = max(after, storedEpoch).next
            try store(epoch)
            held = consume file
            return .granted(epoch)
        } catch {
            return .failed("\(directory.path): \(error)")
        }
    }

    package func release() {
        held = nil
    }

    /// The highest epoch that was ever granted here.
    package var storedEpoch: Epoch {
        guard let bytes = DurableFile.read(directory.epoch) else { return .none }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.split(separator: "\n").first.flatMap { UInt64($0) }.map { Epoch($0) } ?? .none
    }

    /// Makes the epoch durable. The file has one size for ever and less than a sector, so that a later epoch costs
    /// one write in place and one sync: both lie on the way of every takeover.
    private func store(_ epoch: Epoch) throws(SystemError) {
        let digits = String(epoch.value)
        let line = Array((String(repeating: "0", count: 20 - digits.utf8.count) + digits + "\n").utf8)
        let opened = open(directory.epoch, O_WRONLY | O_CLOEXEC)
        guard opened >= 0 else {
            try DurableFile.write(line, to: directory.epoch)
            return
        }
        let file = FileDescriptor(owning: opened)
        guard pwrite(file.rawValue, line, line.count, 0) == line.count else { throw SystemError("write") }
        try SystemError.check("fdatasync", fdatasync(file.rawValue))
    }

    private var holder: String {
        let text = DurableFile.read(directory.lock).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").first.map { "process \($0)" } ?? "another process"
    }

    /// For people and scripts only: the lock is what counts.
    private func write(_ text: String, into file: Int32) {
        _ = ftruncate(file, 0)
        _ = text.withCString { pwrite(file, $0, strlen($0), 0) }
    }
}
