/// The fields that a trailer section may contain (RFC 9110 6.5.1).
///
/// A recipient may merge trailers into the head, and trailers must not change the message's meaning there. So this rule
/// drops fields for framing, routing, authentication, request modifiers and content processing. The rule also drops
/// fields that this software sets itself.
enum TrailerRule {
    /// The known field with this name, or nil if a trailer section must not contain it.
    ///
    /// - Parameter name: a token; not empty.
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

    /// True for a forbidden name without a case in `KnownField`. Trailers are rare, so a linear search is cheap enough.
    private static func isForbidden(_ name: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        // Preconditions, such as If-Match.
        if ByteScan.hasPrefix(name, count, ignoringCase: "if-") { return true }
        return forbidden.contains { ByteScan.equals(name, count, ignoringCase: $0) }
    }

    private static let forbidden: [StaticString] = [
        // Authentication, and fields that carry its state.
        "authorization", "www-authenticate", "authentication-info", "proxy-authentication-info", "set-cookie",
        "set-cookie2", "cookie2",
        // Controls and request modifiers.
        "cache-control", "max-forwards", "pragma", "range", "accept", "accept-charset", "accept-encoding",
        "accept-language", "age", "expires", "location", "vary", "warning", "http2-settings", "priority",
        // Fields that control the processing of the content.
        "content-encoding", "content-range", "content-location", "content-disposition", "content-language",
        "strict-transport-security", "content-security-policy", "access-control-allow-origin", "tracestate",
    ]
}
