package import HTTP
internal import Sockets

/// One source of connections and requests: an IPv4 address, or the first 64 bits of an IPv6 address, because a client
/// with one address there has all of them.
package struct SourceKey: Hashable, Sendable {
    private let bits: UInt64
    private let isIPv4: Bool

    /// Fails if `host` is not an IP address: a unix socket has no source.
    package init?(host: String) {
        guard let bytes = SocketAddress.bytes(of: host) else { return nil }
        // ::ffff:a.b.c.d is an IPv4 client on a socket that takes both (RFC 4291, 2.5.5.2).
        let isMapped =
            bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        let significant = isMapped ? bytes[12...] : bytes.prefix(8)
        bits = significant.reduce(0) { $0 << 8 | UInt64($1) }
        isIPv4 = isMapped || bytes.count == 4
    }

    /// The client of a request that a balancer has forwarded; nil if the head names none.
    package init?(forwardedIn head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        for field in head.fields where field.known == .xForwarded {
            guard field.name.in(bytes).isFieldName("x-forwarded-for") else { continue }
            self.init(host: String(decoding: field.value.in(bytes), as: UTF8.self))
            return
        }
        return nil
    }

    /// The stripe of a table with `count` stripes. `count` is a power of two.
    package func stripe(of count: Int) -> Int {
        // The low bits of addresses differ most. One multiplication mixes the others in (Knuth 6.4).
        Int((bits &* 0x9E37_79B9_7F4A_7C15) >> 32) & (count - 1)
    }
}
