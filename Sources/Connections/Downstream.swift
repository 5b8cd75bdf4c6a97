package import HTTP
package import Sockets

/// The client's side of an exchange: one request at a time, in any version of HTTP.
///
/// For HTTP/1.1 it is the connection itself, for HTTP/2 one stream of it. All calls belong to its loop. The order of a
/// response: `beginResponse`, fields, `endResponseHead`, `writeBody` any number of times, trailers, `endResponse`.
///
/// A call only sets state: it never calls the exchange. After the exchange was cancelled every call is ignored.
package protocol Downstream: AnyObject {
    var loop: EventLoop { get }
    /// The facts of the present request.
    var context: RequestContext { get }
    /// The client's address, without port; empty for a unix socket.
    var peerHost: String { get }
    /// The client's proved identity.
    var peerIdentity: PeerIdentity { get }
    /// True if the client's certificate is valid for `host`, a name or an address. Also true without TLS.
    func isPeerCertified(for host: String) -> Bool
    /// The server finishes the requests in progress and takes no others.
    var isDraining: Bool { get }
    /// True if a response to the present request may still begin.
    var canRespond: Bool { get }
    /// The number of written bytes that the client has not taken. While it is 0, a large piece costs no copy.
    var waitingOutput: Int { get }
    /// Returns true if too much output waits for the client. Then the exchange writes no more, and the downstream calls
    /// `Exchange.downstreamDrained` once there is room again. Also true after the client has stopped taking output: then
    /// `Exchange.cancelled` follows.
    func checkCongestion() -> Bool

    /// The number of content bytes that can leave now without waiting. The exchange may write more.
    var room: Int { get }
    /// The client probably takes more than the beginning of a response at once.
    var isRoomy: Bool { get }
    /// The ledger of the memory that is held for the client; nil if the server has no account.
    var ledger: MemoryLedger? { get }

    /// Stops the request's content. Content that was already read still arrives.
    func pauseReading()
    func resumeReading()

    /// Writes a 100 if the client still waits for one.
    func writeContinue()

    /// Begins an interim response other than 100 and 101, such as 103 (RFC 9110 15.2): fields and `endInterimResponse`
    /// follow.
    ///
    /// - Returns: false if the client accepts no interim response. Then no further call follows.
    func beginInterimResponse(status: UInt16) -> Bool

    func endInterimResponse()

    /// Begins the response's head.
    ///
    /// - Parameter status: of a final response, 200 to 999; once for each request.
    func beginResponse(status: UInt16)

    /// Adds a field to the response's head.
    ///
    /// - Parameters:
    ///   - name: a token.
    ///   - value: free of control bytes, as the parsers give values out.
    func appendField(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>)

    /// Adds the Upgrade field of a 426, with its connection option (RFC 9110 7.8 and 15.5.22). HTTP/2 has no such field
    /// and drops it (RFC 9113 8.2.2).
    ///
    /// - Parameter protocols: free of control bytes.
    func appendUpgrade(_ protocols: UnsafeBufferPointer<UInt8>)

    /// The Date field, from the loop's cached text.
    func appendDate()

    /// Ends the head with the fields that belong to this hop.
    ///
    /// - Parameters:
    ///   - framing: of the content. `.chunked` means an unknown length. `.none` means that content is impossible (HEAD,
    ///     204, 304). The response to a HEAD states the framing of the response to a GET.
    ///   - mayHaveTrailers: trailers may follow content of known length. A client of HTTP/1.1 gets either the length or
    ///     the trailers: the trailers if it accepts them.
    func endResponseHead(_ framing: BodyFraming, mayHaveTrailers: Bool)

    /// Sends content. Bytes that the client does not take at once are copied. Content beyond the announced length is a
    /// fault of the exchange: the response breaks off.
    func writeBody(_ bytes: UnsafeBufferPointer<UInt8>)

    /// Adds a trailer field, after the content. The field is dropped if the client's version or the framing has no
    /// place for it.
    func appendTrailer(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>)

    /// Ends the response. Missing content is a fault of the exchange: the response breaks off, so that the client
    /// notices.
    func endResponse()

    /// Begins the response that makes a tunnel of the stream: 101 in HTTP/1.1, 200 in HTTP/2. Only for a request with
    /// `RequestHead.upgradesToWebSocket`. Fields and `endTunnelHead` follow.
    func beginTunnel()

    /// Ends the head. From now on bytes pass unchanged, and each direction ends on its own. The client's bytes arrive
    /// by `Exchange.requestBody` and end by another `requestEnd`. Bytes to the client go by `writeBody` and end by
    /// `endResponse`.
    func endTunnelHead()

    /// Breaks the response off in the middle. No proper end is written, so that the client notices.
    func abortResponse()
}

extension Downstream {
    package var room: Int { .max }
    package var isRoomy: Bool { true }
    package var ledger: MemoryLedger? { nil }

    package func endResponseHead(_ framing: BodyFraming) { endResponseHead(framing, mayHaveTrailers: false) }
}

/// Fields from texts.
extension Downstream {
    package func appendField(_ name: StaticString, _ value: StaticString) {
        appendField(name: bytes(name), value: bytes(value))
    }

    /// - Parameter value: free of control bytes.
    package func appendField(name: StaticString, value: UnsafeBufferPointer<UInt8>) {
        appendField(name: bytes(name), value: value)
    }

    /// - Parameter value: any text; control bytes are written as spaces.
    package func appendField(name: StaticString, value: String) {
        var value = value
        if value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            value = String(decoding: value.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
        }
        value.withUTF8 { appendField(name: bytes(name), value: $0) }
    }

    package func appendField(name: StaticString, decimal number: UInt64) {
        appendField(name: name, value: String(number))
    }

    private func bytes(_ text: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
