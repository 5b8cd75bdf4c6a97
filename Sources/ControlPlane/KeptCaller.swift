package import Connections
package import HTTP
package import Sockets

/// Asks one peer small questions over a connection that it keeps: one question at a time, later ones queue.
package final class KeptCaller {
    package struct Reply: Sendable {
        package let status: UInt16
        package let body: [UInt8]
        /// The `understudy-node` field: who the answering process says it is.
        package let node: String?
    }

    package typealias Completion = (Result<Reply, UpstreamFailure>) -> Void

    /// The largest answer taken: a snapshot of 10,000 workers is about 2 MB.
    private static let maximumBody = 8 << 20

    package let endpoint: UpstreamEndpoint
    /// Called when the kept connection ends while nothing is being asked.
    package var onIdleClose: () -> Void = {}

    private let loop: EventLoop
    private let provider: TransportProvider
    private let limits: UpstreamLimits
    private var connection: UpstreamConnection?
    private var current: Question?
    private var queued: [Question] = []
    private let timer: LoopTimer
    /// The connection is not used again after the present question.
    private var isOutdated = false

    package init(
        loop: EventLoop, endpoint: UpstreamEndpoint, provider: TransportProvider, connectMilliseconds: Int = 3000
    ) {
        self.loop = loop
        self.endpoint = endpoint
        self.provider = provider
        var limits = UpstreamLimits()
        limits.connectMilliseconds = connectMilliseconds
        // Whoever keeps asking keeps it open; the peer has its own idle time.
        limits.idleMilliseconds = 600_000
        self.limits = limits
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in timedOut() }
    }

    /// Whether a question is under way or waiting.
    package var isBusy: Bool { current != nil }

    /// Whether there is a connection, standing or being made.
    package var isConnected: Bool { connection != nil }

    /// Whether there is a connection that the peer's host has taken.
    package var isReached: Bool { connection?.isReached == true }

    /// Asks. `completion` is called once, in a later turn; after `close` not at all.
    ///
    /// - Parameter timeoutMilliseconds: for the whole, from now, connecting included.
    package func ask(
        _ method: Method, _ path: String, body: [UInt8] = [], isProbe: Bool = false, timeoutMilliseconds: Int,
        completion: @escaping Completion
    ) {
        let question = Question(
            method: method, path: path, body: body, isProbe: isProbe,
            deadline: loop.now &+ UInt64(timeoutMilliseconds) &* 1_000_000, caller: self, completion: completion)
        if current == nil { begin(question) } else { queued.append(question) }
    }

    /// Forgets what is asked and closes the connection.
    package func close() {
        current?.isDone = true
        current = nil
        queued = []
        timer.remove()
        onIdleClose = {}
        if let connection = connection.take() { connection.abandon() }
    }

    /// Asks the next question over a new connection.
    package func renew() {
        if current != nil {
            isOutdated = true
        } else if let connection = connection.take() {
            connection.abandon()
        }
    }

    private func begin(_ question: Question) {
        current = question
        timer.set(at: question.deadline)
        let connection = self.connection ?? makeConnection()
        connection.begin(question, method: question.method)
        connection.write { question.append(to: &$0, host: endpoint.address.description) }
        connection.endRequest()
    }

    private func makeConnection() -> UpstreamConnection {
        let connection = UpstreamConnection(loop: loop, endpoint: endpoint, provider: provider, limits: limits)
        connection.onClose = { [weak self] closed in
            guard let self, self.connection === closed else { return }
            self.connection = nil
            if current == nil { onIdleClose() }
        }
        self.connection = connection
        connection.start()
        return connection
    }

    private func timedOut() {
        guard let question = current else { return }
        question.isDone = true
        current = nil
        let wasReached = isReached
        if let connection = connection.take() { connection.abandon() }
        question.completion(.failure(wasReached ? .timedOut : .connectTimedOut))
        next()
    }

    fileprivate func finished(_ question: Question, _ result: Result<Reply, UpstreamFailure>) {
        guard question === current else { return }
        current = nil
        timer.cancel()
        question.completion(result)
        next()
    }

    private func next() {
        if isOutdated {
            isOutdated = false
            renew()
        }
        guard current == nil, !queued.isEmpty else { return }
        begin(queued.removeFirst())
    }

    fileprivate var bodyLimit: Int { KeptCaller.maximumBody }
}

/// One question and what has come of its answer.
private final class Question: UpstreamClient {
    let method: Method
    let deadline: UInt64
    let completion: KeptCaller.Completion
    var isDone = false
    private let path: String
    private let content: [UInt8]
    private let isProbe: Bool
    private unowned let caller: KeptCaller
    private var status: UInt16 = 0
    private var node: String?
    private var answer: [UInt8] = []

    init(
        method: Method, path: String, body: [UInt8], isProbe: Bool, deadline: UInt64, caller: KeptCaller,
        completion: @escaping KeptCaller.Completion
    ) {
        self.method = method
        self.path = path
        content = body
        self.isProbe = isProbe
        self.deadline = deadline
        self.caller = caller
        self.completion = completion
    }

    func append(to output: inout ByteBuffer, host: String) {
        output.append(method == .get ? "GET " : "POST ")
        output.append(text: path)
        output.append(" HTTP/1.1\r\n")
        output.appendField(name: "host", value: host)
        if isProbe { output.appendField("understudy-probe", "1") }
        if method != .get {
            output.appendField("content-type", "application/json")
            output.appendField(name: "content-length", decimal: UInt64(content.count))
        }
        output.append("\r\n")
        content.withUnsafeBufferPointer { output.append($0) }
    }

    func upstreamResponded(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        status = head.status
        for field in head.fields where field.known == .understudy {
            if field.name.in(bytes).isFieldName("understudy-node") {
                node = String(decoding: field.value.in(bytes), as: UTF8.self)
            }
        }
    }

    func upstreamSent(_ bytes: UnsafeBufferPointer<UInt8>) {
        // What is beyond the bound is dropped: the answer then is no JSON, and counts as broken.
        if answer.count + bytes.count <= caller.bodyLimit { answer.append(contentsOf: bytes) }
    }

    func upstreamEnded() {
        guard !isDone else { return }
        isDone = true
        caller.finished(self, .success(KeptCaller.Reply(status: status, body: answer, node: node)))
    }

    func upstreamFailed(_ failure: UpstreamFailure) {
        guard !isDone else { return }
        isDone = true
        caller.finished(self, .failure(failure))
    }

    func upstreamDrained() {}
}
