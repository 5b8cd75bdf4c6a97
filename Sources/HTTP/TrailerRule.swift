/// Which fields may stand in a trailer section (RFC 9110 6.5.1).
///
/// A recipient that merges trailers into the head must not be made to see another message by them: fields that frame,
/// route, authenticate, modify the request or say how to process the content are dropped, and so is everything that
/// this software sets by itself.
enum TrailerRule {
    /// What the named field is, or nil when it is not passed on in a trailer section.
    ///
    /// - Parameter name: a token, not empty.
    static func passes(_ name: UnsafeBufferPointer<UInt8>) -> KnownField? {
        guard let base = name.baseAddress, !name.isEmpty else { return nil }
        var hasUnderscore = false
        let known = KnownField.lookup(base, count: name.count, hasUnderscore: &hasUnderscore)
        switch known {
        case .other: return isForbidden(base, name.count) ? nil : .other
        case .server, .via: return known
        default: return nil
        }
    }

    /// Names that `KnownField` has no case for. Trailers are rare: a walk over the list is cheap enough.
    private static func isForbidden(_ name: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        // Preconditions: If-Match and its like.
        if ByteScan.hasPrefix(name, count, ignoringCase: "if-") { return true }
        return forbidden.contains { ByteScan.equals(name, count, ignoringCase: $0) }
    }

    private static let forbidden: [StaticString] = [
        // Authentication, and state that amounts to it.
        "authorization", "www-authenticate", "authentication-info", "proxy-authentication-info", "set-cookie",
        "set-cookie2", "cookie2",
        // Controls and request modifiers.
        "cache-control", "max-forwards", "pragma", "range", "accept", "accept-charset", "accept-encoding",
        "accept-language", "age", "expires", "location", "vary", "warning", "http2-settings", "priority",
        // How the content is to be read.
        "content-encoding", "content-range", "content-location", "content-disposition", "content-language",
        "strict-transport-security", "content-security-policy", "access-control-allow-origin", "tracestate",
    ]
}
