/// The version in a start line: `HTTP/1.` and one digit. The parsers accept no other version in this format.
enum HTTPVersion {
    /// 0 for `HTTP/1.0`, 1 for `HTTP/1.1` to `HTTP/1.9`, otherwise nil. A recipient reads a message of a higher minor
    /// version as one of the highest minor version that it implements (RFC 9110 2.5).
    @inline(__always)
    static func minor(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> UInt8? {
        guard end &- start == 8 else { return nil }
        let word = ByteScan.word(base + start)
        if word == ByteScan.word(("HTTP/1.1" as StaticString).utf8Start) { return 1 }
        if word == ByteScan.word(("HTTP/1.0" as StaticString).utf8Start) { return 0 }
        return isLaterMinor(base + start) ? 1 : nil
    }

    /// Out of line: no usual message has such a version.
    @inline(never)
    private static func isLaterMinor(_ version: UnsafePointer<UInt8>) -> Bool {
        let name: StaticString = "HTTP/1."
        for index in 0..<name.utf8CodeUnitCount where version[index] != name.utf8Start[index] { return false }
        return version[name.utf8CodeUnitCount] &- 0x32 < 8
    }

    /// True when `start..<end` begins with `HTTP/`. The name is case-sensitive (RFC 9112 2.3).
    static func isNamed(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Bool {
        let name: StaticString = "HTTP/"
        guard end &- start >= name.utf8CodeUnitCount else { return false }
        for index in 0..<name.utf8CodeUnitCount where base[start &+ index] != name.utf8Start[index] { return false }
        return true
    }
}
