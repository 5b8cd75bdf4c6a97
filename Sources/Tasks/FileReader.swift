private import Glibc
internal import Sockets

/// The shared file, opened for one reader, as long as it was at that moment.
///
/// Bytes that are appended later are not part of it: a response tells its length before its first byte.
final class FileReader: Sendable {
    /// How long the look at the length may be kept waiting. Without the lock it may see half of a line that is just
    /// being written, which is better than no answer.
    private static let lockMilliseconds = 1_000

    /// In bytes.
    let length: Int
    private let descriptor: FileDescriptor
    private let ticket: FileTicket

    private init(_ descriptor: consuming FileDescriptor, length: Int, ticket: FileTicket) {
        self.descriptor = descriptor
        self.length = length
        self.ticket = ticket
    }

    /// Opens the file; nil when there is none. Blocks.
    static func open(path: String, ticket: FileTicket) throws(SharedFileError) -> FileReader? {
        let number = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else {
            let error = SystemError("open")
            if error.code == ENOENT { return nil }
            throw .failed(error)
        }
        let descriptor = FileDescriptor(owning: number)
        let isLocked = FileLock.take(.shared, of: number, withinMilliseconds: lockMilliseconds)
        let status = try FileStatus(of: number)
        if isLocked { FileLock.release(number) }
        return FileReader(descriptor, length: status.length, ticket: ticket)
    }

    /// The bytes from `offset` on: as many as `count` says, fewer at the end of the file. Blocks.
    func bytes(at offset: Int, count: Int) throws(SharedFileError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(
                    descriptor.rawValue, buffer.baseAddress?.advanced(by: filled), count - filled,
                    off_t(offset + filled))
                if got > 0 {
                    filled += got
                } else if got == 0 || errno != EINTR {
                    if got < 0 { failure = SystemError("pread") }
                    return
                }
            }
        }
        if let failure { throw .failed(failure) }
        return bytes
    }
}
