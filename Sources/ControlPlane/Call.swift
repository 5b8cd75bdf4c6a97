package import Connections
package import HTTP

/// A whole small request and the means to answer it, now or later on the same loop.
package final class Call {
    package let method: Method
    /// Without the query.
    package let path: String
    /// Behind the `?`; empty when there is none.
    package let query: String
    package let body: [UInt8]
    /// Who asks; its connection may be gone by the time of the answer.
    package unowned let downstream: any Downstream
    private weak var exchange: BufferedExchange?
    private let serial: UInt64

    init(
        method: Method, path: String, query: String, body: [UInt8], downstream: any Downstream,
        exchange: BufferedExchange, serial: UInt64
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.downstream = downstream
        self.exchange = exchange
        self.serial = serial
    }

    /// Whether an answer can still reach anybody.
    package var isOpen: Bool { exchange?.serial == serial }

    package func reply(status: UInt16 = 200, json value: some Encodable) {
        guard isOpen else { return }
        reply(status: status, encoded: JSON.encode(value))
    }

    /// - Parameter json: an answer that has been encoded already.
    package func reply(status: UInt16 = 200, encoded json: [UInt8]) {
        guard isOpen else { return }
        let body = json + [UInt8(ascii: "\n")]
        body.withUnsafeBufferPointer {
            downstream.respond(status: status, contentType: "application/json", body: $0)
        }
    }

    package func reply(status: UInt16 = 200, contentType: StaticString, text: String) {
        guard isOpen else { return }
        downstream.respond(status: status, contentType: contentType, text: text)
    }

    /// - Parameter allow: the methods that a 405 has to name.
    package func reply(status: UInt16, error: String, allow: StaticString? = nil) {
        guard isOpen else { return }
        downstream.respond(status: status, error: error, allow: allow)
    }
}
