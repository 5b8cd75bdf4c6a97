package import Connections
package import HTTP
package import Sockets

/// Sends small requests to one peer over a kept connection, one at a time. Later requests wait.
package final class ControlClient {
    package struct Reply: Sendable {
        package let status: UInt16
        package let body: [UInt8]
        /// The `understudy-node` field: the name of the answering process.
        package let node: String?
    }

    package typealias Completion = (Result<Reply, UpstreamFailure>) -> Void

    /// Bytes of the largest response with a snapshot: one of 10,000 workers has about 2 MB.
    package static let largestSnapshot = 8 << 20
    /// Bytes of the largest other response. A balancer with thousands of workers may read one from each at a time.
    package static let largestAnswer = 16 << 10

    package let endpoint: UpstreamEndpoint
    /// Called when the kept connection closes without a request in progress.
    package var onIdleClose: () -> Void = {}

    /// The value of the `authorization` field; nil for none.
    package var authorization: [UInt8]?

    private let loop: EventLoop
    private let provider: TransportProvider
    private let limits: UpstreamLimits
    fileprivate let maximumBody: Int
    private var connection: UpstreamConnection?
    private var current: PendingRequest?
    private var queued: [PendingRequest] = []
    private let timer: LoopTimer
    /// The connection is not used again after the present request.
    private var isOutdated = false

    /// - Parameter maximumBody: in bytes. The client drops the rest of a larger response, which then does not decode.
    package init(
        loop: EventLoop, endpoint: UpstreamEndpoint, provider: TransportProvider,
        maximumBody: Int = ControlClient.largestAnswer, connectMilliseconds: Int = 3000
    ) {
        self.loop = loop
        self.maximumBody = maximumBody
        self.endpoint = endpoint
        self.provider = provider
        var limits = UpstreamLimits()
        limits.connectMilliseconds = connectMilliseconds
        // Regular requests keep the connection open. The peer has its own idle timeout.
        limits.idleMilliseconds = 600_000
        self.limits = limits
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in timedOut() }
    }

    /// A request is in progress or waits.
    package var isBusy: Bool { current != nil }

    /// There is a connection, established or in progress.
    package var isConnected: Bool { connection != nil }

    /// The peer's host has accepted the connection.
    package var isReached: Bool { connection?.isReached == true }

    /// Sends a request. `completion` is called once, in a later turn, and never after `close`.
    ///
    /// - Parameters:
    ///   - epoch: the epoch of the reign for a probe; nil before the reign.
    ///   - timeoutMilliseconds: for the whole request from now on, including the connect.
    package func ask(
        _ method: Method, _ path: String, body: [UInt8] = [], isProbe: Bool = false, epoch: UInt64? = nil,
        timeoutMilliseconds: Int, completion: @escaping Completion
    ) {
        let question = PendingRequest(
            method: method, path: path, body: body, isProbe: isProbe, epoch: epoch,
            deadline: loop.now &+ UInt64(timeoutMilliseconds) &* 1_000_000, caller: self, completion: completion)
        if current == nil { begin(question) } else { queued.append(question) }
    }

    /// Cancels all requests and closes the connection.
    package func close() {
        current?.isDone = true
        current = nil
        queued = []
        timer.remove()
        onIdleClose = {}
        if let connection = connection.take() { connection.cancel() }
    }

    /// Sends the next request over a new connection.
    package func renew() {
        if current != nil {
            isOutdated = true
        } else if let connection = connection.take() {
            connection.cancel()
        }
    }

    private func begin(_ question: PendingRequest) {
        current = question
        timer.set(at: question.deadline)
        let connection = self.connection ?? makeConnection()
        connection.begin(question, method: question.method)
        connection.write { question.append(to: &$0, host: endpoint.destination.authority) }
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
        if let connection = connection.take() { connection.cancel() }
        question.completion(.failure(wasReached ? .timedOut : .connectTimedOut))
        next()
    }

    fileprivate func finished(_ question: PendingRequest, _ result: Result<Reply, UpstreamFailure>) {
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
}

/// One request, and the received part of its response.
private final class PendingRequest: UpstreamClient {
    let method: Method
    let deadline: UInt64
    let completion: ControlClient.Completion
    var isDone = false
    private let path: String
    private let content: [UInt8]
    private let isProbe: Bool
    private let epoch: UInt64?
    private unowned let caller: ControlClient
    private var status: UInt16 = 0
    private var node: String?
    private var answer: [UInt8] = []

    init(
        method: Method, path: String, body: [UInt8], isProbe: Bool, epoch: UInt64?, deadline: UInt64,
        caller: ControlClient, completion: @escaping ControlClient.Completion
    ) {
        self.method = method
        self.path = path
        content = body
        self.isProbe = isProbe
        self.epoch = epoch
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
        // This follows `understudy-probe`: a worker of an earlier version answers before it reads an epoch.
        if let epoch { output.appendField(name: "understudy-epoch", decimal: epoch) }
        if let authorization = caller.authorization {
            authorization.withUnsafeBufferPointer { output.appendField(name: "authorization", value: $0) }
        }
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
        // Bytes beyond the bound are dropped. The response is then invalid JSON and counts as malformed.
        if answer.count + bytes.count <= caller.maximumBody { answer.append(contentsOf: bytes) }
    }

    func upstreamEnded() {
        guard !isDone else { return }
        isDone = true
        caller.finished(self, .success(ControlClient.Reply(status: status, body: answer, node: node)))
    }

    func upstreamFailed(_ failure: UpstreamFailure) {
        guard !isDone else { return }
        isDone = true
        caller.finished(self, .failure(failure))
    }

    func upstreamDrained() {}
}
