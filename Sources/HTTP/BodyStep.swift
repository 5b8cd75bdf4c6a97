/// What `BodyDecoder` found in the bytes that it was given.
///
/// `consumed` counts from the first byte given, and says how much of the input is done with.
package enum BodyStep: Equatable, Sendable {
    /// One piece of content, `bytes[offset..<offset + count]`, never empty.
    case data(offset: Int, count: Int, consumed: Int)
    /// No content in what was given; call again when there are more bytes.
    case needMore(consumed: Int)
    /// The body is over; what follows is the next message.
    case end(consumed: Int)
    /// The body can't go on. The connection's framing is lost: close it.
    case failed(HTTPError)
}
