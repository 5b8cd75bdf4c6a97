internal import Connections
internal import HTTP
internal import HTTP2

/// One request on its way to an application over HTTP/2, and its response on the way back.
final class HTTP2ForwardExchange: Exchange, UpstreamClient {
    private unowned let downstream: any Downstream
    private let service: HTTP2ForwardService
    private var stream: HTTP2UpstreamStream?
    private var fields = FieldList()
    private var isHeadRequest = false
    private var isRequestEnded = false

    init(on downstream: any Downstream, service: HTTP2ForwardService) {
        self.downstream = downstream
        self.service = service
    }

    // MARK: From the client

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        isHeadRequest = head.method == .head
        isRequestEnded = false
        write(head, bytes)
        let stream = service.connection().open(self)
        let hasContent = head.framing != .none && head.framing != .length(0)
        guard stream.sendHead(fields, hasContent: hasContent) else {
            fail(.closedBeforeResponse)
            return
        }
        self.stream = stream
        if head.expectsContinue { downstream.writeContinue() }
    }

    private func write(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        fields.removeAll()
        fields.append(":method", head.methodName.in(bytes))
        fields.append(":scheme", "http")
        fields.append(":authority", head.authority.in(bytes))
        if head.path.isEmpty {
            fields.append(":path", head.method == .options ? "*" : "/")
        } else {
            fields.append(":path", head.path.in(bytes))
        }
        for field in head.fields where !field.isHopByHop {
            switch field.known {
            case .host, .contentLength, .expect, .understudy, .clientCertificate, .secWebSocketKey: continue
            default: fields.append(name: field.name.in(bytes), value: field.value.in(bytes))
            }
        }
        // RFC 9113 8.2.2. We pass trailers on; gRPC's servers insist on being told.
        fields.append("te", "trailers")
        if case .length(let length) = head.framing { fields.append("content-length", decimal: length) }
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let stream else { return }
        stream.write(bytes)
        if stream.isCongested { downstream.pauseReading() }
    }

    func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
        for field in fields { stream?.appendTrailer(name: field.name.in(bytes), value: field.value.in(bytes)) }
    }

    func requestEnd() {
        isRequestEnded = true
        stream?.end()
    }

    func downstreamDrained() { stream?.resumeReading() }

    func cancelled() { stream.take()?.abandon() }

    // MARK: From the application

    func upstreamInterim(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        ResponseRewriter.passInterim(head, bytes, to: downstream)
    }

    func upstreamResponded(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        let nobody = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        guard head.framing == .none, !isHeadRequest, head.status != 204, head.status != 304 else {
            ResponseRewriter.pass(head, bytes, requestID: nobody, to: downstream)
            return
        }
        // The stream has ended with the head (as gRPC's do that only fail): HTTP/1.1 has to say so.
        var whole = copy head
        whole.framing = .length(0)
        ResponseRewriter.pass(whole, bytes, requestID: nobody, to: downstream)
    }

    func upstreamSent(_ bytes: UnsafeBufferPointer<UInt8>) {
        // Held: a write that fails closes the connection, and nobody else may keep it alive then.
        let downstream = downstream
        downstream.writeBody(bytes)
        if downstream.isCongested { stream?.pauseReading() }
    }

    func upstreamTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
        for field in fields { downstream.appendTrailer(name: field.name.in(bytes), value: field.value.in(bytes)) }
    }

    func upstreamEnded() {
        stream = nil
        let downstream = downstream
        let isCutShort = !isRequestEnded
        downstream.endResponse()
        if isCutShort { downstream.resumeReading() }
    }

    func upstreamFailed(_ failure: UpstreamFailure) {
        stream = nil
        fail(failure)
    }

    private func fail(_ failure: UpstreamFailure) {
        let error = ProxyError.upstream(failure)
        if downstream.canRespond {
            downstream.resumeReading()
            downstream.respond(
                status: error.status, error: error.message, mark: error.isUntaken ? UntakenField.name : nil)
        } else {
            downstream.abortResponse()
        }
    }

    func upstreamDrained() { downstream.resumeReading() }
}
