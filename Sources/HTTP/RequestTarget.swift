/// Splits a request target into its parts (RFC 9112 3.2).
///
/// A target may contain all visible ASCII bytes except `#`. Browsers and tools send bytes that RFC 3986 requires to be
/// percent-encoded, and all servers accept them. A fragment is different: no client sends one, and only some servers
/// remove it. So one hop might check another path than the next hop serves.
enum RequestTarget {
    /// Fills the target's parts of `head`. `head.method` must be set already.
    ///
    /// - Parameters:
    ///   - start: offset of the target's first byte.
    ///   - end: offset after the target's last byte. All bytes are visible ASCII, and none is `#`.
    @inline(__always)
    static func read(
        _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, into head: inout RequestHead
    ) -> HTTPError? {
        guard start < end else { return .invalidTarget }
        head.target = ByteRange(from: start, to: end)
        if base[start] == 0x2F {
            head.path = head.target
            return nil
        }
        if base[start] == 0x2A {
            return end &- start == 1 && head.method == .options ? nil : .invalidTarget
        }
        return readAbsolute(base, start, end, &head)
    }

    /// Reads `http://authority/path?query`. The authority replaces Host (RFC 9112 3.2.2).
    private static func readAbsolute(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ head: inout RequestHead
    ) -> HTTPError? {
        var index = start
        if ByteScan.hasPrefix(base + start, end &- start, ignoringCase: "http://") {
            index &+= 7
        } else if ByteScan.hasPrefix(base + start, end &- start, ignoringCase: "https://") {
            index &+= 8
        } else {
            return .invalidTarget
        }
        let authority = index
        while index < end, base[index] != 0x2F, base[index] != 0x3F { index &+= 1 }
        guard Authority.isValid(base, from: authority, to: index) else { return .invalidTargetAuthority }
        head.authority = ByteRange(from: authority, to: index)
        head.path = ByteRange(from: index, to: end)
        return nil
    }
}
