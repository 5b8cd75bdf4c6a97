internal import Glibc

/// An IPv4 or IPv6 address and port, or the path of a unix socket.
package struct SocketAddress: Equatable, Sendable, CustomStringConvertible {
    package enum Family: Sendable { case ipv4, ipv6, unix }

    package let family: Family
    /// The address in text without brackets (`127.0.0.1`, `::1`), or the path.
    package let host: String
    /// 0 for a unix socket.
    package let port: UInt16

    /// The 4 or 16 bytes of an IP address literal; nil for everything else.
    package static func bytes(of host: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        return inet_pton(AF_INET6, host, &six) == 1 ? withUnsafeBytes(of: &six) { Array($0) } : nil
    }

    /// Nil when `host` is no IP address literal. Names are resolved by `resolve`, which blocks.
    package init?(host: String, port: UInt16) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            family = .ipv4
        } else if inet_pton(AF_INET6, host, &six) == 1 {
            family = .ipv6
        } else {
            return nil
        }
        self.host = host
        self.port = port
    }

    /// A unix socket's address; nil when the path does not fit into sun_path (107 bytes).
    package init?(unixPath: String) {
        guard (1...107).contains(unixPath.utf8.count) else { return nil }
        family = .unix
        host = unixPath
        port = 0
    }

    /// The first address that the resolver gives for a name or literal. Blocks: for start-up only, never on a loop.
    package static func resolve(host: String, port: UInt16) -> SocketAddress? {
        if let literal = SocketAddress(host: host, port: port) { return literal }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(list) }
        return SocketAddress(storage: UnsafeRawPointer(first.pointee.ai_addr), port: port)
    }

    /// Reads a sockaddr that the kernel filled in; nil for other families.
    init?(storage: UnsafeRawPointer, port override: UInt16? = nil) {
        let family = storage.load(as: sockaddr.self).sa_family
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch Int32(family) {
        case AF_INET:
            var address = storage.load(as: sockaddr_in.self)
            inet_ntop(AF_INET, &address.sin_addr, &text, socklen_t(text.count))
            self.family = .ipv4
            port = override ?? UInt16(bigEndian: address.sin_port)
        case AF_INET6:
            var address = storage.load(as: sockaddr_in6.self)
            inet_ntop(AF_INET6, &address.sin6_addr, &text, socklen_t(text.count))
            self.family = .ipv6
            port = override ?? UInt16(bigEndian: address.sin6_port)
        default:
            return nil
        }
        host = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    package var description: String {
        switch family {
        case .ipv4: "\(host):\(port)"
        case .ipv6: "[\(host)]:\(port)"
        case .unix: host
        }
    }

    package var isLoopback: Bool {
        switch family {
        case .ipv4: host.hasPrefix("127.")
        case .ipv6: host == "::1"
        case .unix: true
        }
    }

    var domain: Int32 {
        switch family {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// Calls `body` with the address as the kernel wants it.
    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch family {
        case .ipv4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            inet_pton(AF_INET, host, &address.sin_addr)
            return Self.rebound(&address, body)
        case .ipv6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            inet_pton(AF_INET6, host, &address.sin6_addr)
            return Self.rebound(&address, body)
        case .unix:
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { path in
                for (index, byte) in host.utf8.enumerated().prefix(path.count - 1) { path[index] = byte }
            }
            return Self.rebound(&address, body)
        }
    }

    private static func rebound<Address, Result>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
