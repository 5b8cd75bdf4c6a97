package import Connections
package import HTTP
internal import HTTP2
package import Sockets

/// One health check of the application behind a worker, over a connection of its own. If the question has a path, the
/// check sends a GET request and reads its whole response.
///
///     idle -> checking -> over      (the completion is called once, in a later turn than `start`)
package final class ApplicationCheck: UpstreamClient {
    package typealias Completion = (ApplicationVerdict) -> Void

    /// The content that a check reads. The status of a longer response counts without the rest.
    private static let maximumContent = 64 << 10

    private let loop: EventLoop
    private let endpoint: UpstreamEndpoint
    private let speaksHTTP2: Bool
    private let question: HealthQuestion
    private let timer: LoopTimer
    private var completion: Completion?
    /// Cancels the request, and closes the connection.
    private var cancel: () -> Void = {}
    /// Closes the connection of a complete response.
    private var close: () -> Void = {}
    private var status: UInt16?
    private var contentCount = 0

    package init(
        loop: EventLoop, endpoint: UpstreamEndpoint, speaksHTTP2: Bool, question: HealthQuestion,
        completion: @escaping Completion
    ) {
        self.loop = loop
        self.endpoint = endpoint
        self.speaksHTTP2 = speaksHTTP2
        self.question = question
        self.completion = completion
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in timedOut() }
    }

    package func start() {
        timer.set(afterMilliseconds: question.timeoutMilliseconds)
        var limits = UpstreamLimits()
        // The connect ends before the whole check does, so that the verdict can name the reason.
        limits.connectMilliseconds = max(1, question.timeoutMilliseconds * 4 / 5)
        if let path = question.path {
            if speaksHTTP2 { askOverHTTP2(path, limits) } else { askOverHTTP1(path, limits) }
        } else {
            connect(limits)
        }
    }

    // MARK: The forms of a check

    private func connect(_ limits: UpstreamLimits) {
        let connection = UpstreamConnection(
            loop: loop, endpoint: endpoint, provider: TransportProvider(), limits: limits)
        var isOpen = false
        connection.onIdle = {
            isOpen = true
            $0.close()
        }
        connection.onClose = { [weak self] in
            let failure = $0.openFailure ?? .connectTimedOut
            self?.end(isOpen ? .healthy : ApplicationCheck.unreachable(failure))
        }
        cancel = { connection.close() }
        connection.start()
    }

    private func askOverHTTP1(_ path: String, _ limits: UpstreamLimits) {
        let connection = UpstreamConnection(
            loop: loop, endpoint: endpoint, provider: TransportProvider(), limits: limits)
        cancel = { connection.cancel() }
        close = { connection.close() }
        connection.start()
        var request = UpstreamRequest()
        request.bytes.append("GET ")
        request.bytes.append(text: path)
        request.bytes.append(" HTTP/1.1\r\n")
        request.bytes.appendField(name: "host", value: question.host)
        request.bytes.append("user-agent: understudy-health\r\nconnection: close\r\n\r\n")
        connection.begin(self, request)
        connection.endRequest()
    }

    private func askOverHTTP2(_ path: String, _ limits: UpstreamLimits) {
        let connection = HTTP2Upstream(loop: loop, endpoint: endpoint, provider: TransportProvider(), limits: limits)
        connection.start()
        let stream = connection.open()
        cancel = {
            stream.cancel()
            connection.drain()
        }
        close = { connection.drain() }
        var request = UpstreamRequest()
        request.fields.append(":method", "GET")
        request.fields.append(":scheme", "http")
        Array(question.host.utf8).withUnsafeBufferPointer { request.fields.append(":authority", $0) }
        Array(path.utf8).withUnsafeBufferPointer { request.fields.append(":path", $0) }
        request.fields.append("user-agent", "understudy-health")
        stream.begin(self, request)
        stream.endRequest()
    }

    // MARK: The response

    package func upstreamResponded(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        status = head.status
    }

    package func upstreamSent(_ bytes: UnsafeBufferPointer<UInt8>) {
        contentCount += bytes.count
        guard contentCount > ApplicationCheck.maximumContent else { return }
        cancel()
        judge()
    }

    package func upstreamEnded() {
        close()
        judge()
    }

    package func upstreamFailed(_ failure: UpstreamFailure) {
        close()
        if case .notTaken = failure { return end(.ill("\(unanswered): \(failure)")) }
        end(failure.isBeforeRequest ? ApplicationCheck.unreachable(failure) : .ill("\(unanswered): \(failure)"))
    }

    package func upstreamDrained() {}

    private func timedOut() {
        // A check without a path ends in `cancel`: its connection reports the close, and `end` below does nothing.
        cancel()
        end(.ill("\(unanswered) within \(question.timeoutMilliseconds) ms"))
    }

    // MARK: The verdict

    private func judge() {
        guard let status else { return end(.ill(unanswered)) }
        if question.statuses.contains(status) { return end(.healthy) }
        end(.ill("the application answers GET \(question.path ?? "") with \(status)"))
    }

    private var unanswered: String { "the application does not answer GET \(question.path ?? "")" }

    private static func unreachable(_ failure: UpstreamFailure) -> ApplicationVerdict {
        .ill("the application takes no connections: \(failure)")
    }

    private func end(_ verdict: ApplicationVerdict) {
        guard let completion = completion.take() else { return }
        timer.remove()
        cancel = {}
        close = {}
        completion(verdict)
    }
}
