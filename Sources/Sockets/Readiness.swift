private import CLinux

/// The readiness of a descriptor, or the interest of a source: the bits of epoll_ctl(2).
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    // Computed, because each use of a stored one would check whether it has been made.
    public static var readable: Readiness { Readiness(rawValue: EPOLLIN.rawValue) }
    public static var writable: Readiness { Readiness(rawValue: EPOLLOUT.rawValue) }
    /// The peer has closed its sending side.
    public static var readHangup: Readiness { Readiness(rawValue: EPOLLRDHUP.rawValue) }
    /// Both directions are closed; always reported.
    public static var hangup: Readiness { Readiness(rawValue: EPOLLHUP.rawValue) }
    /// An error is pending; always reported.
    public static var error: Readiness { Readiness(rawValue: EPOLLERR.rawValue) }
    /// Of several loops that watch one listener, only one wakes.
    public static var exclusive: Readiness { Readiness(rawValue: 1 << 28) }
}
