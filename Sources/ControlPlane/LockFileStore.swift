package import Cluster
private import Glibc
package import Sockets

/// The lock and the files of the fence, in a state directory.
///
/// The kernel frees the lock when its holder dies, however it dies.
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

    /// The kernel takes no lock away, but the lock is on the file and not on its name: when somebody removed it, or put
    /// another in its place, whoever comes next locks the other one. As long as there is none, nobody has.
    package func lockStanding() -> FenceStanding {
        guard let descriptor = heldDescriptor else { return .lost("it was given back") }
        var own = stat()
        var present = stat()
        guard fstat(descriptor, &own) == 0, stat(directory.lock, &present) == 0 else { return .held }
        if own.st_dev == present.st_dev, own.st_ino == present.st_ino { return .held }
        return .lost("\(directory.lock) is another file than the one that was locked")
    }

    package let boot: String = {
        let text = String(decoding: DurableFile.read("/proc/sys/kernel/random/boot_id") ?? [], as: UTF8.self)
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }()

    package func read(_ file: FenceFile) throws(FenceStoreFailure) -> [UInt8]? {
        let path = path(of: file)
        if access(path, F_OK) != 0 && errno == ENOENT { return nil }
        guard let bytes = DurableFile.read(path) else { throw FenceStoreFailure("\(path) can't be read") }
        return bytes
    }

    package func replace(_ file: FenceFile, with bytes: [UInt8]) throws(FenceStoreFailure) {
        do throws(SystemError) {
            try DurableFile.write(bytes, to: path(of: file))
        } catch {
            throw FenceStoreFailure("\(path(of: file)): \(error)")
        }
    }

    package func overwrite(_ file: FenceFile, with bytes: [UInt8], at offset: Int) throws(FenceStoreFailure) {
        try change(file) { (descriptor) throws(SystemError) in
            guard pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count else {
                throw SystemError("write")
            }
        }
    }

    package func sync(_ file: FenceFile) throws(FenceStoreFailure) {
        try change(file) { (descriptor) throws(SystemError) in
            try SystemError.check("fdatasync", fdatasync(descriptor))
        }
    }

    private func change(
        _ file: FenceFile, _ action: (Int32) throws(SystemError) -> Void
    ) throws(FenceStoreFailure) {
        let path = path(of: file)
        do throws(SystemError) {
            let file = FileDescriptor(owning: try SystemError.check("open", open(path, O_WRONLY | O_CLOEXEC)))
            try action(file.rawValue)
        } catch {
            throw FenceStoreFailure("\(path): \(error)")
        }
    }

    private func path(of file: FenceFile) -> String {
        switch file {
        case .epoch: directory.epoch
        case .reservation: directory.epochReservation
        }
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
