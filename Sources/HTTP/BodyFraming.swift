/// The rule by which a recipient finds the end of a message's content (RFC 9112 6.3).
package enum BodyFraming: Equatable, Sendable {
    /// The message has no content. A length in its head does not apply, as in a response to HEAD.
    case none
    /// Exactly this many bytes, at most `Int64.max`. A request with `Content-Length: 0` has `.length(0)`.
    case length(UInt64)
    /// `Transfer-Encoding: chunked`.
    case chunked
    /// All bytes until the connection ends; responses only.
    case untilClose

    /// True when the head gives the length of the content. Content without a known length may be a stream with long
    /// pauses.
    package var isCounted: Bool {
        if case .length = self { true } else { false }
    }
}
