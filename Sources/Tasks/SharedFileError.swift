private import Glibc
internal import Sockets

/// Why a line was not written or the file not read.
enum SharedFileError: Error, Equatable, Sendable {
    /// As much is waiting for the file as may wait.
    case busy
    /// Another process has held the file's lock for too long.
    case locked
    /// The file became shorter while it was being looked through.
    case cut
    /// There is no room for the line: nothing of it is in the file.
    case full(SystemError)
    /// The file can't be written or read. When it can't be synced, whether the line will be there after a crash is
    /// not known.
    case failed(SystemError)
    /// The path names a directory, a pipe or a device.
    case notARegularFile
    /// The worker is about to end.
    case stopped

    /// Sorts a failed write by whether room was what it lacked: on the disk, in a quota, or below the process's file
    /// size limit.
    init(writing error: SystemError) {
        switch error.code {
        case ENOSPC, EDQUOT, EFBIG: self = .full(error)
        default: self = .failed(error)
        }
    }

    /// The status of the answer.
    var status: UInt16 {
        switch self {
        case .busy, .locked, .cut, .stopped: 503
        case .full: 507
        case .failed, .notARegularFile: 500
        }
    }

    /// What Retry-After says; nil where trying again does not help.
    var retryAfterSeconds: Int? {
        switch self {
        case .busy, .locked, .cut, .stopped: 1
        case .full, .failed, .notARegularFile: nil
        }
    }

    /// What a client is told: no path and no system call.
    var message: String {
        switch self {
        case .busy: "too much is waiting for the shared file"
        case .locked: "another process holds the shared file"
        case .cut: "the shared file was cut while it was read"
        case .full(let error), .failed(let error): "the shared file: \(error.message)"
        case .notARegularFile: "the shared file is not a regular file"
        case .stopped: "this worker is stopping"
        }
    }
}
