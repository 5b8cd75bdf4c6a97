package import Connections
internal import HTTP

/// Serves small requests whole: the control endpoints.
package final class BufferedService: Service {
    let maximumBody: Int
    let handler: (Call) -> Void
    let onClose: (any Downstream) -> Void

    /// - Parameters:
    ///   - maximumBody: bytes; more is answered with 413.
    ///   - handler: called on the loop with each request; answers now or later.
    ///   - onClose: called when a connection has closed.
    package init(
        maximumBody: Int, handler: @escaping (Call) -> Void,
        onClose: @escaping (any Downstream) -> Void = { _ in }
    ) {
        self.maximumBody = maximumBody
        self.handler = handler
        self.onClose = onClose
    }

    package func makeExchange(on downstream: any Downstream) -> any Exchange {
        BufferedExchange(downstream: downstream, service: self)
    }
}

/// Collects one request at a time and hands it over.
final class BufferedExchange: Exchange {
    private unowned let downstream: any Downstream
    private let service: BufferedService
    private var method = Method.get
    private var path = ""
    private var query = ""
    private var body: [UInt8] = []
    private var isTooLarge = false
    /// Tells late answers to an earlier request from those to the present one.
    private(set) var serial: UInt64 = 0

    init(downstream: any Downstream, service: BufferedService) {
        self.downstream = downstream
        self.service = service
    }

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        serial &+= 1
        method = head.method
        let target = String(decoding: head.path.in(bytes), as: UTF8.self)
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map(String.init) ?? ""
        query = parts.count > 1 ? String(parts[1]) : ""
        body = []
        isTooLarge = false
        if head.expectsContinue { downstream.writeContinue() }
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard !isTooLarge else { return }
        guard body.count + bytes.count <= service.maximumBody else {
            isTooLarge = true
            body = []
            downstream.respond(status: 413, error: "the request's content is larger than \(service.maximumBody) bytes")
            return
        }
        body.append(contentsOf: bytes)
    }

    func requestEnd() {
        guard !isTooLarge else { return }
        let call = Call(
            method: method, path: path, query: query, body: body, downstream: downstream, exchange: self, serial: serial
        )
        body = []
        service.handler(call)
    }

    func downstreamDrained() {}

    func cancelled() {
        serial &+= 1
    }

    func connectionClosed() {
        serial &+= 1
        service.onClose(downstream)
    }
}
