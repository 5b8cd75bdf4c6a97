/// The result of one step of `BodyDecoder`.
///
/// `consumed` is the number of input bytes that the decoder needs no longer, from the first byte on.
package enum BodyStep: Equatable, Sendable {
    /// One piece of content, `bytes[offset..<offset + count]`; never empty.
    case data(offset: Int, count: Int, consumed: Int)
    /// The input has no content. Call again with more bytes.
    case needMore(consumed: Int)
    /// The body is complete. The next message follows.
    case end(consumed: Int)
    /// The body is malformed. The recipient can't find the next message: close the connection.
    case failed(HTTPError)
}
