internal import Connections
internal import HTTP

/// Serialises a request afresh for the next hop. What is sent is what was understood, not what was received.
enum RequestRewriter {
    /// Appends the head. `head`'s ranges point into `bytes`.
    ///
    /// - Parameter epoch: 0 adds no field.
    static func append(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, from downstream: any Downstream,
        policy: ProxyPolicy, epoch: UInt64, upgrade: UpgradeRequest? = nil, trace: borrowing RequestTrace,
        to output: inout ByteBuffer
    ) {
        output.append(head.methodName.in(bytes))
        output.append(byte: UInt8(ascii: " "))
        output.appendTarget(of: head, in: bytes)
        output.append(" HTTP/1.1\r\n")
        if !head.authority.isEmpty {
            output.appendField(name: "host", value: head.authority.in(bytes))
        } else {
            // Only HTTP/1.0 may come without. The next hop speaks 1.1 and wants one that is not empty; of the names that
            // we could invent this one says the least.
            output.appendField("host", "localhost")
        }
        let isTraceContinued = trace.isContinued
        for field in head.fields where isForwarded(field, at: policy.place, isTraceContinued: isTraceContinued) {
            output.appendFieldBytes(name: field.name.in(bytes), value: field.value.in(bytes))
        }
        switch head.framing {
        case .length(let length): output.appendField(name: "content-length", decimal: length)
        case .chunked: output.appendField("transfer-encoding", "chunked")
        case .none, .untilClose: break
        }
        if let upgrade {
            output.append("connection: upgrade\r\nupgrade: websocket\r\n")
            if let key = upgrade.ownKey {
                key.text.withUnsafeBufferPointer { output.appendField(name: "sec-websocket-key", value: $0) }
            }
        }
        // RFC 9110 10.1.4: TE speaks of this hop, so it is named in Connection. We pass trailers on; whether the client
        // takes them is what the worker wants to know.
        if head.acceptsTrailers {
            output.appendField("te", "trailers")
            output.appendField("connection", "te")
        }
        if policy.place == .edge { appendForwarding(head, bytes, from: downstream, policy: policy, to: &output) }
        trace.append(to: &output)
        if epoch > 0 { output.appendField(name: "understudy-epoch", decimal: epoch) }
        output.append("\r\n")
    }

    /// Writes a request that was kept for a retry anew, under another epoch.
    ///
    /// - Parameters:
    ///   - headCount: bytes of the head; on return those of the new one.
    ///   - old: the epoch that stands in the head, which ends with it.
    static func renew(_ request: inout ByteBuffer, headCount: inout Int, from old: UInt64, to new: UInt64) {
        var field = ByteBuffer()
        field.appendField(name: "understudy-epoch", decimal: old)
        let kept = headCount - field.count - 2
        guard old > 0, new > 0, kept > 0 else { return }
        var renewed = ByteBuffer()
        renewed.append(UnsafeBufferPointer(rebasing: request.readable[..<kept]))
        renewed.appendField(name: "understudy-epoch", decimal: new)
        renewed.append("\r\n")
        let count = renewed.count
        renewed.append(UnsafeBufferPointer(rebasing: request.readable[headCount...]))
        request = renewed
        headCount = count
    }

    /// Appends the last chunk and the trailer fields behind it, up to their end.
    static func append(trailers fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer) {
        output.appendTrailerStart()
        for field in fields { output.appendFieldBytes(name: field.name.in(bytes), value: field.value.in(bytes)) }
    }

    private static func isForwarded(_ field: Field, at place: ProxyPolicy.Place, isTraceContinued: Bool) -> Bool {
        if field.isHopByHop { return false }
        switch field.known {
        case .host, .contentLength, .transferEncoding, .expect, .understudy, .clientCertificate, .proxy: return false
        case .forwarded, .xForwarded, .xRealIP, .xRequestID, .traceparent: return place == .worker
        case .tracestate: return place == .worker || isTraceContinued
        default: return true
        }
    }

    private static func appendForwarding(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, from downstream: any Downstream,
        policy: ProxyPolicy, to output: inout ByteBuffer
    ) {
        if !downstream.peerHost.isEmpty { output.appendField(name: "x-forwarded-for", value: downstream.peerHost) }
        output.appendField("x-forwarded-proto", policy.scheme)
        if !head.authority.isEmpty { output.appendField(name: "x-forwarded-host", value: head.authority.in(bytes)) }
    }
}
