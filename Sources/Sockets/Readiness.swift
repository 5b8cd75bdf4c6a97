private import CLinux

/// What a descriptor is ready for, and what a source wants to hear of: the bits of epoll_ctl(2).
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    public static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer will send no more.
    public static let readHangup = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// Both directions are gone; always reported.
    public static let hangup = Readiness(rawValue: EPOLLHUP.rawValue)
    /// An error is pending; always reported.
    public static let error = Readiness(rawValue: EPOLLERR.rawValue)
    /// Of several loops that watch one listener wake only one.
    public static let exclusive = Readiness(rawValue: 1 << 28)
}
