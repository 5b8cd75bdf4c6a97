package import HTTP
package import Sockets

/// The facts of one request, for the access log, metrics and traces.
///
/// A downstream owns one context and reuses it for each of its requests. The downstream records what it sees: the request
/// line, the status and the bytes. The exchange records what it decides: the id, the route, the worker and the attempts.
/// `Server.observe` gets the context when the exchange has ended.
package final class RequestContext {
    /// The most bytes of a target, of an id, of a host and of a user agent.
    private static let maximumTarget = 1024
    private static let maximumID = 128
    private static let maximumHost = 255
    private static let maximumUserAgent = 512

    package enum ProtocolVersion: String, Sendable {
        case http10 = "HTTP/1.0"
        case http11 = "HTTP/1.1"
        case http2 = "HTTP/2"
    }

    /// The client's address, without port; empty for a unix socket.
    package let client: String
    /// Empty while the server has no observer of its requests; the other texts likewise.
    package private(set) var method = ByteBuffer()
    package private(set) var target = ByteBuffer()
    /// The request id, from the request itself or set by the edge.
    package private(set) var id = ByteBuffer()
    /// The host that the client has asked for; only for an observer of it. `userAgent` and `tls` likewise.
    package private(set) var host = ByteBuffer()
    package private(set) var userAgent = ByteBuffer()
    /// Nil without TLS.
    package private(set) var tls: NegotiatedTLS?
    package private(set) var version = ProtocolVersion.http11
    /// The name of the route that the request took; empty while there is one route for all requests.
    package var route = ""
    /// The name of the worker that got the request last; empty while none has it, or while the server has no observer of
    /// its requests.
    package private(set) var worker = ""
    /// Attempts to get the request answered by an upstream.
    package var attempts = 0
    /// The beginning of the request, in the loop's monotonic nanoseconds.
    package private(set) var startedAt: UInt64 = 0
    /// Only for an observer.
    package private(set) var times = RequestTimes()
    /// The status of the final response; 0 until the response begins.
    package private(set) var status: UInt16 = 0
    /// Bytes of content, without framing.
    package private(set) var receivedBytes: UInt64 = 0
    package private(set) var sentBytes: UInt64 = 0
    /// An exchange has the request.
    private(set) var isOpen = false
    private var facts: ObservedFacts = []

    init(client: String) {
        self.client = client
    }

    // MARK: From the downstream

    /// A request begins.
    ///
    /// - Parameters:
    ///   - now: the loop's monotonic time in nanoseconds.
    ///   - facts: those that the observer will read; empty without one.
    ///   - tls: of the client's connection; only evaluated for an observer of it.
    func begin(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, now: UInt64, keeping facts: ObservedFacts,
        isHTTP2: Bool, tls: @autoclosure () -> NegotiatedTLS?
    ) {
        isOpen = true
        self.facts = facts
        startedAt = now
        status = 0
        receivedBytes = 0
        sentBytes = 0
        attempts = 0
        guard !facts.isEmpty else { return }
        worker = ""
        times = RequestTimes()
        version = isHTTP2 ? .http2 : head.minorVersion == 0 ? .http10 : .http11
        method.removeAll()
        method.append(head.methodName.in(bytes))
        target.removeAll()
        target.append(UnsafeBufferPointer(rebasing: head.target.in(bytes).prefix(RequestContext.maximumTarget)))
        id.removeAll()
        for field in head.fields where field.known == .xRequestID { setID(field.value.in(bytes)) }
        if facts.contains(.host) {
            host.removeAll()
            host.append(UnsafeBufferPointer(rebasing: head.authority.in(bytes).prefix(RequestContext.maximumHost)))
        }
        if facts.contains(.userAgent) { keepUserAgent(of: head, bytes) }
        if facts.contains(.tls) { self.tls = tls() }
    }

    private func keepUserAgent(of head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        userAgent.removeAll()
        for field in head.fields where field.known == .other {
            let name = field.name.in(bytes)
            guard name.count == "user-agent".utf8.count,
                zip(name, "user-agent".utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
            else { continue }
            let value = field.value.in(bytes).prefix(RequestContext.maximumUserAgent)
            userAgent.append(UnsafeBufferPointer(rebasing: value))
            return
        }
    }

    /// - Parameter now: only evaluated for an observer.
    func responseBegan(status: UInt16, now: @autoclosure () -> UInt64) {
        self.status = status
        if !facts.isEmpty { times.responseBegan(now: now()) }
    }
    func received(_ count: Int) { receivedBytes &+= UInt64(count) }
    func sent(_ count: Int) { sentBytes &+= UInt64(count) }

    /// The downstream itself answers the request.
    ///
    /// - Parameter contentBytes: of the response.
    func rejected(status: UInt16, contentBytes: Int) {
        self.status = status
        sentBytes = UInt64(contentBytes)
    }

    /// The exchange has ended.
    ///
    /// - Returns: false if there was none.
    func end() -> Bool {
        defer { isOpen = false }
        return isOpen
    }

    // MARK: From the exchange

    /// Sets the request id.
    package func setID(_ value: UnsafeBufferPointer<UInt8>) {
        guard !facts.isEmpty else { return }
        id.removeAll()
        id.append(UnsafeBufferPointer(rebasing: value.prefix(RequestContext.maximumID)))
    }

    /// A worker gets the request.
    ///
    /// - Parameters:
    ///   - worker: its name; only evaluated for an observer, like the time.
    package func sent(to worker: @autoclosure () -> String, now: @autoclosure () -> UInt64) {
        attempts += 1
        guard !facts.isEmpty else { return }
        self.worker = worker()
        times.sent(now: now())
    }

    /// The request waits for a worker, or for a successor, until it is sent or answered.
    package func waits(now: UInt64) {
        if !facts.isEmpty { times.waits(now: now) }
    }

    /// The connection that the request waited for is open.
    package func connected(now: UInt64) {
        if !facts.isEmpty { times.connected(now: now) }
    }
}
