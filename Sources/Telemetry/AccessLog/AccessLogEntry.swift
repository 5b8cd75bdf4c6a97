internal import Connections
internal import HTTP

/// The access log's data of one request. The pointers are valid while the line is written.
struct AccessLogEntry {
    /// The most bytes of a rejected request's target.
    private static let maximumTarget = 1024
    /// The most bytes of a method that could not be parsed.
    private static let maximumMethod = 32
    private static let missing: StaticString = "-"

    private let client: String
    private let method: UnsafeBufferPointer<UInt8>
    private let target: UnsafeBufferPointer<UInt8>
    private let id: UnsafeBufferPointer<UInt8>
    private let node: String
    /// 0 if no response has begun.
    private let status: UInt16
    /// The number of content bytes in the response.
    private let bytes: UInt64
    private let startedAt: UInt64

    /// The entry of a request whose exchange has ended.
    ///
    /// - Parameter node: the name in the line, unless a worker has served the request.
    init(_ context: RequestContext, node: String) {
        client = context.client
        method = context.method.readable
        target = context.target.readable
        id = context.id.readable
        self.node = context.worker.isEmpty ? node : context.worker
        status = context.status
        bytes = context.sentBytes
        startedAt = context.startedAt
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
        id = UnsafeBufferPointer(start: nil, count: 0)
        self.node = node
        status = request.status
        bytes = UInt64(request.contentBytes)
        startedAt = now
    }

    /// Appends the line without its time: `client=... method=... target="..." status=... bytes=... ms=... node=...
    /// id=...`.
    func append(to output: inout ByteBuffer, now: UInt64) {
        output.append(" client=")
        output.append(text: client.isEmpty ? "-" : client)
        output.append(" method=")
        output.append(method)
        output.append(" target=\"")
        output.append(quotable: target)
        output.append("\" status=")
        output.append(decimal: UInt64(status))
        output.append(" bytes=")
        output.append(decimal: bytes)
        output.append(" ms=")
        let microseconds = (now &- startedAt) / 1000
        output.append(decimal: microseconds / 1000)
        output.append(".")
        output.append(number: Int(microseconds % 1000), digits: 3)
        output.append(" node=")
        output.append(text: node.isEmpty ? "-" : node)
        output.append(" id=\"")
        output.append(quotable: id)
        output.append("\"")
    }
}

extension ByteBuffer {
    /// Appends text for use inside quotes: printable ASCII unchanged, every other byte as `\x9b`. So a client's bytes
    /// can't end the value or the line.
    fileprivate mutating func append(quotable bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes {
            switch byte {
            case 0x22, 0x5C:
                append(byte: 0x5C)
                append(byte: byte)
            case 0x20...0x7E: append(byte: byte)
            default:
                append("\\x")
                append(hexadecimalDigit: byte >> 4)
                append(hexadecimalDigit: byte & 0xF)
            }
        }
    }

    private mutating func append(hexadecimalDigit digit: UInt8) {
        append(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
}
