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
    private weak var exchange: BufferedExchange?
    private let serial: UInt64

    init(
        method: Method, path: String, query: String, body: [UInt8], authority: String,
        downstream: any Downstream, exchange: BufferedExchange, serial: UInt64
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.authority = authority
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

    /// - Parameter allow: the methods for the Allow field of a 405.
    package func reply(status: UInt16, error: String, allow: StaticString? = nil) {
        guard isOpen else { return }
        downstream.respond(status: status, error: error, allow: allow)
    }
}
