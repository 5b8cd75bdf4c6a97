private import Glibc

/// A directory that was opened once through a path that no other user could change.
///
/// Files in it are opened by name, relative to the descriptor: after the opening, changes of the path have no effect.
/// The last component is never followed if it is a symbolic link, and must be a regular file of this user.
package final class SafeDirectory: Sendable {
    /// The requested path, for messages.
    package let path: String
    private let descriptor: FileDescriptor
    /// The user to whom every file has to belong.
    private let owner: UInt32
    /// The largest file that is read.
    private static let maximumSize = 16 << 20

    /// - Parameter path: verified by `SafePath`.
    init(path: String, descriptor: consuming FileDescriptor) {
        self.path = path
        self.descriptor = descriptor
        owner = geteuid()
    }

    /// Opens a directory of any user, to read its files. They have to belong to the directory's owner.
    package init(ofAnyUser path: String) throws(SystemError) {
        let opened = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw SystemError("open") }
        self.path = path
        descriptor = FileDescriptor(owning: opened)
        var status = stat()
        try SystemError.check("fstat", fstat(descriptor.rawValue, &status))
        owner = status.st_uid
    }

    package struct Status: Equatable {
        package let device: UInt64
        package let inode: UInt64
        package let size: Int
        package let seconds: Int
        package let nanoseconds: Int

        fileprivate init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }

        /// Reads the owner and mode of an open file. Fails if the system call fails.
        package init?(of descriptor: Int32) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { return nil }
            self.init(status)
        }

        package func isSameFile(as other: Status) -> Bool { device == other.device && inode == other.inode }
    }

    /// The access to a file.
    package enum Access {
        /// The file must exist.
        case read, write
        /// A missing file is created with mode 0600.
        case readWriteOrMake, appendOrMake

        fileprivate var flags: Int32 {
            switch self {
            case .read: O_RDONLY
            case .write: O_WRONLY
            case .readWriteOrMake: O_RDWR
            case .appendOrMake: O_WRONLY | O_APPEND
            }
        }

        fileprivate var makes: Bool { self == .readWriteOrMake || self == .appendOrMake }
    }

    /// Opens a regular file of the owner.
    package func open(_ name: String, _ access: Access) throws(SystemError) -> FileDescriptor {
        // O_NONBLOCK: otherwise a FIFO with this name would block this call.
        let flags = access.flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        while true {
            var number = openat(descriptor.rawValue, name, flags)
            if number < 0 && errno == ENOENT && access.makes {
                number = openat(descriptor.rawValue, name, flags | O_CREAT | O_EXCL, 0o600)
                // Another process created the file first.
                if number < 0 && errno == EEXIST { continue }
            }
            if number < 0 && errno == EINTR { continue }
            guard number >= 0 else { throw SystemError("open") }
            let file = FileDescriptor(owning: number)
            var status = stat()
            try SystemError.check("fstat", fstat(file.rawValue, &status))
            guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == owner else {
                throw SystemError("open", code: EPERM)
            }
            return file
        }
    }

    /// The status of a name, without following a link; nil if it does not exist.
    package func status(of name: String) -> Status? {
        var status = stat()
        return fstatat(descriptor.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? Status(status) : nil
    }

    /// Returns whether the name does not exist. Returns false if that is unknown.
    package func lacks(_ name: String) -> Bool {
        var status = stat()
        return fstatat(descriptor.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT
    }

    /// The file's content; nil if the file is missing, unreadable or too large.
    package func read(_ name: String) -> [UInt8]? {
        guard let file = try? open(name, .read) else { return nil }
        return WholeFile.read(file.rawValue, limit: SafeDirectory.maximumSize)
    }

    /// Replaces a file. After a crash there is either the old content or the new content, never a part of it. Writes a
    /// file beside it, syncs it, renames it, and syncs the directory.
    ///
    /// - Parameter reason: permits the caller to wait for the disk.
    package func replace(_ name: String, with bytes: [UInt8], waiting reason: DiskWait) throws(SystemError) {
        // Processes with one number may share the directory, each in a container of its own.
        let temporary = "\(name).\(getpid()).\(PIDNamespace.own ?? 0).tmp"
        // A file that an earlier process with the same number has left.
        remove(temporary)
        do throws(SystemError) {
            let file = FileDescriptor(
                owning: try SystemError.check(
                    "open",
                    openat(
                        descriptor.rawValue, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)))
            try WholeFile.write(bytes, to: file.rawValue)
            try SystemError.check("fsync", fsync(file.rawValue))
            try rename(temporary, to: name)
        } catch {
            remove(temporary)
            throw error
        }
        try sync()
    }

    /// Writes the whole file in place, without a sync. A reader must be able to tell a part from the whole.
    package func overwrite(_ name: String, with bytes: [UInt8]) throws(SystemError) {
        let file = try open(name, .readWriteOrMake)
        guard pwrite(file.rawValue, bytes, bytes.count, 0) == bytes.count else { throw SystemError("write") }
        try SystemError.check("ftruncate", ftruncate(file.rawValue, off_t(bytes.count)))
    }

    package func rename(_ name: String, to other: String) throws(SystemError) {
        try SystemError.check("rename", renameat(descriptor.rawValue, name, descriptor.rawValue, other))
    }

    /// Only this user may use the file or the socket.
    package func restrict(_ name: String) throws(SystemError) {
        try SystemError.check("chmod", fchmodat(descriptor.rawValue, name, 0o600, 0))
    }

    package func remove(_ name: String) { unlinkat(descriptor.rawValue, name, 0) }

    /// The names in the directory.
    package func names() -> [String] {
        // The listing needs its own descriptor, because it moves the position of the descriptor and closes it.
        let copy = openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return [] }
        guard let stream = fdopendir(copy) else {
            close(copy)
            return []
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }

    /// The address for binding or connecting a socket of this name. It refers to the opened directory through this
    /// process's own descriptor. So it is valid in this process only, and it is short, however long the directory's
    /// path is.
    package func socketAddress(_ name: String) throws(SystemError) -> SocketAddress {
        guard let address = SocketAddress(unixPath: "/proc/self/fd/\(descriptor.rawValue)/\(name)") else {
            throw SystemError("bind", code: ENAMETOOLONG)
        }
        return address
    }

    /// Makes new names durable. On file systems without a sync for directories, renames are durable by themselves.
    private func sync() throws(SystemError) {
        guard fsync(descriptor.rawValue) != 0, errno != EINVAL, errno != ENOTSUP else { return }
        throw SystemError("fsync")
    }
}
