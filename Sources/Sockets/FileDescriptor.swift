private import Glibc

/// An open file descriptor with exactly one owner. It closes when its owner ends.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The number for system calls, valid while this value lives.
    public let rawValue: Int32

    /// Takes ownership of an open descriptor. No other code may close it.
    public init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Returns the number without closing the descriptor.
    public consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    deinit {
        // After EINTR from close(2) the descriptor is closed on Linux. Never repeat the call.
        _ = close(rawValue)
    }
}
