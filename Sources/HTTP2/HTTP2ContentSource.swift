package import HTTP

/// Who has the content that a session sends.
package protocol HTTP2ContentSource: AnyObject {
    /// How much content of the stream can go now.
    func contentToSend(slot: Int, atMost limit: Int) -> HTTP2Content

    /// Moves content that `contentToSend` promised to the end of `output`.
    func moveContent(slot: Int, count: Int, to output: inout ByteBuffer)
}

/// What a stream has to send.
package enum HTTP2Content: Equatable {
    /// Nothing at present; `NGHTTP2Session.resume` tells when there is.
    case later
    /// So many bytes, perhaps 0 at the end.
    ///
    /// - isLast: nothing follows but trailers; with `hasTrailers` they have to be submitted before this is told.
    case bytes(Int, isLast: Bool, hasTrailers: Bool)
}
