package import HTTP

/// Who sent a request over an upstream connection and takes its response. All calls come on the connection's loop.
///
/// After `upstreamEnded` or `upstreamFailed` the connection calls no more, and must not be used any more by this
/// client.
package protocol UpstreamClient: AnyObject {
    /// The head of an interim response other than 100 and 101, before the final one.
    func upstreamInterim(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>)
    /// The final response's head, which may be a 101 when the request was begun with `mayTunnel`: then bytes pass as they are,
    /// and each direction ends on its own.
    ///
    /// `bytes` holds what its ranges point into, during this call only.
    func upstreamResponded(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>)
    /// A piece of the response's content, valid during this call only.
    func upstreamSent(_ bytes: UnsafeBufferPointer<UInt8>)
    /// Trailer fields, of those that may be passed on (RFC 9110 6.5.1); `bytes` holds what their ranges point into, during this
    /// call only.
    func upstreamTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>)
    /// The upstream has ended its direction of a tunnel; the other goes on until `UpstreamConnection.endRequest`.
    func upstreamHalfClosed()
    /// The response is complete; of a tunnel: both directions are.
    func upstreamEnded()
    func upstreamFailed(_ failure: UpstreamFailure)
    /// The output has shrunk again after `UpstreamConnection.isCongested` was true.
    func upstreamDrained()
    /// The upstream is given up by whoever watches it, without an end of the connection: a client that can go
    /// elsewhere should.
    func upstreamEjected()
}

extension UpstreamClient {
    package func upstreamHalfClosed() {}
    package func upstreamInterim(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {}
    package func upstreamTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {}
    package func upstreamEjected() {}
}
