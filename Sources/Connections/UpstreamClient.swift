package import HTTP

/// Sends a request over an `UpstreamStream` and receives its response. All calls come on the stream's loop.
///
/// After `upstreamEnded` or `upstreamFailed` the stream calls this client no more, and the client must not use the
/// stream any more.
package protocol UpstreamClient: AnyObject {
    /// The connection that the request waited for is open. Not called for a request over an open connection.
    func upstreamOpened()
    /// The head of an interim response other than 101, before the final one. A 100 asks for the request's content.
    func upstreamInterim(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>)
    /// The final response head. It may be a 101 if the request began with `mayTunnel`: then bytes pass unchanged, and
    /// each direction ends on its own.
    ///
    /// The ranges of the head point into `bytes`, which is valid during this call only.
    func upstreamResponded(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>)
    /// A piece of the response's content, valid during this call only.
    func upstreamSent(_ bytes: UnsafeBufferPointer<UInt8>)
    /// The allowed trailer fields (RFC 9110 6.5.1). Their ranges point into `bytes`, which is valid during this call
    /// only.
    func upstreamTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>)
    /// The upstream has closed its direction of a tunnel. The other continues until `UpstreamStream.endRequest`.
    func upstreamHalfClosed()
    /// The response is complete, or both directions of a tunnel have ended.
    func upstreamEnded()
    func upstreamFailed(_ failure: UpstreamFailure)
    /// The output has shrunk again after `UpstreamStream.checkCongestion` was true.
    func upstreamDrained()
    /// The health checks have ejected the upstream, while the connection stays open. A request that can go to another
    /// worker should do so.
    func upstreamEjected()
    /// The request waits on its connection, unsent, because the application takes no more requests there at the moment.
    /// A request that can go over another connection should do so.
    func upstreamPostponed()
    /// The bytes of content that the client would pass on now.
    var room: Int { get }
    /// The client will accept more than the beginning of a response at once.
    var isRoomy: Bool { get }
    /// The ledger for the request's buffers; nil without an account.
    var ledger: MemoryLedger? { get }
}

extension UpstreamClient {
    package func upstreamOpened() {}
    package func upstreamHalfClosed() {}
    package func upstreamInterim(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {}
    package func upstreamTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {}
    package func upstreamEjected() {}
    package func upstreamPostponed() {}
    package var room: Int { .max }
    package var isRoomy: Bool { true }
    package var ledger: MemoryLedger? { nil }
}
