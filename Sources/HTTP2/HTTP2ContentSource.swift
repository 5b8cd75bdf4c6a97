package import HTTP

/// Supplies the content that a session sends.
package protocol HTTP2ContentSource: AnyObject {
    /// The amount of the stream's content that can be sent now.
    func contentToSend(slot: Int, atMost limit: Int) -> HTTP2Content

    /// Moves content that `contentToSend` promised to the end of `output`.
    func moveContent(slot: Int, count: Int, to output: inout ByteBuffer)
}

/// The state of a stream's outgoing content.
package enum HTTP2Content: Equatable {
    /// No content now. `NGHTTP2Session.resume` reports new content.
    case later
    /// This many bytes, perhaps 0 at the end.
    ///
    /// - isLast: only trailers follow. With `hasTrailers`, submit the trailers before returning this value.
    case bytes(Int, isLast: Bool, hasTrailers: Bool)
}
