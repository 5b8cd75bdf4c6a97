package import Connections
package import HTTP
internal import Storage

/// A complete small request with functions to answer it, now or later on the same loop.
package final class Call {
    package let method: Method
    /// Without the query.
    package let path: String
    /// The text after the `?`; empty if there is none.
    package let query: String
    package let body: [UInt8]
    /// The host and perhaps the port of the request; empty if it names none.
    package let authority: String
    /// The client. Its connection may be closed at the time of the answer.
    package unowned let downstream: any Downstream
    /// A page of another site has made a browser send the request (Fetch Metadata, `Sec-Fetch-Site`).
    package let isCrossSite: Bool
    private weak var exchange: BufferedExchange?
    private let serial: UInt64

    init(
        method: Method, path: String, query: String, body: [UInt8], authority: String, isCrossSite: Bool,
        downstream: any Downstream, exchange: BufferedExchange, serial: UInt64
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.authority = authority
        self.isCrossSite = isCrossSite
        self.downstream = downstream
        self.exchange = exchange
        self.serial = serial
    }

    /// An answer can still reach the client.
    package var isOpen: Bool { exchange?.serial == serial }

    package func reply(status: UInt16 = 200, json value: some Encodable) {
        guard isOpen else { return }
        reply(status: status, encoded: JSON.encode(value))
    }

    /// - Parameter json: an encoded answer.
    package func reply(status: UInt16 = 200, encoded json: [UInt8]) {
        guard isOpen else { return }
        reply(status: status, contentType: "application/json", content: json + [UInt8(ascii: "\n")])
    }

    package func reply(status: UInt16 = 200, contentType: StaticString, content: [UInt8]) {
        guard isOpen else { return }
        content.withUnsafeBufferPointer { downstream.respond(status: status, contentType: contentType, body: $0) }
    }

    /// Answers 200 with further fields.
    func reply(contentType: StaticString, fields: [(name: StaticString, value: String)], content: [UInt8]) {
        guard isOpen, downstream.canRespond else { return }
        beginResponse(contentType, fields)
        downstream.endResponseHead(.length(UInt64(content.count)))
        content.withUnsafeBufferPointer { downstream.writeBody($0) }
        downstream.endResponse()
    }

    /// Begins an answer 200 of unknown length. The caller writes content to `downstream` while the call is open, and ends
    /// the response.
    func beginStream(contentType: StaticString, fields: [(name: StaticString, value: String)]) {
        guard isOpen, downstream.canRespond else { return }
        beginResponse(contentType, fields)
        downstream.endResponseHead(.chunked)
    }

    private func beginResponse(_ contentType: StaticString, _ fields: [(name: StaticString, value: String)]) {
        downstream.beginResponse(status: 200)
        downstream.appendDate()
        downstream.appendField("content-type", contentType)
        for (name, value) in fields { downstream.appendField(name: name, value: value) }
    }

    /// - Parameter allow: the methods for the Allow field of a 405.
    package func reply(
        status: UInt16, error: String, retryAfterSeconds: Int? = nil, allow: StaticString? = nil
    ) {
        guard isOpen else { return }
        downstream.respond(status: status, error: error, retryAfterSeconds: retryAfterSeconds, allow: allow)
    }
}
