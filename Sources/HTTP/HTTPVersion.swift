/// The version in a start line: we speak HTTP/1.1 and HTTP/1.0, and nothing else in this format.
enum HTTPVersion {
    /// The minor version when `start..<end` is exactly `HTTP/1.0` or `HTTP/1.1`.
    @inline(__always)
    static func minor(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> UInt8? {
        guard end &- start == 8 else { return nil }
        let word = ByteScan.word(base + start)
        if word == ByteScan.word(("HTTP/1.1" as StaticString).utf8Start) { return 1 }
        if word == ByteScan.word(("HTTP/1.0" as StaticString).utf8Start) { return 0 }
        return nil
    }

    /// True when `start..<end` claims to be some version of HTTP (the name is case-sensitive, RFC 9112 2.3).
    static func isNamed(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Bool {
        let name: StaticString = "HTTP/"
        guard end &- start >= name.utf8CodeUnitCount else { return false }
        for index in 0..<name.utf8CodeUnitCount where base[start &+ index] != name.utf8Start[index] { return false }
        return true
    }
}
