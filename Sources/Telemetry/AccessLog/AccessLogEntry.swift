internal import Connections
internal import HTTP
internal import Sockets

/// The access log's data of one request. The pointers are valid while the line is written.
struct AccessLogEntry {
    /// The most bytes of a rejected request's target.
    private static let maximumTarget = 1024
    /// The most bytes of a method that could not be parsed.
    private static let maximumMethod = 32
    private static let missing: StaticString = "-"

    let client: String
    let method: UnsafeBufferPointer<UInt8>
    let target: UnsafeBufferPointer<UInt8>
    let id: UnsafeBufferPointer<UInt8>
    let host: UnsafeBufferPointer<UInt8>
    let userAgent: UnsafeBufferPointer<UInt8>
    let node: String
    /// 0 if no response has begun.
    let status: UInt16
    /// The number of content bytes in the response, and in the request.
    let sentBytes: UInt64
    let receivedBytes: UInt64
    let startedAt: UInt64
    let attempts: Int
    /// Nil for a rejected request, like `times`.
    let version: RequestContext.ProtocolVersion?
    let tls: NegotiatedTLS?
    let times: RequestTimes?

    /// The entry of a request whose exchange has ended.
    ///
    /// - Parameter node: the name in the line, unless a worker has served the request.
    init(_ context: RequestContext, node: String) {
        client = context.client
        method = context.method.readable
        target = context.target.readable
        id = context.id.readable
        self.node = context.worker.isEmpty ? node : context.worker
        host = context.host.readable
        userAgent = context.userAgent.readable
        status = context.status
        sentBytes = context.sentBytes
        receivedBytes = context.receivedBytes
        startedAt = context.startedAt
        attempts = context.attempts
        version = context.version
        tls = context.tls
        times = context.times
    }

    /// The entry of a rejected request. It uses the first line of the head only: the method if it is a token, and the text
    /// up to the next space.
    init(rejected request: RejectedRequest, node: String, now: UInt64) {
        let start = request.head.drop { $0 == 0x0D || $0 == 0x0A }
        let line = start.prefix { $0 != 0x0D && $0 != 0x0A }
        let name = line.prefix(AccessLogEntry.maximumMethod).prefix { $0 != 0x20 }
        let hasMethod = !name.isEmpty && name.allSatisfy { 0x41...0x5A ~= $0 } && name.endIndex < line.endIndex
        let rest = hasMethod ? line[line.index(after: name.endIndex)...].prefix { $0 != 0x20 } : line
        client = request.peerHost
        method =
            hasMethod
            ? UnsafeBufferPointer(rebasing: name)
            : UnsafeBufferPointer(
                start: AccessLogEntry.missing.utf8Start, count: AccessLogEntry.missing.utf8CodeUnitCount)
        target = UnsafeBufferPointer(rebasing: rest.prefix(AccessLogEntry.maximumTarget))
        let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        (id, host, userAgent) = (nothing, nothing, nothing)
        self.node = node
        status = request.status
        sentBytes = UInt64(request.contentBytes)
        receivedBytes = 0
        startedAt = now
        attempts = 0
        version = nil
        tls = nil
        times = nil
    }
}
