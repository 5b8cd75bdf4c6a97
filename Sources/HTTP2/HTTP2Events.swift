package import HTTP

/// Who an HTTP/2 session tells what has come, and asks for what is to go. Streams are known by a number that their
/// owner gives them (`slot`, 0 or more) when their request comes.
///
/// Calls come during `HTTP2Session.receive` and `HTTP2Session.fill` only; during them neither may be called again, but
/// everything else of the session may.
package protocol HTTP2Events: HTTP2ContentSource {
    /// A stream has opened with a request that can be taken. Ranges of `head` point into `bytes`, valid during the call.
    ///
    /// - Parameter isEnd: no content follows; `requestEnded` comes next all the same.
    /// - Returns: the stream's slot.
    func requestReceived(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, on stream: Int32, isEnd: Bool
    ) -> Int

    /// A stream has opened with a request that can't be taken; of its content nothing is told.
    ///
    /// - Returns: the stream's slot.
    func requestRefused(_ error: HTTPError, on stream: Int32) -> Int

    /// Content; what of it has been taken is told with `HTTP2Session.consume`.
    func contentReceived(_ bytes: UnsafeBufferPointer<UInt8>, slot: Int)

    func trailersReceived(_ trailers: borrowing TrailerSection, slot: Int)

    /// The request is whole.
    func requestEnded(slot: Int)

    /// The stream is over, in whatever way; the slot is free again after the call.
    func streamClosed(slot: Int, code: HTTP2ErrorCode)

    /// A stream is over whose request nghttp2 has found malformed, so that nothing was told of it.
    func malformedStreamClosed()

    /// The last frame of the stream's response has gone to `HTTP2Session.output`.
    func responseSent(slot: Int)

    /// The client has answered the question that `HTTP2Session.announceShutdown` asked.
    func shutdownSeen()
}
