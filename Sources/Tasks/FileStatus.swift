private import Glibc
internal import Sockets

/// The identity of a descriptor's file, and its length at the time of the query.
struct FileStatus: Sendable {
    private let device: UInt
    private let inode: UInt
    /// In bytes.
    let length: Int

    /// - Throws: `notARegularFile` for a directory, a pipe or a device; `failed` if fstat(2) fails.
    init(of descriptor: Int32) throws(SharedFileError) {
        var status = stat()
        do throws(SystemError) {
            try SystemError.check("fstat", fstat(descriptor, &status))
        } catch {
            throw .failed(error)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        length = max(0, Int(status.st_size))
    }

    func isSameFile(as other: FileStatus) -> Bool {
        device == other.device && inode == other.inode
    }
}
