internal import HTTP

/// How one request is known from hop to hop: by its request id, and by its place in a trace (W3C Trace Context).
///
/// Both are said at the edge and passed on as they are behind it. A client's request id is taken over only where the
/// policy trusts it; its `traceparent` is continued when it is valid, since it leads nowhere but to the client's own
/// trace. No memory is allocated for a request once the buffers have grown.
struct RequestTrace: ~Copyable {
    /// The longest request id that is taken over from a client.
    private static let maximumID = 128
    /// `00-` 32 digits `-` 16 digits `-` 2 digits (W3C Trace Context, 3.2).
    private static let parentCount = 55

    private var id = ByteBuffer()
    private var parent = ByteBuffer()
    /// The client's own trace goes on, so what it keeps in `tracestate` goes with it.
    private(set) var isContinued = false

    /// The request's id; empty where the request was not named here.
    var requestID: UnsafeBufferPointer<UInt8> { id.readable }

    /// Names a request at the edge.
    mutating func begin(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, trusts: Bool,
        random: inout RandomNumbers
    ) {
        id.removeAll()
        parent.removeAll()
        var parents = 0
        for field in head.fields {
            switch field.known {
            case .traceparent:
                parents += 1
                if parents == 1 { takeParent(field.value.in(bytes)) }
            case .xRequestID where trusts && id.isEmpty:
                let value = field.value.in(bytes)
                if RequestTrace.isID(value) { id.append(value) }
            default: break
            }
        }
        isContinued = parents == 1 && !parent.isEmpty
        if !isContinued { makeParent(&random) }
        if id.isEmpty {
            id.append(paddedHexadecimal: random.next())
            id.append(paddedHexadecimal: random.next())
        }
    }

    /// Appends the fields that name the request.
    func append(to output: inout ByteBuffer) {
        guard !id.isEmpty else { return }
        output.appendField(name: "x-request-id", value: id.readable)
        output.appendField(name: "traceparent", value: parent.readable)
    }

    private static func isID(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        (1...maximumID).contains(value.count)
            && value.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case 0x2B, 0x2D, 0x2E, 0x2F, 0x3A, 0x3D, 0x40, 0x5F, 0x7E: true  // + - . / : = @ _ ~
                default: false
                }
            }
    }

    /// Of a version later than 00 the parts that 00 has are taken, as its section 4 says.
    private mutating func takeParent(_ value: UnsafeBufferPointer<UInt8>) {
        let count = RequestTrace.parentCount
        guard value.count >= count, !value.starts(with: "ff".utf8) else { return }
        let isCurrent = value.starts(with: "00".utf8)
        guard value.count == count || (!isCurrent && value[count] == 0x2D) else { return }
        for index in 0..<count {
            let byte = value[index]
            let isDash = index == 2 || index == 35 || index == 52
            let isDigit = (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
            guard isDash ? byte == 0x2D : isDigit else { return }
        }
        guard value[3..<35].contains(where: { $0 != 0x30 }), value[36..<52].contains(where: { $0 != 0x30 }) else {
            return
        }
        parent.append("00")
        parent.append(UnsafeBufferPointer(rebasing: value[2..<count]))
    }

    /// The beginning of a trace, marked as recorded: the access log does.
    private mutating func makeParent(_ random: inout RandomNumbers) {
        parent.removeAll()
        parent.append("00-")
        parent.append(paddedHexadecimal: random.next() | 1)
        parent.append(paddedHexadecimal: random.next())
        parent.append("-")
        parent.append(paddedHexadecimal: random.next() | 1)
        parent.append("-01")
    }
}
