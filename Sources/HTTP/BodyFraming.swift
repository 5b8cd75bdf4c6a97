/// How the end of a message's content is found (RFC 9112 6.3).
package enum BodyFraming: Equatable, Sendable {
    /// There is no content, and the head doesn't speak of a length that counts.
    case none
    /// Exactly so many bytes, at most `Int64.max`. A request with `Content-Length: 0` has `.length(0)`.
    case length(UInt64)
    /// `Transfer-Encoding: chunked`.
    case chunked
    /// Everything until the connection ends; responses only.
    case untilClose

    /// The length is told in advance. Content without may be a stream that says something when there is something to say.
    package var isCounted: Bool {
        if case .length = self { true } else { false }
    }
}
