package import Cluster
private import Glibc
package import Sockets

/// The lock and the files of the fence, in a state directory.
///
/// The kernel releases the lock at any death of its holder.
package final class LockFileStore: FenceStore {
    private let directory: StateDirectory
    private var held: FileDescriptor?
    private var adopted: FileDescriptor?

    package init(directory: StateDirectory) {
        self.directory = directory
    }

    /// The descriptor of the held lock, for a replacement.
    package var heldDescriptor: Int32? { held?.rawValue }

    /// Takes over the lock from the process that held it. The next `tryLock` then succeeds.
    ///
    /// A flock(2) lock belongs to the open file, not to the process, so it is never free in between.
    package func adopt(_ lock: consuming FileDescriptor) {
        adopted = consume lock
    }

    package func tryLock() -> LockAttempt {
        if let adopted = adopted.take() { return confirm(adopted) }
        do throws(SystemError) {
            let file = try directory.files.open(StateDirectory.Name.lock, .readWriteOrMake)
            guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                guard errno == EWOULDBLOCK else { throw SystemError("flock") }
                return .held(holder)
            }
            // Written before the sync of the epoch, which may take long: other processes see the holder of the lock.
            name(file.rawValue)
            held = consume file
            return .taken
        } catch {
            return .failed("\(directory.lock): \(error)")
        }
    }

    /// Checks that the received descriptor is the held lock of this directory.
    private func confirm(_ file: consuming FileDescriptor) -> LockAttempt {
        guard let handed = SafeDirectory.Status(of: file.rawValue),
            let present = directory.files.status(of: StateDirectory.Name.lock), handed.isSameFile(as: present)
        else { return .failed("what was handed over is not \(directory.lock)") }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else { return .held(holder) }
        name(file.rawValue)
        held = consume file
        return .taken
    }

    /// Returns whether the lock file is there and no process holds the lock.
    ///
    /// The look takes the lock for shared use for some microseconds. A standby that tries to take it meanwhile tries again.
    package static func isFree(in directory: StateDirectory) -> Bool {
        do throws(SystemError) {
            let file = try directory.files.open(StateDirectory.Name.lock, .read)
            return flock(file.rawValue, LOCK_SH | LOCK_NB) == 0
        } catch {
            return false
        }
    }

    /// Runs `action` while no balancer of this host holds or takes the lock; nil if one does.
    ///
    /// A balancer that tries to take the lock meanwhile finds it held, and tries again.
    package static func whileFree<Result>(in directory: StateDirectory, _ action: () -> Result?) -> Result? {
        do throws(SystemError) {
            let file = try directory.files.open(StateDirectory.Name.lock, .readWriteOrMake)
            guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else { return nil }
            return action()
        } catch {
            return nil
        }
    }

    package func unlock() {
        held = nil
    }

    /// Checks that the lock file is still at its path. The kernel takes no lock away, but the lock belongs to the file
    /// and not to its name. If the file was removed or replaced, a later process locks another file. While the path has
    /// no file, no process can hold another lock.
    ///
    /// The check uses the path and not the opened directory, because a later process would use the path.
    package func lockStanding() -> FenceStanding {
        guard let descriptor = heldDescriptor else { return .lost("it was given back") }
        var own = stat()
        var present = stat()
        guard fstat(descriptor, &own) == 0, stat(directory.lock, &present) == 0 else { return .held }
        if own.st_dev == present.st_dev, own.st_ino == present.st_ino { return .held }
        return .lost("\(directory.lock) is another file than the one that was locked")
    }

    package let boot = KernelStart.present

    package func read(_ file: FenceFile) throws(FenceStoreFailure) -> [UInt8]? {
        let name = name(of: file)
        if directory.files.lacks(name) { return nil }
        guard let bytes = directory.files.read(name) else {
            throw FenceStoreFailure("\(directory.path)/\(name) can't be read")
        }
        return bytes
    }

    package func replace(_ file: FenceFile, with bytes: [UInt8]) throws(FenceStoreFailure) {
        do throws(SystemError) {
            try directory.files.replace(name(of: file), with: bytes, waiting: .beforeGrant)
        } catch {
            throw FenceStoreFailure("\(directory.path)/\(name(of: file)): \(error)")
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
        let name = name(of: file)
        do throws(SystemError) {
            let file = try directory.files.open(name, .write)
            try action(file.rawValue)
        } catch {
            throw FenceStoreFailure("\(directory.path)/\(name): \(error)")
        }
    }

    private func name(of file: FenceFile) -> String {
        switch file {
        case .epoch: StateDirectory.Name.epoch
        case .reservation: StateDirectory.Name.epochReservation
        }
    }

    private var holder: String {
        let text = directory.files.read(StateDirectory.Name.lock).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return LockHolder.name(in: text, to: .own(boot: boot))
    }

    /// Writes this process into the lock file. The file is shortened after the write, because a full disk has room for
    /// the old length. After a failed write it is empty: it must not name an earlier holder.
    private func name(_ file: Int32) {
        let text = LockHolder.own(boot: boot).text
        let count = text.withCString { pwrite(file, $0, strlen($0), 0) }
        _ = ftruncate(file, off_t(max(count, 0)))
    }
}
