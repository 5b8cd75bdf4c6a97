package import HTTP

/// Who a client's session tells what has come, and asks for what is to go. Streams are known by the slot that was given
/// with their request. The rules of `HTTP2Events` hold.
package protocol HTTP2ClientEvents: HTTP2ContentSource {
    /// The stream's final response has not begun: the next block is a head and no trailer section.
    func awaitsHead(slot: Int) -> Bool
    /// A response's head, interim ones included; ranges of `head` point into `bytes`, valid during the call.
    func headReceived(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, slot: Int)
    /// The response's head can't be taken.
    func headRefused(_ error: HTTPError, slot: Int)
    /// Content; what of it has been taken is told with `HTTP2ClientSession.consume`.
    func contentReceived(_ bytes: UnsafeBufferPointer<UInt8>, slot: Int)
    func trailersReceived(_ trailers: borrowing TrailerSection, slot: Int)
    /// The response is whole.
    func responseEnded(slot: Int)
    /// The stream is over, in whatever way; the slot is free again after the call.
    func streamClosed(slot: Int, code: HTTP2ErrorCode)
}
