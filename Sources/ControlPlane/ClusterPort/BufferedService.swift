package import Connections
internal import HTTP
internal import Sockets
internal import Storage

/// Serves the control endpoints. It buffers each small request completely.
package final class BufferedService: Service {
    let maximumBody: Int
    let judge: (any Downstream) -> Answer?
    let handler: (Call) -> Void
    let onClose: (any Downstream) -> Void

    /// - Parameters:
    ///   - maximumBody: in bytes; beyond it the response is 413.
    ///   - judge: checks the peer before any content is stored. If it returns an answer, the request is refused with
    ///     it.
    ///   - handler: called on the loop with each request; answers now or later.
    ///   - onClose: called after a connection has closed.
    package init(
        maximumBody: Int, judge: @escaping (any Downstream) -> Answer? = { _ in nil },
        handler: @escaping (Call) -> Void,
        onClose: @escaping (any Downstream) -> Void = { _ in }
    ) {
        self.maximumBody = maximumBody
        self.judge = judge
        self.handler = handler
        self.onClose = onClose
    }

    /// An answer that does not depend on the content.
    package struct Answer {
        let status: UInt16
        let text: [UInt8]

        init(status: UInt16, json value: some Encodable) {
            self.status = status
            text = JSON.encode(value) + [UInt8(ascii: "\n")]
        }
    }

    package func makeExchange(on downstream: any Downstream) -> any Exchange {
        BufferedExchange(downstream: downstream, service: self)
    }
}

/// Collects one request at a time and passes it on.
final class BufferedExchange: Exchange {
    private unowned let downstream: any Downstream
    private let service: BufferedService
    private var method = Method.get
    private var path = ""
    private var query = ""
    private var authority = ""
    private var isCrossSite = false
    private var body: [UInt8] = []
    /// The request was answered before it was complete. Its content is dropped.
    private var isRefused = false
    /// Distinguishes late answers to an earlier request from answers to the present one.
    private(set) var serial: UInt64 = 0
    private let live: LiveObject

    init(downstream: any Downstream, service: BufferedService) {
        self.downstream = downstream
        self.service = service
        live = LiveObject(BufferedExchange.self, on: downstream.loop)
    }

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        serial &+= 1
        method = head.method
        let target = String(decoding: head.path.in(bytes), as: UTF8.self)
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map(String.init) ?? ""
        query = parts.count > 1 ? String(parts[1]) : ""
        authority = String(decoding: head.authority.in(bytes), as: UTF8.self)
        isCrossSite = BufferedExchange.isCrossSite(head, bytes)
        body = []
        isRefused = false
        if let answer = service.judge(downstream) {
            isRefused = true
            answer.text.withUnsafeBufferPointer {
                downstream.respond(status: answer.status, contentType: "application/json", body: $0)
            }
            return
        }
        if head.expectsContinue { downstream.writeContinue() }
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard !isRefused else { return }
        guard body.count + bytes.count <= service.maximumBody else {
            isRefused = true
            body = []
            downstream.respond(status: 413, error: "the request's content is larger than \(service.maximumBody) bytes")
            return
        }
        body.append(contentsOf: bytes)
    }

    func requestEnd() {
        guard !isRefused else { return }
        let call = Call(
            method: method, path: path, query: query, body: body, authority: authority, isCrossSite: isCrossSite,
            downstream: downstream, exchange: self, serial: serial)
        body = []
        service.handler(call)
    }

    /// Only browsers send the field. `none` stands for a person, who has typed the address.
    private static func isCrossSite(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for field in head.fields where field.known == .other {
            let name = field.name.in(bytes)
            guard name.count == "sec-fetch-site".utf8.count,
                zip(name, "sec-fetch-site".utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
            else { continue }
            let value = field.value.in(bytes)
            return !value.elementsEqual("same-origin".utf8) && !value.elementsEqual("none".utf8)
        }
        return false
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
