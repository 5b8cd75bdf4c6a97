internal import Glibc

/// An IPv4 or IPv6 address and port, or the path of a unix socket.
package struct SocketAddress: Equatable, Sendable, CustomStringConvertible {
    package enum Family: Sendable { case ipv4, ipv6, unix }

    package let family: Family
    /// The address as text without brackets (`127.0.0.1`, `::1`), or the path.
    package let host: String
    /// 0 for a unix socket.
    package let port: UInt16

    /// The 4 or 16 bytes of an IP address literal; nil for any other text.
    package static func bytes(of host: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        return inet_pton(AF_INET6, host, &six) == 1 ? withUnsafeBytes(of: &six) { Array($0) } : nil
    }

    /// Fails if `host` is not an IP address literal. `resolve` looks up names, and it blocks.
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

    /// A unix socket's address. Fails if the path does not fit into sun_path (107 bytes).
    package init?(unixPath: String) {
        guard (1...107).contains(unixPath.utf8.count) else { return nil }
        family = .unix
        host = unixPath
        port = 0
    }

    /// The resolver's first address for a name or literal. It blocks: for the start only, never on a loop.
    package static func resolve(host: String, port: UInt16) -> SocketAddress? {
        if let literal = SocketAddress(host: host, port: port) { return literal }
        return try? Resolver.addresses(of: host, port: port).get().first
    }

    /// Reads a sockaddr from the kernel. Fails for other families. An IPv4 peer of a socket that takes both families has its
    /// IPv4 address (RFC 4291, 2.5.5.2).
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
            let four = withUnsafeBytes(of: &address.sin6_addr, SocketAddress.mapped)
            if var four {
                inet_ntop(AF_INET, &four, &text, socklen_t(text.count))
            } else {
                inet_ntop(AF_INET6, &address.sin6_addr, &text, socklen_t(text.count))
            }
            self.family = four == nil ? .ipv6 : .ipv4
            port = override ?? UInt16(bigEndian: address.sin6_port)
        default:
            return nil
        }
        host = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// The IPv4 address in `::ffff:a.b.c.d`; nil for any other address.
    private static func mapped(_ six: UnsafeRawBufferPointer) -> in_addr? {
        guard six.count == 16, six[..<10].allSatisfy({ $0 == 0 }), six[10] == 0xFF, six[11] == 0xFF else { return nil }
        return in_addr(s_addr: six.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
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

    /// Calls `body` with the address in the kernel's format.
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
