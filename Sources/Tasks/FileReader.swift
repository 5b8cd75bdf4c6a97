private import Glibc
internal import Sockets

/// The shared file, opened for one reader, with its length at that moment.
///
/// The response does not include bytes that are appended later, because its head already gives its length.
final class FileReader: Sendable {
    /// Time limit for the lock while the length is read. Without the lock, the length may include part of an unfinished
    /// line. That is better than no response.
    private static let lockMilliseconds = 1_000

    /// In bytes.
    let length: Int
    private let descriptor: FileDescriptor
    private let permit: ReadPermit

    private init(_ descriptor: consuming FileDescriptor, length: Int, permit: ReadPermit) {
        self.descriptor = descriptor
        self.length = length
        self.permit = permit
    }

    /// Opens the file; nil if the file does not exist. Blocks.
    static func open(path: String, permit: ReadPermit) throws(SharedFileError) -> FileReader? {
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
        return FileReader(descriptor, length: status.length, permit: permit)
    }

    /// Reads up to `count` bytes from `offset` on; fewer at the end of the file. Blocks.
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
