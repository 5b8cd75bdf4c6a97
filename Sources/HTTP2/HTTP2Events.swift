package import HTTP

/// Receives an HTTP/2 session's events and supplies outgoing content. The receiver identifies each stream by a number
/// that it assigns when the request arrives (`slot`, 0 or more).
///
/// All calls come during `HTTP2Session.receive` and `HTTP2Session.fill`. During a call these two functions are
/// forbidden. All other functions of the session are allowed.
package protocol HTTP2Events: HTTP2ContentSource {
    /// A stream has opened with an acceptable request. Ranges of `head` point into `bytes` and are valid during the
    /// call.
    ///
    /// - Parameter isEnd: no content follows. `requestEnded` comes next in this case too.
    /// - Returns: the stream's slot.
    func requestReceived(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, on stream: Int32, isEnd: Bool
    ) -> Int

    /// A stream has opened with an unacceptable request. Its content is not delivered.
    ///
    /// - Returns: the stream's slot.
    func requestRefused(_ error: HTTPError, on stream: Int32) -> Int

    /// Delivers content. The receiver reports read bytes with `HTTP2Session.consume`.
    func contentReceived(_ bytes: UnsafeBufferPointer<UInt8>, slot: Int)

    func trailersReceived(_ trailers: borrowing TrailerSection, slot: Int)

    /// The request is complete.
    func requestEnded(slot: Int)

    /// The stream has ended, in any way. The slot is free after the call.
    func streamClosed(slot: Int, code: HTTP2ErrorCode)

    /// A stream has ended whose request nghttp2 found malformed. There was no earlier event for it.
    func malformedStreamClosed()

    /// The last frame of the stream's response is in `HTTP2Session.output`.
    func responseSent(slot: Int)

    /// The client has acknowledged `HTTP2Session.announceShutdown`.
    func shutdownSeen()
}
