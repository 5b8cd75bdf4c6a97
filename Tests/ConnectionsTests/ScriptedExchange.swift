import Connections
import HTTP
import Sockets

/// An exchange that follows the test's script and logs the connection's calls.
final class ScriptedExchange: Exchange {
    unowned let downstream: any Downstream
    let log: EventLog
    private let script: (ScriptedExchange) -> Void
    let outlivesRequests: Bool

    /// Data of the present request.
    private(set) var method = ""
    private(set) var target = ""
    private(set) var body: [UInt8] = []
    private(set) var expectsContinue = false
    private(set) var isCancelled = false

    // Later actions. The script sets them for each request.
    var atBody: (ScriptedExchange) -> Void = { _ in }
    var atEnd: (ScriptedExchange) -> Void = { _ in }
    var atDrained: (ScriptedExchange) -> Void = { _ in }
    private var timer: LoopTimer?

    init(
        on downstream: any Downstream, log: EventLog, outlivesRequests: Bool = true,
        script: @escaping (ScriptedExchange) -> Void
    ) {
        self.downstream = downstream
        self.log = log
        self.outlivesRequests = outlivesRequests
        self.script = script
    }

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        method = head.methodName.string(in: bytes)
        target = head.target.string(in: bytes)
        expectsContinue = head.expectsContinue
        body = []
        isCancelled = false
        atBody = { _ in }
        atEnd = { _ in }
        atDrained = { _ in }
        log.add("head \(method) \(target)")
        script(self)
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        body += bytes
        atBody(self)
    }

    func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
        for field in fields {
            log.add("trailer \(field.name.string(in: bytes)): \(field.value.string(in: bytes))")
        }
    }

    func requestEnd() {
        log.add("end \(body.count)")
        atEnd(self)
    }

    func downstreamDrained() {
        log.add("drained")
        atDrained(self)
    }

    func cancelled() {
        log.add("cancelled")
        isCancelled = true
    }

    func connectionClosed() {
        timer?.remove()
        log.add("closed")
    }

    // MARK: Actions of scripts

    func respond(_ text: String, status: UInt16 = 200) {
        guard !isCancelled else { return }
        downstream.respond(status: status, contentType: "text/plain", text: text)
    }

    func begin(_ framing: BodyFraming, status: UInt16 = 200) {
        downstream.beginResponse(status: status)
        downstream.endResponseHead(framing)
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) {
        guard !isCancelled else { return }
        bytes.withUnsafeBufferPointer { downstream.writeBody($0) }
    }

    func trailer(_ name: String, _ value: String) {
        Array(name.utf8).withUnsafeBufferPointer { name in
            Array(value.utf8).withUnsafeBufferPointer { downstream.appendTrailer(name: name, value: $0) }
        }
    }

    func end() {
        guard !isCancelled else { return }
        downstream.endResponse()
    }

    /// Calls `body` after a while, unless the exchange has been cancelled by then.
    func after(milliseconds: Int, _ body: @escaping (ScriptedExchange) -> Void) {
        let timer = LoopTimer(on: downstream.loop)
        timer.action = { [unowned self] in if !isCancelled { body(self) } }
        timer.set(afterMilliseconds: milliseconds)
        self.timer?.remove()
        self.timer = timer
    }
}
