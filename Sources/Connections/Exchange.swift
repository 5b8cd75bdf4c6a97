package import HTTP

/// A request handler of one downstream: it answers one request at a time. The same object answers all requests.
///
/// The downstream calls, in this order: `requestHead`; `requestBody` any number of times; `requestTrailers` if there
/// are any; `requestEnd`. The exchange writes its response at any time after `requestHead`, on the same loop:
/// `beginResponse`, fields, `endResponseHead`, `writeBody`, trailers, `endResponse`. `cancelled` may come at any point
/// before the response has ended, and ends the exchange. After `endResponse` no call comes for the request.
///
/// No call comes inside a call of the exchange to its downstream: there, calls only set state. So an exchange needs no guard
/// around such a call. The downstream cancels or goes on to the next request when the call has returned, at the end of the turn.
///
/// Ownership goes one way, from the connection down:
///
///     Server -> ServerConnection -> (HTTP2Stream ->) Exchange -> inner Exchange
///                                                    Exchange -> UpstreamConnection, while it has the request
///
/// - A downstream owns its exchange from `makeExchange` to its own end, or until a rest; see `outlivesRequests`. The
///   exchange refers to the downstream `unowned`: a strong reference would be a cycle. A decorator owns the exchange behind
///   it, and is the downstream of that one.
/// - A downstream lives to the end of the loop's turn in which it closes (`Server.remove`).
/// - An upstream connection or a queue may hold an exchange for as long as one request lasts. `cancelled` and the end of the
///   response take it out of all of them. A thread may hold it for longer, and its result is dropped then. After `cancelled`
///   and after `connectionClosed` the exchange does not touch its downstream.
package protocol Exchange: AnyObject {
    /// A request has begun. The ranges of `head` point into `bytes`, which is valid during this call only.
    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>)

    /// A piece of the request's content, valid during this call only. `pauseReading` stops the flow.
    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>)

    /// The trailer fields of the request that may be passed on (RFC 9110 6.5.1). Their ranges point into `bytes`, which is
    /// valid during this call only.
    func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>)

    /// The request's content is complete.
    func requestEnd()

    /// The output has become smaller after `Downstream.checkCongestion` was true.
    func downstreamDrained()

    /// The connection has ended, or the request is broken: stop the work, and write no more.
    func cancelled()

    /// The last call: the downstream has closed. It ends with the present turn of the loop.
    func connectionClosed()

    /// False for an exchange that keeps no state between requests. No other object holds such an exchange then. A
    /// downstream that has had no request for some time releases it, and makes another one for the next request.
    var outlivesRequests: Bool { get }
}

extension Exchange {
    package func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {}
    package func connectionClosed() {}
    package var outlivesRequests: Bool { true }
}

/// Makes the exchange of each new downstream, which owns it; one service object per loop. It outlives its exchanges.
package protocol Service: AnyObject {
    func makeExchange(on downstream: any Downstream) -> any Exchange
}
