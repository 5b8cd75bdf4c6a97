internal import HTTP
internal import HTTP2

/// Gives each event of the session to its stream.
extension HTTP2Connection: HTTP2Events {
    func requestReceived(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, on stream: Int32, isEnd: Bool
    ) -> Int {
        if openStreams == 0 { noteBegun() }
        let taken = takeStream()
        server.counters.requests.add(1)
        if !takesRequests {
            server.counters.count(.memoryLimit)
            taken.refuseUnseen(id: stream)
            return taken.slot
        }
        taken.begin(head, bytes, id: stream, isEnd: isEnd)
        return taken.slot
    }

    func requestRefused(_ error: HTTPError, on stream: Int32) -> Int {
        let taken = takeStream()
        server.counters.requests.add(1)
        server.counters.count(error)
        taken.refuse(error, id: stream)
        return taken.slot
    }

    func contentReceived(_ bytes: UnsafeBufferPointer<UInt8>, slot: Int) { slots[slot].received(bytes) }

    func trailersReceived(_ trailers: borrowing TrailerSection, slot: Int) {
        slots[slot].received(trailers: copy trailers)
    }

    func requestEnded(slot: Int) { slots[slot].inputEnded() }

    func streamClosed(slot: Int, code: HTTP2ErrorCode) {
        let stream = slots[slot]
        guard stream.isOpen else { return }
        if code != .none { server.counters.http2Resets.add(1) }
        streamClosed(stream)
    }

    func malformedStreamClosed() {
        server.counters.http2Resets.add(1)
        // The client got a reset.
        server.onReject(
            RejectedRequest(
                peerHost: peerHost, head: UnsafeBufferPointer(start: nil, count: 0), status: 0, contentBytes: 0))
    }

    func responseSent(slot: Int) { slots[slot].responseSent() }

    func shutdownSeen() { finishShutdown() }

    func contentToSend(slot: Int, atMost limit: Int) -> HTTP2Content { slots[slot].contentToSend(atMost: limit) }

    func moveContent(slot: Int, count: Int, to output: inout ByteBuffer) {
        slots[slot].moveContent(count, to: &output)
    }
}
