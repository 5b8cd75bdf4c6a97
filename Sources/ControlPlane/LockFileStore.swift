package import Cluster
private import Glibc
package import Sockets

/// The lock and the epoch file of a state directory.
///
/// The kernel frees the lock when its holder dies, however it dies. As long as epochs are within the reservation, the
/// epoch file is written without a sync: a takeover does not wait for a disk.
package final class LockFileStore: FenceStore {
    private let directory: StateDirectory
    private var held: FileDescriptor?
    private var adopted: FileDescriptor?

    package init(directory: StateDirectory) {
        self.directory = directory
    }

    /// The lock while it is held: what a replacement is handed.
    package var heldDescriptor: Int32? { held?.rawValue }

    /// Takes over the lock from the process that held it: the next `tryLock` finds it taken.
    ///
    /// A lock of flock(2) belongs to the open file, not to the process: at no time is it free.
    package func adopt(_ lock: consuming FileDescriptor) {
        adopted = consume lock
    }

    package func tryLock() -> LockAttempt {
        if let adopted = adopted.take() { return confirm(adopted) }
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

    /// What was handed over must be the lock of this directory, and held.
    private func confirm(_ file: consuming FileDescriptor) -> LockAttempt {
        var handed = stat()
        var present = stat()
        guard fstat(file.rawValue, &handed) == 0, stat(directory.lock, &present) == 0,
            handed.st_dev == present.st_dev, handed.st_ino == present.st_ino
        else { return .failed("what was handed over is not \(directory.lock)") }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else { return .held(holder) }
        name(file.rawValue)
        held = consume file
        return .taken
    }

    package func unlock() {
        held = nil
    }

    package func readEpochFile() throws(FenceStoreFailure) -> [UInt8]? {
        if access(directory.epoch, F_OK) != 0 && errno == ENOENT { return nil }
        guard let bytes = DurableFile.read(directory.epoch) else {
            throw FenceStoreFailure("\(directory.epoch) can't be read")
        }
        // What was granted in an earlier boot may have been lost: then it was within that boot's reservation.
        let reservation = EpochReservation.read(directory.epochReservation)
        if !reservation.isOfThisBoot, let stored = EpochFile(bytes).epoch, stored < reservation.bound {
            return EpochFile.bytes(of: reservation.bound)
        }
        return bytes
    }

    package func createEpochFile(_ bytes: [UInt8]) throws(FenceStoreFailure) {
        do throws(SystemError) {
            try DurableFile.write(bytes, to: directory.epoch)
        } catch {
            throw FenceStoreFailure("\(directory.epoch): \(error)")
        }
        reserve(after: EpochFile(bytes).epoch)
    }

    package func overwriteEpochFile(_ bytes: [UInt8], at offset: Int) throws(FenceStoreFailure) {
        do throws(SystemError) {
            let file = FileDescriptor(
                owning: try SystemError.check("open", open(directory.epoch, O_WRONLY | O_CLOEXEC)))
            guard pwrite(file.rawValue, bytes, bytes.count, off_t(offset)) == bytes.count else {
                throw SystemError("write")
            }
            let epoch = EpochFile(bytes).epoch
            if let epoch, EpochReservation.read(directory.epochReservation).covers(epoch) { return }
            try SystemError.check("fdatasync", fdatasync(file.rawValue))
            reserve(after: epoch)
        } catch {
            throw FenceStoreFailure("\(directory.epoch): \(error)")
        }
    }

    /// Should it fail, for want of room on the disk, the next grant is synced like this one.
    private func reserve(after epoch: Epoch?) {
        guard let epoch else { return }
        try? EpochReservation.make(above: epoch, in: directory.epochReservation)
    }

    private var holder: String {
        let text = DurableFile.read(directory.lock).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").first.map { "process \($0)" } ?? "another process"
    }

    /// Writes this process's number into the lock. For people and scripts only: the lock is what counts. Shortened after
    /// it, not before: a full disk has room for what was there.
    private func name(_ file: Int32) {
        let line = "\(getpid())\n"
        let count = line.withCString { pwrite(file, $0, strlen($0), 0) }
        if count > 0 { _ = ftruncate(file, count) }
    }
}
