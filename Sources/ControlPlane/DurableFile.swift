private import Glibc
package import Sockets

/// Small files that survive a crash whole: the old content or the new, never half of it.
package enum DurableFile {
    /// The largest file read back.
    private static let maximumSize = 16 << 20

    /// Writes beside the file, syncs, renames over it, syncs the directory.
    package static func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let temporary = "\(path).\(getpid()).tmp"
        do throws(SystemError) {
            let file = FileDescriptor(
                owning: try SystemError.check("open", open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)))
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(file.rawValue, $0.baseAddress! + written, $0.count - written)
                }
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw SystemError("write") }
                written += count
            }
            try SystemError.check("fsync", fsync(file.rawValue))
            try SystemError.check("rename", rename(temporary, path))
        } catch {
            unlink(temporary)
            throw error
        }
        try syncDirectory(of: path)
    }

    /// Makes the new name last. Where a file system has no sync for directories, its renames last by themselves.
    private static func syncDirectory(of path: String) throws(SystemError) {
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let opened = FileDescriptor(
            owning: try SystemError.check("open", open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)))
        guard fsync(opened.rawValue) != 0, errno != EINVAL, errno != ENOTSUP else { return }
        throw SystemError("fsync")
    }

    /// The file's content; nil when it is missing, unreadable or absurdly large.
    package static func read(_ path: String) -> [UInt8]? {
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { return nil }
        let file = FileDescriptor(owning: opened)
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= maximumSize {
            let count = Glibc.read(file.rawValue, &block, block.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes.append(contentsOf: block.prefix(count))
        }
        return nil
    }
}
