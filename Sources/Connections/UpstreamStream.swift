package import HTTP

/// One request to an upstream and its response, in any protocol: HTTP/1.1 over a socket, HTTP/1.1 over a stream of a
/// multiplexed connection, or HTTP/2.
///
/// The client calls, in this order: `begin`; `writeContent` any number of times; `writeTrailers` at most once; `endRequest`.
/// The stream frames the content. It reports to its client exactly one end, `upstreamEnded` or `upstreamFailed`, except
/// after `cancel` and `leave`. It calls the client from the event loop only, never inside a call of the client. After the
/// end the stream may serve another request, so the client must drop its reference. All calls belong to the loop.
package protocol UpstreamStream: AnyObject {
    /// Sends the head of a request.
    func begin(_ client: any UpstreamClient, _ request: borrowing UpstreamRequest)

    /// Sends a piece of content, which is valid during the call only. In a tunnel: sends the bytes as they are.
    func writeContent(_ bytes: UnsafeBufferPointer<UInt8>)

    /// Sends trailer fields. Drops them where the framing has no place for them: content with a length in HTTP/1.1 (RFC
    /// 9110 6.5.1).
    func writeTrailers(_ trailers: TrailerSection)

    /// The request is complete. In a tunnel: this direction has ended.
    func endRequest()

    /// Stops the response. A piece that has been received may still follow.
    func pauseReading()
    func resumeReading()

    /// Cancels the request. The stream calls the client no more.
    func cancel()

    /// Ends the client's part in a tunnel whose upstream has ended its direction: the stream still sends what it holds, and
    /// calls the client no more.
    func leave()

    /// Returns true if more output waits than the upstream takes. Then the client writes no more, and the stream calls
    /// `UpstreamClient.upstreamDrained` once there is room again.
    func checkCongestion() -> Bool

    /// The connection has served requests before, or was idle: the upstream may have closed it meanwhile.
    var isReused: Bool { get }

    /// A byte of the request may have reached the upstream.
    var isRequestOnTheWay: Bool { get }
}
