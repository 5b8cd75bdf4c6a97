/// The grammar of a Host value and of the authority in an absolute-form target: `uri-host [ ":" port ]`, without user
/// information (RFC 9110 7.2).
///
/// The check is stricter than the grammar where a loose form only causes confusion. The host must not be empty (RFC
/// 9110 4.2.1). The port is at most 65535. An IP literal contains only the bytes of an IPv6 address: no IPvFuture and
/// no zone.
enum Authority {
    static func isValid(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Bool {
        guard start < end else { return false }
        guard let hostEnd = base[start] == 0x5B ? endOfLiteral(base, start, end) : endOfName(base, start, end) else {
            return false
        }
        return hostEnd == end || (base[hostEnd] == 0x3A && isPort(base, hostEnd &+ 1, end))
    }

    /// Offset of the byte after a `reg-name` or IPv4 address, or nil if there is no such name.
    private static func endOfName(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var index = start
        while index < end {
            if ByteSet.registeredName.contains(base[index]) {
                index &+= 1
            } else if base[index] == 0x25 {
                guard index &+ 2 < end, ByteScan.hexadecimalValue(base[index &+ 1]) != nil,
                    ByteScan.hexadecimalValue(base[index &+ 2]) != nil
                else { return nil }
                index &+= 3
            } else {
                break
            }
        }
        return index == start ? nil : index
    }

    /// Offset of the byte after `[` address `]`, or nil if the literal is malformed.
    private static func endOfLiteral(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var index = start &+ 1
        var colons = 0
        while index < end, ByteSet.addressLiteral.contains(base[index]) {
            if base[index] == 0x3A { colons &+= 1 }
            index &+= 1
        }
        // The longest form, ffff:...:255.255.255.255, has 45 bytes. Every form has at least two colons.
        guard index < end, base[index] == 0x5D, colons >= 2, index &- start <= 46 else { return nil }
        return index &+ 1
    }

    /// True for `*DIGIT` up to 65535. The port may be empty (RFC 3986 3.2.3).
    private static func isPort(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end &- start <= 5 else { return false }
        var port = 0
        var index = start
        while index < end {
            let digit = base[index] &- 0x30
            guard digit < 10 else { return false }
            port = port &* 10 &+ Int(digit)
            index &+= 1
        }
        return port <= 65535
    }

    /// True when two valid authorities name one host and port. The case of the host's letters has no meaning, and an
    /// absent or empty port is the scheme's (RFC 3986 6.2.2.1 and 6.2.3).
    static func isSame(
        _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>, defaultPort: Int
    ) -> Bool {
        let first = split(first, defaultPort: defaultPort)
        let second = split(second, defaultPort: defaultPort)
        guard first.port == second.port, first.host.count == second.host.count else { return false }
        return zip(first.host, second.host).allSatisfy { ByteScan.lowercased($0) == ByteScan.lowercased($1) }
    }

    private static func split(
        _ authority: UnsafeBufferPointer<UInt8>, defaultPort: Int
    ) -> (host: UnsafeBufferPointer<UInt8>, port: Int) {
        var port = 0
        var power = 1
        var index = authority.count
        while index > 0, authority[index &- 1] &- 0x30 < 10 {
            index &-= 1
            // A valid port has at most five digits. More digits belong to a host, whose port is not read.
            port = port &+ power &* Int(authority[index] &- 0x30)
            power = power &* 10
        }
        guard index > 0, authority[index &- 1] == 0x3A else { return (authority, defaultPort) }
        return (
            UnsafeBufferPointer(rebasing: authority[..<(index &- 1)]), index == authority.count ? defaultPort : port
        )
    }
}
