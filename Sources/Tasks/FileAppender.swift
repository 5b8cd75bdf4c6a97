private import Glibc
internal import Sockets

/// Appends whole lines to a file and makes them durable. Other processes append to the same file.
///
/// The appender opens the file for each batch, so an operator may move or remove the file between batches. Laws for
/// every writer:
/// - Under the lock, the file ends with a whole line. Only a crash or a foreign process leaves a partial line. A writer
///   that finds one adds a newline.
/// - If a write fails, the writer truncates the file to its former length before it releases the lock.
/// - `append` returns when the bytes are on the disk; the name of a new file is then on the disk too. The writer syncs
///   without the lock, so several processes sync at the same time.
struct FileAppender: Sendable {
    private let path: String
    private let lockMilliseconds: Int
    /// The last file whose directory entry is on the disk.
    private var namedFile: FileStatus?

    /// - Parameter lockMilliseconds: time limit for the lock. After this time, `append` throws `locked`.
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
            // O_NONBLOCK: opening a pipe must not block until a reader opens the pipe.
            let flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK
            return FileDescriptor(owning: try SystemError.check("open", Glibc.open(path, flags, 0o644)))
        } catch {
            throw SharedFileError(writing: error)
        }
    }

    /// Writes all lines. After an error, it restores the file's former length if the file system permits.
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

    /// Makes a new file's directory entry durable. fdatasync(2) of the file does not guarantee that.
    private func syncFolder() throws(SystemError) {
        let folder: String
        if let slash = path.lastIndex(of: "/") {
            folder = slash == path.startIndex ? "/" : String(path[..<slash])
        } else {
            folder = "."
        }
        let number = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // Without permission to read the directory, this process can't sync it.
        guard number >= 0 else { return }
        let descriptor = FileDescriptor(owning: number)
        // EINVAL: the file system does not support syncing a directory.
        if fsync(descriptor.rawValue) != 0, errno != EINVAL { throw SystemError("fsync") }
    }
}
