internal import HTTP
internal import HTTP2
internal import Telemetry

/// Writes the head of a request for the next hop. The proxy sends the parsed request, not the received bytes.
enum RequestRewriter {
    /// The fields that only the balancer adds: the origin of the request, and its id.
    struct EdgeFields {
        /// The client's address, without port; empty for a unix socket.
        let peerHost: String
        /// The client's scheme: `https` or `http`.
        let scheme: StaticString
    }

    /// Only an HTTP/1.0 request may lack an authority, and the next hop requires one. `localhost` is the name with the
    /// least meaning.
    private static let unknownAuthority: StaticString = "localhost"

    // MARK: HTTP/1.1

    /// Appends a head for a hop that speaks HTTP/1.1. The ranges of `head` refer to `bytes`.
    ///
    /// - Parameters:
    ///   - edge: nil in a worker.
    ///   - epoch: the balancer's; 0 adds no field.
    static func append(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, policy: HeaderPolicy, edge: EdgeFields?,
        upgrade: UpgradeRequest?, trace: borrowing RequestTrace, epoch: UInt64, to output: inout ByteBuffer
    ) {
        output.append(head.methodName.in(bytes))
        output.append(byte: UInt8(ascii: " "))
        output.appendTarget(of: head, in: bytes)
        output.append(" HTTP/1.1\r\n")
        if head.authority.isEmpty {
            output.appendField("host", unknownAuthority)
        } else {
            output.appendField(name: "host", value: head.authority.in(bytes))
        }
        for field in head.fields where policy.copies(field) {
            output.appendFieldBytes(name: field.name.in(bytes), value: field.value.in(bytes))
        }
        switch head.framing {
        case .length(let length) where edge != nil && head.mayHaveTrailers:
            output.appendField("transfer-encoding", "chunked")
            output.appendField(name: LengthField.name, decimal: length)
        case .length(let length): output.appendField(name: "content-length", decimal: length)
        case .chunked: output.appendField("transfer-encoding", "chunked")
        case .none, .untilClose: break
        }
        if head.expectsContinue { output.appendField("expect", "100-continue") }
        if let upgrade {
            output.append("connection: upgrade\r\nupgrade: websocket\r\n")
            if let key = upgrade.ownKey {
                key.text.withUnsafeBufferPointer { output.appendField(name: "sec-websocket-key", value: $0) }
            }
        }
        // The proxy forwards trailers. The next hop needs to know whether the client accepts them.
        if head.acceptsTrailers {
            output.appendField("te", "trailers")
            output.appendField("connection", "te")
        }
        if let edge { append(edge, head, bytes, to: &output) }
        trace.append(to: &output)
        if epoch > 0 { output.appendField(name: "understudy-epoch", decimal: epoch) }
        output.append("\r\n")
    }

    private static func append(
        _ edge: EdgeFields, _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>,
        to output: inout ByteBuffer
    ) {
        if !edge.peerHost.isEmpty { output.appendField(name: "x-forwarded-for", value: edge.peerHost) }
        output.appendField("x-forwarded-proto", edge.scheme)
        if !head.authority.isEmpty { output.appendField(name: "x-forwarded-host", value: head.authority.in(bytes)) }
    }

    /// Replaces the epoch in a head that `append` has written.
    ///
    /// - Parameter old: the epoch in the head, which is its last field.
    static func renew(_ head: inout ByteBuffer, from old: UInt64, to new: UInt64) {
        var field = ByteBuffer()
        field.appendField(name: "understudy-epoch", decimal: old)
        let kept = head.count - field.count - 2
        guard old > 0, new > 0, kept > 0 else { return }
        var renewed = ByteBuffer()
        renewed.append(UnsafeBufferPointer(rebasing: head.readable[..<kept]))
        renewed.appendField(name: "understudy-epoch", decimal: new)
        renewed.append("\r\n")
        head = renewed
    }

    // MARK: HTTP/2

    /// Appends a head for an application that speaks HTTP/2 (RFC 9113 8.3.1).
    static func append(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, policy: HeaderPolicy,
        to fields: inout FieldList
    ) {
        fields.append(":method", head.methodName.in(bytes))
        fields.append(":scheme", "http")
        if head.authority.isEmpty {
            fields.append(":authority", unknownAuthority)
        } else {
            fields.append(":authority", head.authority.in(bytes))
        }
        let path = head.path.in(bytes)
        if path.first == UInt8(ascii: "/") {
            fields.append(":path", path)
        } else {
            var target = ByteBuffer()
            target.appendTarget(of: head, in: bytes)
            fields.append(":path", target.readable)
        }
        for field in head.fields where policy.copies(field) {
            fields.append(name: field.name.in(bytes), value: field.value.in(bytes))
        }
        // gRPC servers refuse a request without this field.
        fields.append("te", "trailers")
        if case .length(let length) = head.framing { fields.append("content-length", decimal: length) }
        if head.expectsContinue { fields.append("expect", "100-continue") }
    }
}
