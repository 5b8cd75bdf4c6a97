private import Glibc

/// An open file descriptor with exactly one owner, closed when that owner ends.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The number that system calls take; valid while this value lives.
    public let rawValue: Int32

    /// Takes over an open descriptor; nobody else may close it from now on.
    public init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Gives the number away without closing it.
    public consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    deinit {
        // EINTR from close(2) on Linux means that the descriptor is gone all the same: never repeat it.
        _ = close(rawValue)
    }
}
