private import Glibc
internal import Sockets

/// Appends whole lines to a file that other processes append to as well, and makes them durable.
///
/// The file is opened for each batch, so that it may be moved away or removed in between. Laws, for every writer that
/// keeps to them:
/// - Under the lock the file ends with a whole line. A writer that finds a half one, which only a crash or a stranger leaves, ends it.
/// - What can't be written whole is cut off again before the lock is given back.
/// - `append` returns when the bytes, and the file's name when it is new, are on the disk. The lock is not held for that: the
///   syncs of several processes run at the same time.
struct FileAppender: Sendable {
    private let path: String
    private let lockMilliseconds: Int
    /// The file whose name is known to be on the disk.
    private var namedFile: FileStatus?

    /// - Parameter lockMilliseconds: how long to try for the lock before the answer is `locked`.
    init(path: String, lockMilliseconds: Int) {
        self.path = path
        self.lockMilliseconds = lockMilliseconds
    }

    /// Appends `lines`, each with its newline. Blocks.
    mutating func append(_ lines: [UInt8]) throws(SharedFileError) {
        let file = try open()
        let status = try FileStatus(of: file.rawValue)
        guard FileLock.take(.exclusive, of: file.rawValue, withinMilliseconds: lockMilliseconds) else {
            throw .locked
        }
        do throws(SharedFileError) {
            try write(lines, to: file.rawValue)
        } catch {
            FileLock.release(file.rawValue)
            throw error
        }
        FileLock.release(file.rawValue)
        do throws(SystemError) {
            try SystemError.check("fdatasync", fdatasync(file.rawValue))
            if namedFile?.isSameFile(as: status) != true {
                try syncFolder()
                namedFile = status
            }
        } catch {
            throw .failed(error)
        }
    }

    private func open() throws(SharedFileError) -> FileDescriptor {
        do throws(SystemError) {
            // O_NONBLOCK: opening a pipe must fail instead of waiting for its reader.
            let flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK
            return FileDescriptor(owning: try SystemError.check("open", Glibc.open(path, flags, 0o644)))
        } catch {
            throw SharedFileError(writing: error)
        }
    }

    /// Writes everything or, as far as the file system lets us, nothing.
    private func write(_ lines: [UInt8], to descriptor: Int32) throws(SharedFileError) {
        let length = try FileStatus(of: descriptor).length
        do throws(SystemError) {
            var last: UInt8 = 0
            if length > 0, pread(descriptor, &last, 1, off_t(length - 1)) == 1, last != UInt8(ascii: "\n") {
                try writeAll([UInt8(ascii: "\n")], to: descriptor)
            }
            try writeAll(lines, to: descriptor)
        } catch {
            _ = ftruncate(descriptor, off_t(length))
            throw SharedFileError(writing: error)
        }
    }

    private func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                throw count == 0 ? SystemError("write", code: EIO) : SystemError("write")
            }
        }
    }

    /// Makes a new file's name durable: fdatasync(2) of the file does not promise that.
    private func syncFolder() throws(SystemError) {
        let folder: String
        if let slash = path.lastIndex(of: "/") {
            folder = slash == path.startIndex ? "/" : String(path[..<slash])
        } else {
            folder = "."
        }
        let number = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // A folder that may be written to but not read can't be synced by us.
        guard number >= 0 else { return }
        let descriptor = FileDescriptor(owning: number)
        // EINVAL: the file system has no such thing.
        if fsync(descriptor.rawValue) != 0, errno != EINVAL { throw SystemError("fsync") }
    }
}
