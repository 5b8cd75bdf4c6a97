package import HTTP

/// What answers the requests of one downstream: one request and its response at a time, the same object for each.
///
/// The downstream calls, in this order: `requestHead`; `requestBody` any number of times; `requestTrailers` if there
/// are any; `requestEnd`. The exchange writes its response to the downstream whenever it likes after `requestHead`, on
/// the same loop: `beginResponse`, fields, `endResponseHead`, `writeBody`, trailers, `endResponse`. `cancelled` may come
/// at any point before both have ended, and ends the exchange.
package protocol Exchange: AnyObject {
    /// A request has begun. `bytes` holds what the ranges of `head` point into, and is valid during this call only.
    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>)

    /// A piece of the request's content, valid during this call only. The exchange stops the flow with `pauseReading`.
    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>)

    /// Trailer fields of the request, of those that may be passed on (RFC 9110 6.5.1); `bytes` holds what their ranges
    /// point into, during this call only.
    func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>)

    /// The request's content is complete.
    func requestEnd()

    /// The output has shrunk again after `Downstream.isCongested` was true.
    func downstreamDrained()

    /// The connection is gone, or the request turned out broken: stop working on it, write nothing more.
    func cancelled()

    /// The downstream has closed; the last call.
    func connectionClosed()
}

extension Exchange {
    package func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {}
    package func connectionClosed() {}
}

/// Makes the exchange of each new downstream; one service object per loop.
package protocol Service: AnyObject {
    func makeExchange(on downstream: any Downstream) -> any Exchange
}
