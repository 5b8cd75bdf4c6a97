package import HTTP

/// The facts of one request, for the access log, metrics and traces.
///
/// A downstream owns one context and reuses it for each of its requests. The downstream records what it sees: the request
/// line, the status and the bytes. The exchange records what it decides: the id, the route, the worker and the attempts.
/// `Server.onRequestEnd` gets the context when the exchange has ended.
package final class RequestContext {
    /// The most bytes of a target and of an id.
    private static let maximumTarget = 1024
    private static let maximumID = 128

    /// The client's address, without port; empty for a unix socket.
    package let client: String
    /// Empty while the server has no observer of its requests; `target` and `id` likewise.
    package private(set) var method = ByteBuffer()
    package private(set) var target = ByteBuffer()
    /// The request id, from the request itself or set by the edge.
    package private(set) var id = ByteBuffer()
    /// The name of the route that the request took; empty while there is one route for all requests.
    package var route = ""
    /// The name of the worker that got the request last; empty while none has it, or while the server has no observer of
    /// its requests.
    package private(set) var worker = ""
    /// Attempts to get the request answered by an upstream.
    package var attempts = 0
    /// The beginning of the request, in the loop's monotonic nanoseconds.
    package private(set) var startedAt: UInt64 = 0
    /// The status of the final response; 0 until the response begins.
    package private(set) var status: UInt16 = 0
    /// Bytes of content, without framing.
    package private(set) var receivedBytes: UInt64 = 0
    package private(set) var sentBytes: UInt64 = 0
    /// An exchange has the request.
    private(set) var isOpen = false
    private var keepsText = false

    init(client: String) {
        self.client = client
    }

    // MARK: From the downstream

    /// A request begins.
    ///
    /// - Parameters:
    ///   - now: the loop's monotonic time in nanoseconds.
    ///   - keepsText: false if no observer will read method, target and id.
    func begin(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, now: UInt64, keepsText: Bool
    ) {
        isOpen = true
        self.keepsText = keepsText
        startedAt = now
        status = 0
        receivedBytes = 0
        sentBytes = 0
        attempts = 0
        guard keepsText else { return }
        worker = ""
        method.removeAll()
        method.append(head.methodName.in(bytes))
        target.removeAll()
        target.append(UnsafeBufferPointer(rebasing: head.target.in(bytes).prefix(RequestContext.maximumTarget)))
        id.removeAll()
        for field in head.fields where field.known == .xRequestID { setID(field.value.in(bytes)) }
    }

    func responseBegan(status: UInt16) { self.status = status }
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
        guard keepsText else { return }
        id.removeAll()
        id.append(UnsafeBufferPointer(rebasing: value.prefix(RequestContext.maximumID)))
    }

    /// A worker gets the request.
    ///
    /// - Parameter worker: its name; only evaluated for an observer.
    package func sent(to worker: @autoclosure () -> String) {
        attempts += 1
        if keepsText { self.worker = worker() }
    }
}
