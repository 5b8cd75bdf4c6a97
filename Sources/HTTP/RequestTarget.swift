/// Takes a request target apart (RFC 9112 3.2).
///
/// All of visible ASCII but `#`: browsers and tools send bytes that RFC 3986 wants percent-encoded, and every server
/// takes them. A fragment isn't one of those: nobody sends it, some servers cut it off and others don't, so what one
/// hop checks is not what the next one serves.
enum RequestTarget {
    /// Fills the target's parts of `head`; its method is set already.
    ///
    /// - Parameters:
    ///   - start: first byte of the target.
    ///   - end: offset behind it; all bytes are visible ASCII, none is `#`.
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

    /// `http://authority/path?query`. The authority takes the place of Host (RFC 9112 3.2.2).
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
