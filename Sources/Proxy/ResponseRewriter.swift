internal import Connections
internal import HTTP

/// Passes a response's head on to the client, without what belonged to the hop behind us.
enum ResponseRewriter {
    /// - Parameter requestID: empty where another hop has named the request.
    static func pass(
        _ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, requestID: UnsafeBufferPointer<UInt8>,
        setCookie: String? = nil,
        to downstream: any Downstream
    ) {
        downstream.beginResponse(status: head.status)
        var hasDate = false
        for field in head.fields where !field.isHopByHop {
            switch field.known {
            case .contentLength, .transferEncoding, .understudy: continue
            case .xRequestID where !requestID.isEmpty: continue
            case .date: hasDate = true
            default: break
            }
            downstream.appendField(name: field.name.in(bytes), value: field.value.in(bytes))
        }
        if !hasDate { downstream.appendDate() }
        if let setCookie { downstream.appendField(name: "set-cookie", value: setCookie) }
        if !requestID.isEmpty { downstream.appendField(name: "x-request-id", value: requestID) }
        downstream.endResponseHead(framing(of: head))
    }

    /// Passes an interim response on, if the client takes one.
    static func passInterim(
        _ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, to downstream: any Downstream
    ) {
        guard downstream.beginInterimResponse(status: head.status) else { return }
        for field in head.fields where !field.isHopByHop {
            switch field.known {
            case .contentLength, .transferEncoding, .understudy: continue
            default: downstream.appendField(name: field.name.in(bytes), value: field.value.in(bytes))
            }
        }
        downstream.endInterimResponse()
    }

    /// Passes a 101 on: from then on the client has a tunnel.
    static func passTunnel(
        _ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, requestID: UnsafeBufferPointer<UInt8>,
        to downstream: any Downstream
    ) {
        downstream.beginTunnel()
        if !requestID.isEmpty { downstream.appendField(name: "x-request-id", value: requestID) }
        for field in head.fields where !field.isHopByHop {
            switch field.known {
            case .contentLength, .transferEncoding, .understudy: continue
            case .xRequestID where !requestID.isEmpty: continue
            default: downstream.appendField(name: field.name.in(bytes), value: field.value.in(bytes))
            }
        }
        downstream.endTunnelHead()
    }

    private static func framing(of head: borrowing ResponseHead) -> BodyFraming {
        guard head.framing == .none else { return head.framing }
        // HEAD and 304 may state the length that a GET's 200 would have; 204 and 1xx must not (RFC 9110, 8.6).
        if let length = head.contentLength, head.status != 204 { return .length(length) }
        return .none
    }
}
