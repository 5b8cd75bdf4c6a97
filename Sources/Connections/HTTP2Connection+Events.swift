internal import HTTP
internal import HTTP2

/// From the session's events to streams.
extension HTTP2Connection: HTTP2Events {
    func requestReceived(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, on stream: Int32, isEnd: Bool
    ) -> Int {
        let lent = lend()
        server.counters.requests.add(1)
        lent.begin(head, bytes, id: stream, isEnd: isEnd)
        return lent.slot
    }

    func requestRefused(_ error: HTTPError, on stream: Int32) -> Int {
        let lent = lend()
        server.counters.requests.add(1)
        server.counters.count(error)
        lent.refuse(error, id: stream)
        return lent.slot
    }

    func contentReceived(_ bytes: UnsafeBufferPointer<UInt8>, slot: Int) { streams[slot].received(bytes) }

    func trailersReceived(_ trailers: borrowing TrailerSection, slot: Int) {
        streams[slot].received(trailers: copy trailers)
    }

    func requestEnded(slot: Int) { streams[slot].inputEnded() }

    func streamClosed(slot: Int, code: HTTP2ErrorCode) {
        let stream = streams[slot]
        guard stream.isOpen else { return }
        if code != .none { server.counters.http2Resets.add(1) }
        stream.closed()
        giveBack(stream)
    }

    func malformedStreamClosed() { server.counters.http2Resets.add(1) }

    func responseSent(slot: Int) { streams[slot].responseSent() }

    func shutdownSeen() { finishShutdown() }

    func contentToSend(slot: Int, atMost limit: Int) -> HTTP2Content { streams[slot].contentToSend(atMost: limit) }

    func moveContent(slot: Int, count: Int, to output: inout ByteBuffer) {
        streams[slot].moveContent(count, to: &output)
    }
}
