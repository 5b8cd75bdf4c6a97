package import HTTP
package import Sockets

/// What an exchange answers to: one request of a client at a time, in whichever version of HTTP the client speaks.
///
/// For HTTP/1.1 it is the connection itself, for HTTP/2 one stream of it. All calls belong to its loop. The order of a
/// response: `beginResponse`, fields, `endResponseHead`, `writeBody` any number of times, trailers, `endResponse`.
/// After the exchange was cancelled every call is ignored.
package protocol Downstream: AnyObject {
    var loop: EventLoop { get }
    /// The client's address, without port; empty for a unix socket.
    var peerHost: String { get }
    /// Who the client proved to be.
    var peerIdentity: PeerIdentity { get }
    /// The server finishes what is under way and takes no more.
    var isDraining: Bool { get }
    /// Whether a response may still be begun for the present request.
    var canRespond: Bool { get }
    /// Bytes that are written and wait for the client to take them. While there are none a large piece costs no copy.
    var waitingOutput: Int { get }
    /// More output is waiting than the client takes: write no more until `Exchange.downstreamDrained`.
    var isCongested: Bool { get }

    /// Stops the request's content from coming; what was read already is still delivered.
    func pauseReading()
    func resumeReading()

    /// Writes an interim response (100) if the client is still waiting for one.
    func writeContinue()

    /// Begins an interim response other than 100 and 101, such as 103 (RFC 9110 15.2): fields and `endInterimResponse` follow.
    ///
    /// - Returns: false when the client can't take one; then nothing follows.
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

    /// The Date field, from the loop's cached text.
    func appendDate()

    /// Ends the head with the fields that belong to this hop.
    ///
    /// - Parameter framing: what the content will be: `.chunked` for an unknown length; `.none` where there can be none
    ///   (HEAD, 204, 304). A HEAD's response states the framing that the GET's would have.
    func endResponseHead(_ framing: BodyFraming)

    /// Sends content; copies what the client does not take at once. Content beyond the announced length is our own fault
    /// and breaks the response off.
    func writeBody(_ bytes: UnsafeBufferPointer<UInt8>)

    /// Adds a trailer field, after the content. Dropped where the client's version or the framing has no place for it.
    func appendTrailer(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>)

    /// Ends the response. Content that was announced and not written is our own fault and breaks the response off, so that
    /// the client can tell.
    func endResponse()

    /// Begins the answer that makes a tunnel of the request's stream, to a request with `RequestHead.upgradesToWebSocket`: 101
    /// in HTTP/1.1, 200 in HTTP/2. Fields and `endTunnelHead` follow.
    func beginTunnel()

    /// Ends the head. From now on bytes pass as they are: those of the client come by `Exchange.requestBody` and end by another
    /// `requestEnd`, those to it go by `writeBody` and end by `endResponse`, each direction on its own.
    func endTunnelHead()

    /// Who answers the present request, for who keeps a log; told before the response begins.
    func isServed(by name: String)

    /// The response breaks off in the middle: the client must be able to tell, so no proper end is written.
    func abortResponse()
}

extension Downstream {
    package func isServed(by name: String) {}
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
