/// The grammar of a Host value and of an absolute target's authority: `uri-host [ ":" port ]` (RFC 9110 7.2), without
/// user information.
///
/// Stricter than the grammar where the looser form only serves confusion: the host isn't empty (RFC 9110 4.2.1), the
/// port is at most 65535, an IP literal is made of an IPv6 address's bytes (no IPvFuture, no zone).
enum Authority {
    static func isValid(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Bool {
        guard start < end else { return false }
        guard let hostEnd = base[start] == 0x5B ? endOfLiteral(base, start, end) : endOfName(base, start, end) else {
            return false
        }
        return hostEnd == end || (base[hostEnd] == 0x3A && isPort(base, hostEnd &+ 1, end))
    }

    /// Offset behind a `reg-name` or IPv4 address, or nil when there is none.
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

    /// Offset behind `[` address `]`, or nil.
    private static func endOfLiteral(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var index = start &+ 1
        var colons = 0
        while index < end, ByteSet.addressLiteral.contains(base[index]) {
            if base[index] == 0x3A { colons &+= 1 }
            index &+= 1
        }
        // The longest form, ffff:...:255.255.255.255, has 45 bytes; every form has two colons or more.
        guard index < end, base[index] == 0x5D, colons >= 2, index &- start <= 46 else { return nil }
        return index &+ 1
    }

    /// `*DIGIT`, which may be empty (RFC 3986 3.2.3).
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
}
