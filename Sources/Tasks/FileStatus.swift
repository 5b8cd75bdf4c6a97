private import Glibc
internal import Sockets

/// Which file a descriptor stands for, and how long it was when asked.
struct FileStatus: Sendable {
    private let device: UInt
    private let inode: UInt
    /// In bytes.
    let length: Int

    /// - Throws: `notARegularFile` for anything that has no length and can't be cut.
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
