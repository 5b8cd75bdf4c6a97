private import Glibc

/// The lock that writers of the shared file take against each other, and readers for the moment in which they look at
/// its length: flock(2), which goes with the open file and so works between processes and between descriptors of one
/// process.
///
/// It is tried again and again instead of waited for, since a process that was stopped while it held the lock would
/// otherwise hold up everybody without end. Nobody holds it longer than one write takes.
enum FileLock {
    enum Mode {
        case shared
        case exclusive
    }

    private static let firstPauseMicroseconds: UInt32 = 100
    private static let longestPauseMicroseconds: UInt32 = 5_000

    /// Takes the lock for the open file of `descriptor`; `release` or closing the file gives it back. Blocks, at most
    /// so long.
    ///
    /// - Returns: false when it could not be had in time.
    static func take(_ mode: Mode, of descriptor: Int32, withinMilliseconds limit: Int) -> Bool {
        let operation = (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB
        var waitedMicroseconds = 0
        var pause = firstPauseMicroseconds
        while flock(descriptor, operation) != 0 {
            // A file system without locks (ENOLCK, EOPNOTSUPP) is no reason to stand still for long, but not to go on
            // either.
            guard errno == EWOULDBLOCK || errno == EINTR, waitedMicroseconds < limit * 1_000 else { return false }
            usleep(pause)
            waitedMicroseconds += Int(pause)
            pause = min(pause * 2, longestPauseMicroseconds)
        }
        return true
    }

    static func release(_ descriptor: Int32) {
        _ = flock(descriptor, LOCK_UN)
    }
}
