internal import HTTP
internal import HTTP2
internal import Sockets

/// From the client to the service.
extension HTTP2Stream {
    /// The largest piece of content that the service gets at once.
    private static let pieceSize = 64 << 10

    func begin(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, id: Int32, isEnd: Bool) {
        prepare(id)
        hasNoContent = head.method == .head
        state.begin(head.upgradesToWebSocket ? .held(.open) : .content(.open))
        if head.expectsContinue { state.expectContinue() }
        server.exchangeBegan()
        if !isEnd {
            let isCounted = head.framing.isCounted
            state.limitContent(
                to: limits.contentProgress(isCounted: isCounted), isCounted: isCounted, now: loop.now)
            updateTimer()
        }
        context.begin(
            head, bytes, now: loop.now, keeping: server.observedFacts, isHTTP2: true, tls: connection.negotiatedTLS)
        service?.requestHead(head, bytes)
        // For the service the request is a complete GET. Later bytes belong to the tunnel, if one begins.
        if state.isHeld, state.answerer == .service { service?.requestEnd() }
    }

    /// Answers a request that the service can't get.
    func refuse(_ error: HTTPError, id: Int32) {
        prepare(id)
        server.onReject(
            RejectedRequest(
                peerHost: connection.peerHost, head: UnsafeBufferPointer(start: nil, count: 0), status: error.status,
                contentBytes: errorContentLength(of: error.reason)))
        state.beginUnserved()
        answerAlone(status: error.status, error.reason)
    }

    /// Refuses a request before the service gets it, so that the client may send it again (RFC 9113 8.7).
    func refuseUnseen(id: Int32) {
        prepare(id)
        // The client gets a reset.
        server.onReject(
            RejectedRequest(
                peerHost: peerHost, head: UnsafeBufferPointer(start: nil, count: 0), status: 0, contentBytes: 0))
        connection.session?.refuse(id)
    }

    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard phase == .open, state.feedsService || (state.isHeld && state.answerer == .service) else {
            connection.session?.consume(bytes.count, on: id)
            guard state.isRestLimited else { return }
            if !state.swallow(bytes.count, atMost: limits.http2LingerBytes) { reset(.none) }
            return
        }
        if state.isPaused || !pending.isEmpty || state.isHeld {
            pending.append(bytes)
            state.contentCame(0, now: loop.now)
            chargeBuffers()
            return
        }
        contentMoved(bytes.count)
        context.received(bytes.count)
        service?.requestBody(bytes)
        connection.session?.consume(bytes.count, on: id)
    }

    private func contentMoved(_ count: Int) {
        connection.noteMoved(count)
        state.contentCame(count, now: loop.now)
        updateTimer()
    }

    func received(trailers: TrailerSection) {
        pendingTrailers = trailers
        chargeBuffers()
    }

    func inputEnded() {
        state.inputEnded()
        updateTimer()
        if pending.isEmpty && !state.isPaused { requestRead() }
    }

    /// The service has all received bytes, and learns that the request is complete.
    private func requestRead() {
        guard phase == .open else { return }
        let end = state.requestEnded(now: loop.now)
        updateTimer()
        guard end != .untold else { return }
        if end == .tellTunnelOver {
            server.counters.tunnelsEnded.add(1)
            server.exchangeEnded(context)
        } else if !pendingTrailers.isEmpty {
            let trailers = pendingTrailers
            pendingTrailers = TrailerSection()
            chargeBuffers()
            trailers.withBytes { service?.requestTrailers($0, $1) }
            guard state.answerer == .service else { return }
        }
        service?.requestEnd()
    }

    // MARK: Flow

    func pauseReading() {
        // While the service does not want the content, the client has no deadline for it.
        if phase == .open, state.answerer == .service, state.pause() { updateTimer() }
    }

    func resumeReading() {
        guard phase == .open, state.resume(now: loop.now) else { return }
        updateTimer()
        wantPending()
    }

    /// Marks the kept content: the end of the turn hands it over or drops it.
    func wantPending() {
        guard !isResumed else { return }
        isResumed = true
        connection.noteResumed(self)
    }

    /// Hands over the kept content as far as the service wants it. Called at the end of a turn.
    func deliverPending() {
        isResumed = false
        while phase == .open && state.feedsService && !state.isPaused && !pending.isEmpty {
            let count = min(pending.count, HTTP2Stream.pieceSize)
            context.received(count)
            service?.requestBody(UnsafeBufferPointer(rebasing: pending.readable[..<count]))
            pending.consume(count)
            connection.session?.consume(count, on: id)
        }
        if !state.feedsService && !state.isHeld { dropPending() }
        if pending.isEmpty { pending.release() }
        chargeBuffers()
        if state.isInputEnded && !state.isPaused && pending.isEmpty { requestRead() }
    }

    /// The kept content is unwanted, so its room in the windows becomes free again.
    func dropPending() {
        guard !pending.isEmpty else { return }
        connection.session?.consume(pending.count, on: id)
        pending.release()
        chargeBuffers()
    }
}
