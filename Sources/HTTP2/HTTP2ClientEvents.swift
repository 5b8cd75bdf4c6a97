package import HTTP

/// Receives a client session's events and supplies outgoing content. A stream is identified by the slot of its request.
/// The rules of `HTTP2Events` apply.
package protocol HTTP2ClientEvents: HTTP2ContentSource {
    /// Returns whether the final response has not begun. Then the next block is a head, not a trailer section.
    func awaitsHead(slot: Int) -> Bool
    /// Delivers a response head, interim ones included. Ranges of `head` point into `bytes` and are valid during the
    /// call.
    func headReceived(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, slot: Int)
    /// The response head is unacceptable.
    func headRefused(_ error: HTTPError, slot: Int)
    /// Delivers content. The receiver reports read bytes with `HTTP2ClientSession.consume`.
    func contentReceived(_ bytes: UnsafeBufferPointer<UInt8>, slot: Int)
    func trailersReceived(_ trailers: borrowing TrailerSection, slot: Int)
    /// The response is complete.
    func responseEnded(slot: Int)
    /// The server's settings have changed: the limit of streams, or windows.
    func settingsReceived()
    /// The stream has ended, in any way. The slot is free after the call.
    func streamClosed(slot: Int, code: HTTP2ErrorCode)
}
