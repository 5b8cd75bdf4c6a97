private import Glibc

/// The lock on the shared file, taken with flock(2).
///
/// Writers take the lock against each other, and readers take it to read the file's length. flock(2) locks the open
/// file description, so it works between processes and between descriptors of one process. `take` polls for the lock
/// with a time limit. Otherwise, a process that is stopped while it holds the lock would block all others without end.
/// Each holder keeps the lock for the time of one write at most.
enum FileLock {
    enum Mode {
        case shared
        case exclusive
    }

    private static let firstPauseMicroseconds: UInt32 = 100
    private static let longestPauseMicroseconds: UInt32 = 5_000

    /// Locks the open file of `descriptor`. `release` or closing the file unlocks it. Blocks for at most `limit`
    /// milliseconds.
    ///
    /// - Returns: false if the lock is not available in time.
    static func take(_ mode: Mode, of descriptor: Int32, withinMilliseconds limit: Int) -> Bool {
        let operation = (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB
        var waitedMicroseconds = 0
        var pause = firstPauseMicroseconds
        while flock(descriptor, operation) != 0 {
            // A file system without locks (ENOLCK, EOPNOTSUPP) fails at once: waiting does not help.
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
