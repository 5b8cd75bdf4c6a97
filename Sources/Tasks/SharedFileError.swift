internal import Connections
private import Glibc
internal import Sockets

/// Why the shared file rejects a line or a read.
enum SharedFileError: Error, Equatable, Sendable {
    /// The queue of lines or the number of readers is at its bound.
    case busy
    /// Another process holds the file's lock beyond the time limit.
    case locked
    /// The file became shorter during the search for its last lines.
    case cut
    /// There is no room for the line. The file contains no part of it.
    case full(SystemError)
    /// Opening, reading, writing or syncing the file failed. After a failed sync, it is unknown whether the line
    /// survives a crash.
    case failed(SystemError)
    /// The path names a directory, a pipe or a device.
    case notARegularFile
    /// The worker is shutting down.
    case stopped

    /// Classifies a failed write. `full` means no room: on the disk, in a quota, or below the process's file size
    /// limit.
    init(writing error: SystemError) {
        switch error.code {
        case ENOSPC, EDQUOT, EFBIG: self = .full(error)
        default: self = .failed(error)
        }
    }

    /// The status of the response.
    var status: UInt16 {
        switch self {
        case .busy, .locked, .cut, .stopped: 503
        case .full: 507
        case .failed, .notARegularFile: 500
        }
    }

    /// The value of Retry-After; nil if a retry does not help.
    var retryAfterSeconds: Int? {
        switch self {
        case .busy, .locked, .cut, .stopped: 1
        case .full, .failed, .notARegularFile: nil
        }
    }

    /// A fact for the balancer: these 503 are no failure of the worker.
    var mark: ResponseMark? {
        switch self {
        // The file has nothing of the request.
        case .busy, .stopped: .busy
        case .locked, .cut: .shed
        case .full, .failed, .notARegularFile: nil
        }
    }

    /// The text for the client, without the file's path.
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
