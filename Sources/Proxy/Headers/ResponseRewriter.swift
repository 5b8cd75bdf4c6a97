internal import Connections
internal import HTTP

/// Writes the head of a response for the client, without the fields of the hop to the upstream.
struct ResponseRewriter {
    let policy: HeaderPolicy
    /// The request id; empty if another hop has set it.
    let requestID: UnsafeBufferPointer<UInt8>
    /// The client is a stranger; otherwise it is the balancer.
    let isEdge: Bool

    /// Forwards a final response.
    ///
    /// - Parameter setCookie: the value of a field that keeps the client with its worker.
    func pass(
        _ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, setCookie: String? = nil,
        to downstream: any Downstream
    ) {
        downstream.beginResponse(status: head.status)
        var hasDate = false
        for field in head.fields where policy.copies(field) {
            if field.known == .date { hasDate = true }
            downstream.appendField(name: field.name.in(bytes), value: field.value.in(bytes))
        }
        if !hasDate { downstream.appendDate() }
        if head.status == ResponseRewriter.upgradeRequired { passUpgrade(head, bytes, to: downstream) }
        if let setCookie { downstream.appendField(name: "set-cookie", value: setCookie) }
        if !requestID.isEmpty { downstream.appendField(name: "x-request-id", value: requestID) }
        endHead(head, bytes, of: downstream)
    }

    private func endHead(
        _ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, of downstream: any Downstream
    ) {
        if head.mayHaveTrailers, !isEdge, case .length(let length) = head.framing {
            downstream.appendField(name: LengthField.name, decimal: length)
            return downstream.endResponseHead(.chunked)
        }
        if isEdge, head.framing == .chunked, case .length(let length) = LengthField.read(in: head, bytes) {
            return downstream.endResponseHead(.length(length), mayHaveTrailers: true)
        }
        downstream.endResponseHead(ResponseRewriter.framing(of: head))
    }

    private static let upgradeRequired: UInt16 = 426

    /// A 426 has to name the protocols that the server requires (RFC 9110 15.5.22).
    private func passUpgrade(
        _ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, to downstream: any Downstream
    ) {
        for field in head.fields where field.known == .upgrade { downstream.appendUpgrade(field.value.in(bytes)) }
    }

    /// Forwards an interim response, if the client can take one.
    func passInterim(
        _ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, to downstream: any Downstream
    ) {
        guard downstream.beginInterimResponse(status: head.status) else { return }
        copyFields(head, bytes, to: downstream)
        downstream.endInterimResponse()
    }

    /// Forwards a 101. From then on the client has a tunnel.
    func passTunnel(
        _ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, to downstream: any Downstream
    ) {
        downstream.beginTunnel()
        if !requestID.isEmpty { downstream.appendField(name: "x-request-id", value: requestID) }
        copyFields(head, bytes, to: downstream)
        downstream.endTunnelHead()
    }

    private func copyFields(
        _ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, to downstream: any Downstream
    ) {
        for field in head.fields where policy.copies(field) {
            downstream.appendField(name: field.name.in(bytes), value: field.value.in(bytes))
        }
    }

    /// Forwards the trailer fields of a response.
    static func pass(
        trailers fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>, to downstream: any Downstream
    ) {
        for field in fields where HeaderPolicy.trailers.copies(field) {
            downstream.appendTrailer(name: field.name.in(bytes), value: field.value.in(bytes))
        }
    }

    private static func framing(of head: borrowing ResponseHead) -> BodyFraming {
        guard head.framing == .none else { return head.framing }
        // A response to HEAD and a 304 may state the length that the GET's response would have. A 204 must not (RFC 9110
        // 8.6).
        if let length = head.contentLength, head.status != 204 { return .length(length) }
        return .none
    }
}
