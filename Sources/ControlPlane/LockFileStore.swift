package import Cluster
private import Glibc
internal import Sockets

/// The lock and the epoch file of a state directory.
///
/// The kernel frees the lock when its holder dies, however it dies.
package final class LockFileStore: FenceStore {
    private let directory: StateDirectory
    private var held: FileDescriptor?

    package init(directory: StateDirectory) {
        self.directory = directory
    }

    package func tryLock() -> LockAttempt {
        do throws(SystemError) {
            let file = FileDescriptor(
                owning: try SystemError.check("open", open(directory.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)))
            guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                guard errno == EWOULDBLOCK else { throw SystemError("flock") }
                return .held(holder)
            }
            // At once, since the sync of the epoch may take long: the others see who has the lock.
            name(file.rawValue)
            held = consume file
            return .taken
        } catch {
            return .failed("\(directory.lock): \(error)")
        }
    }

    package func unlock() {
        held = nil
    }

    package func readEpochFile() throws(FenceStoreFailure) -> [UInt8]? {
        if access(directory.epoch, F_OK) != 0 && errno == ENOENT { return nil }
        guard let bytes = DurableFile.read(directory.epoch) else {
            throw FenceStoreFailure("\(directory.epoch) can't be read")
        }
        return bytes
    }

    package func createEpochFile(_ bytes: [UInt8]) throws(FenceStoreFailure) {
        do throws(SystemError) {
            try DurableFile.write(bytes, to: directory.epoch)
        } catch {
            throw FenceStoreFailure("\(directory.epoch): \(error)")
        }
    }

    package func overwriteEpochFile(_ bytes: [UInt8], at offset: Int) throws(FenceStoreFailure) {
        do throws(SystemError) {
            let file = FileDescriptor(
                owning: try SystemError.check("open", open(directory.epoch, O_WRONLY | O_CLOEXEC)))
            guard pwrite(file.rawValue, bytes, bytes.count, off_t(offset)) == bytes.count else {
                throw SystemError("write")
            }
            try SystemError.check("fdatasync", fdatasync(file.rawValue))
        } catch {
            throw FenceStoreFailure("\(directory.epoch): \(error)")
        }
    }

    private var holder: String {
        let text = DurableFile.read(directory.lock).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").first.map { "process \($0)" } ?? "another process"
    }

    /// Writes this process's number into the lock. For people and scripts only: the lock is what counts.
    private func name(_ file: Int32) {
        let line = "\(getpid())\n"
        _ = ftruncate(file, 0)
        _ = line.withCString { pwrite(file, $0, strlen($0), 0) }
    }
}
