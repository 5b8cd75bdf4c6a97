private import CLinux
private import Glibc

/// Creates and configures stream sockets. Every socket is non-blocking and close-on-exec.
package enum Socket {
    /// A socket whose connect has begun.
    package struct Connecting: ~Copyable {
        package let socket: FileDescriptor
        /// If false, wait until the socket is writable, then read `pendingError`.
        package let isConnected: Bool

        /// Passes ownership of the socket to the caller.
        package consuming func take() -> FileDescriptor { socket }
    }

    /// A connection from a listener.
    package struct Accepted: ~Copyable {
        package let socket: FileDescriptor
        /// Nil for a unix socket.
        package let peer: SocketAddress?

        /// Passes ownership of the socket to the caller.
        package consuming func take() -> FileDescriptor { socket }
    }

    /// Two connected sockets.
    package struct Pair: ~Copyable {
        package let ours: FileDescriptor
        package let theirs: FileDescriptor

        /// Passes ownership of one end to the caller and closes the other.
        package consuming func takeOurs() -> FileDescriptor { ours }
    }

    /// Creates a listening socket. `SO_REUSEADDR` is set, so that a restart does not wait for old connections.
    /// `SO_REUSEPORT` is not set: the close of one member of such a group resets the connections in its queue.
    package static func listen(on address: SocketAddress, backlog: Int32 = 4096) throws(SystemError) -> FileDescriptor {
        let socket = try make(for: address)
        try setOption(socket.rawValue, SOL_SOCKET, SO_REUSEADDR, 1)
        if address.family == .ipv6 {
            // `::` accepts both address families, because users expect "all addresses".
            try setOption(socket.rawValue, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0)
        }
        let descriptor = socket.rawValue
        try SystemError.check("bind", address.withSockaddr { bind(descriptor, $0, $1) })
        try SystemError.check("listen", Glibc.listen(descriptor, backlog))
        return socket
    }

    /// Starts to connect. The result tells whether the connect has finished.
    package static func connect(
        to address: SocketAddress
    ) throws(SystemError) -> Connecting {
        let socket = try make(for: address)
        if address.family != .unix { try setOption(socket.rawValue, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
        let descriptor = socket.rawValue
        if address.withSockaddr({ Glibc.connect(descriptor, $0, $1) }) == 0 {
            return Connecting(socket: socket, isConnected: true)
        }
        // EAGAIN comes from a unix socket whose backlog is full.
        guard errno == EINPROGRESS else { throw SystemError("connect") }
        return Connecting(socket: socket, isConnected: false)
    }

    /// Probes the peer after 15 s of silence, and closes after 30 s without an answer (tcp(7)). Errors are ignored.
    static func keepAlive(_ descriptor: Int32) {
        try? setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        try? setOption(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 15)
        try? setOption(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 5)
        try? setOption(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
        try? setOption(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 30_000)
    }

    /// Makes the next close drop unsent bytes and reset the connection (SO_LINGER of 0, socket(7)). Errors are ignored.
    static func closeWithReset(_ descriptor: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    /// Bytes in the send queue that the peer has not acknowledged (SIOCOUTQ, tcp(7)); 0 if unknown.
    ///
    /// After a reset the kernel still reports bytes that the peer never acknowledged, although it will not deliver
    /// them.
    static func unacknowledged(_ descriptor: Int32) -> Int {
        var count: Int32 = 0
        guard ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0, count > 0 else { return 0 }
        return isReset(descriptor) ? 0 : Int(count)
    }

    /// Returns whether both sides have closed the connection (TCP_INFO, tcp(7)).
    private static func isReset(_ descriptor: Int32) -> Bool {
        // The state is the first byte of `struct tcp_info`.
        var state: UInt8 = 0
        var length = socklen_t(MemoryLayout<UInt8>.size)
        return getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &state, &length) == 0 && state == tcpClosed
    }

    /// `TCP_CLOSE` of netinet/tcp.h.
    private static let tcpClosed: UInt8 = 7

    /// The result of a connect in progress: 0 or an errno.
    package static func pendingError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return errno }
        return code
    }

    /// Accepts the next connection and returns it with the peer's address; nil if there is none.
    package static func accept(
        _ listener: Int32
    ) throws(SystemError) -> Accepted? {
        var storage = sockaddr_storage()
        var length = UInt32(MemoryLayout<sockaddr_storage>.size)
        while true {
            let accepted = clinux_accept(listener, &storage, &length)
            if accepted >= 0 {
                let peer = withUnsafePointer(to: &storage) { SocketAddress(storage: UnsafeRawPointer($0)) }
                if peer != nil { try? setOption(accepted, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
                return Accepted(socket: FileDescriptor(owning: accepted), peer: peer)
            }
            switch errno {
            case EAGAIN: return nil
            // The connection broke in the queue, or a signal interrupted the call: accept the next one.
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT, EHOSTDOWN, ENONET:
                continue
            default: throw SystemError("accept")
            }
        }
    }

    /// The port that the kernel assigned to a socket bound to port 0; 0 if unknown.
    package static func localPort(_ descriptor: Int32) -> UInt16 { localAddress(descriptor)?.port ?? 0 }

    /// The address of a socket; nil if it is unknown or no IP address.
    package static func localAddress(_ descriptor: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { return nil }
        return withUnsafePointer(to: &storage) { SocketAddress(storage: UnsafeRawPointer($0)) }
    }

    /// Creates a connected pair of unix stream sockets.
    package static func pair() throws(SystemError) -> Pair {
        var numbers: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        try SystemError.check("socketpair", socketpair(AF_UNIX, kind, 0, &numbers))
        return Pair(ours: FileDescriptor(owning: numbers[0]), theirs: FileDescriptor(owning: numbers[1]))
    }

    /// Duplicates a descriptor.
    package static func duplicate(_ descriptor: Int32) throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try SystemError.check("fcntl(F_DUPFD_CLOEXEC)", fcntl(descriptor, F_DUPFD_CLOEXEC, 0)))
    }

    /// Makes an inherited or received descriptor non-blocking and close-on-exec.
    package static func adopt(_ descriptor: Int32) throws(SystemError) -> FileDescriptor {
        let owned = FileDescriptor(owning: descriptor)
        let flags = try SystemError.check("fcntl(F_GETFL)", fcntl(descriptor, F_GETFL))
        try SystemError.check("fcntl(F_SETFL)", fcntl(descriptor, F_SETFL, flags | O_NONBLOCK))
        try SystemError.check("fcntl(F_SETFD)", fcntl(descriptor, F_SETFD, FD_CLOEXEC))
        return owned
    }

    private static func make(for address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        return FileDescriptor(owning: try SystemError.check("socket", socket(address.domain, kind, 0)))
    }

    private static func setOption(
        _ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32
    ) throws(SystemError) {
        var value = value
        try SystemError.check(
            "setsockopt", setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size)))
    }
}
