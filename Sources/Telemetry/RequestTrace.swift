package import HTTP

/// Identifies one request from hop to hop: by its request id, and by its place in a trace (W3C Trace Context).
///
/// The edge sets both, and the hops behind it pass them on unchanged. The edge keeps a client's request id only if the
/// policy trusts it. It continues a valid `traceparent`, because that affects only the client's own trace. After the
/// buffers have grown, a request needs no allocation.
package struct RequestTrace: ~Copyable {
    /// The longest request id that the edge accepts from a client.
    private static let maximumID = 128
    /// `00-` 32 digits `-` 16 digits `-` 2 digits (W3C Trace Context, 3.2).
    private static let parentCount = 55

    private var id = ByteBuffer()
    private var parent = ByteBuffer()
    /// The client's own trace continues, so its `tracestate` passes too.
    package private(set) var isContinued = false

    package init() {}

    /// The request's id; empty if this process did not set it.
    package var requestID: UnsafeBufferPointer<UInt8> { id.readable }

    /// Sets the ids of a request at the edge.
    package mutating func begin(
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

    /// Appends the fields with the ids.
    package func append(to output: inout ByteBuffer) {
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

    /// Of versions above 00 the parts of version 00 are used (W3C Trace Context, section 4).
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

    /// Begins a trace. It is marked as recorded, because the access log records it.
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
