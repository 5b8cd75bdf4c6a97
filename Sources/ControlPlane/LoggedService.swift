package import Connections
internal import HTTP
internal import Sockets

/// Puts every exchange of a service between two ears, and a line into the access log for each request.
package final class LoggedService: Service {
    private let inner: any Service
    private let lines: AccessLogLines
    /// Who serves, where the inner service does not say.
    private let node: String

    /// - Parameter node: the name that stands in the lines; a proxy says the worker's instead.
    package init(_ inner: any Service, lines: AccessLogLines, node: String = "") {
        self.inner = inner
        self.lines = lines
        self.node = node
    }

    package func makeExchange(on downstream: any Downstream) -> any Exchange {
        let exchange = LoggedExchange(on: downstream, lines: lines, node: node)
        exchange.inner = inner.makeExchange(on: exchange)
        return exchange
    }
}

/// Stands between a downstream and an exchange, passes everything on, and takes note.
final class LoggedExchange: Exchange, Downstream {
    private unowned let downstream: any Downstream
    private let lines: AccessLogLines
    private let node: String
    /// Set right after `init`, for good.
    fileprivate(set) var inner: (any Exchange)?
    private var entry = AccessLogEntry()

    fileprivate init(on downstream: any Downstream, lines: AccessLogLines, node: String) {
        self.downstream = downstream
        self.lines = lines
        self.node = node
        entry.client = downstream.peerHost
    }

    /// The request is over: its line is due.
    private func finish() {
        guard entry.isOpen else { return }
        entry.end()
        lines.add(entry, isLast: downstream.isDraining)
    }

    // MARK: Exchange

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        entry.begin(head, bytes, now: downstream.loop.now)
        entry.node = node
        inner?.requestHead(head, bytes)
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) { inner?.requestBody(bytes) }

    func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
        inner?.requestTrailers(fields, bytes)
    }

    func requestEnd() { inner?.requestEnd() }

    func downstreamDrained() { inner?.downstreamDrained() }

    func cancelled() {
        inner?.cancelled()
        finish()
    }

    func connectionClosed() { inner?.connectionClosed() }

    // MARK: Downstream

    var loop: EventLoop { downstream.loop }
    var peerHost: String { downstream.peerHost }
    var peerIdentity: PeerIdentity { downstream.peerIdentity }
    var isDraining: Bool { downstream.isDraining }
    var canRespond: Bool { downstream.canRespond }
    var waitingOutput: Int { downstream.waitingOutput }
    var isCongested: Bool { downstream.isCongested }

    func pauseReading() { downstream.pauseReading() }
    func resumeReading() { downstream.resumeReading() }
    func writeContinue() { downstream.writeContinue() }
    func beginInterimResponse(status: UInt16) -> Bool { downstream.beginInterimResponse(status: status) }
    func endInterimResponse() { downstream.endInterimResponse() }

    func beginResponse(status: UInt16) {
        entry.status = status
        downstream.beginResponse(status: status)
    }

    func appendField(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        // At the edge the request is named on its way, and this is where the name comes by.
        if name.count == 12, name.isFieldName("x-request-id") { entry.take(id: value) }
        downstream.appendField(name: name, value: value)
    }

    func appendDate() { downstream.appendDate() }
    func endResponseHead(_ framing: BodyFraming) { downstream.endResponseHead(framing) }

    func writeBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        entry.bytes += UInt64(bytes.count)
        downstream.writeBody(bytes)
    }

    func appendTrailer(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        downstream.appendTrailer(name: name, value: value)
    }

    func endResponse() {
        // Before: ending the response may begin the next request.
        finish()
        downstream.endResponse()
    }

    func beginTunnel() {
        entry.status = 101
        downstream.beginTunnel()
    }

    func endTunnelHead() { downstream.endTunnelHead() }

    func isServed(by name: String) {
        entry.node = name
        downstream.isServed(by: name)
    }

    func abortResponse() {
        finish()
        downstream.abortResponse()
    }
}
