internal import HTTP

/// What the access log says of one request.
struct AccessLogEntry: ~Copyable {
    /// Of a target and of an id, bytes that are kept.
    private static let maximumTarget = 1024
    private static let maximumID = 128

    private var method = ByteBuffer()
    private var target = ByteBuffer()
    private(set) var id = ByteBuffer()
    var client = ""
    var node = ""
    /// 0 until the response has begun.
    var status: UInt16 = 0
    /// Content of the response.
    var bytes: UInt64 = 0
    private var startedAt: UInt64 = 0
    private(set) var isOpen = false

    /// A request has begun. `now` is the loop's, in monotonic nanoseconds.
    mutating func begin(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, now: UInt64) {
        isOpen = true
        startedAt = now
        status = 0
        self.bytes = 0
        node = ""
        method.removeAll()
        method.append(head.methodName.in(bytes))
        target.removeAll()
        let received = head.target.in(bytes)
        target.append(UnsafeBufferPointer(rebasing: received.prefix(AccessLogEntry.maximumTarget)))
        id.removeAll()
        for field in head.fields where field.known == .xRequestID { take(id: field.value.in(bytes)) }
    }

    mutating func take(id value: UnsafeBufferPointer<UInt8>) {
        id.removeAll()
        id.append(UnsafeBufferPointer(rebasing: value.prefix(AccessLogEntry.maximumID)))
    }

    mutating func end() { isOpen = false }

    /// Appends everything behind the time: `client=... method=... target="..." status=... bytes=... ms=... node=... id=...`.
    func append(to output: inout ByteBuffer, now: UInt64) {
        output.append(" client=")
        output.append(text: client.isEmpty ? "-" : client)
        output.append(" method=")
        output.append(method.readable)
        output.append(" target=\"")
        output.append(quotable: target.readable)
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
        output.append(quotable: id.readable)
        output.append("\"")
    }
}

extension ByteBuffer {
    /// Appends text as the inside of quotes: a line stays a line, and a value a value, whatever a client put into it.
    fileprivate mutating func append(quotable bytes: UnsafeBufferPointer<UInt8>) {
        for byte in bytes {
            switch byte {
            case 0x22, 0x5C:
                append(byte: 0x5C)
                append(byte: byte)
            case 0x20...0x7E: append(byte: byte)
            default: append(byte: 0x3F)
            }
        }
    }
}
