package import HTTP

/// Who an HTTP/2 session tells what has come, and asks for what is to go. Streams are known by a number that their
/// owner gives them (`slot`, 0 or more) when their request comes.
///
/// Calls come during `HTTP2Session.receive` and `HTTP2Session.fill` only; during them neither may be called again, but
/// everything else of the session may.
package protocol HTTP2Events: AnyObject {
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

    /// The last frame of the stream's response has gone to `HTTP2Session.output`.
    func responseSent(slot: Int)

    /// The client has answered the question that `HTTP2Session.announceShutdown` asked.
    func shutdownSeen()

    /// How much content of the stream can go now.
    func contentToSend(slot: Int, atMost limit: Int) -> HTTP2Content

    /// Moves content that `contentToSend` promised to the end of `output`.
    func moveContent(slot: Int, count: Int, to output: inout ByteBuffer)
}

/// What a stream has to send.
package enum HTTP2Content: Equatable {
    /// Nothing at present; `HTTP2Session.resume` tells when there is.
    case later
    /// So many bytes, perhaps 0 at the end.
    ///
    /// - isLast: nothing follows but trailers; with `hasTrailers` they have to be submitted before this is told.
    case bytes(Int, isLast: Bool, hasTrailers: Bool)
}
