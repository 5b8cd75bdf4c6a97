internal import HTTP
internal import HTTP2
internal import Sockets

/// From the client to the exchange.
extension HTTP2Stream {
    /// Content handed over in one piece at most.
    private static let pieceSize = 64 << 10

    func begin(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, id: Int32, isEnd: Bool) {
        prepare(id)
        hasNoContent = head.method == .head
        if case .length(let length) = head.framing { inputLeft = length }
        isExchangeActive = true
        server.exchangeBegan()
        asksForTunnel = head.upgradesToWebSocket
        isCounted = head.framing.isCounted
        contentDeadline = server.limits.contentProgress(isCounted: isCounted)
        if !isEnd && !asksForTunnel { beginContentTime() }
        exchange?.requestHead(head, bytes)
        // As a GET it is whole; what comes now is for the tunnel, if there is to be one.
        if asksForTunnel { requestRead() }
    }

    /// Answers a request that can't be served by anybody.
    func refuse(_ error: HTTPError, id: Int32) {
        prepare(id)
        answerAlone(status: error.status, error.reason)
    }

    private func prepare(_ id: Int32) {
        self.id = id
        isOpen = true
        isLingering = false
        inputLeft = .max
        isInputEnded = false
        isRequestRead = false
        isReadingPaused = false
        isRefused = false
        asksForTunnel = false
        isTunnel = false
        isTunnelDraining = false
        isResponseStarted = false
        isResponseEnded = false
        hasNoContent = false
        framing = .none
        contentLeft = 0
        hasTrailers = false
        isDeferred = false
        isOutputTimed = false
        wasCongested = false
        pendingTrailers.removeAll()
    }

    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        if inputLeft != .max { inputLeft -= min(inputLeft, UInt64(bytes.count)) }
        guard isExchangeActive else {
            connection.session?.consume(bytes.count, on: id)
            if isLingering { swallowed(bytes.count) }
            return
        }
        if isReadingPaused || !pending.isEmpty || (asksForTunnel && !isTunnel) {
            pending.append(bytes)
            return
        }
        contentMoved(bytes.count)
        exchange?.requestBody(bytes)
        connection.session?.consume(bytes.count, on: id)
    }

    private func swallowed(_ count: Int) {
        lingeredBytes += count
        guard lingeredBytes > server.limits.lingerBytes else { return }
        isLingering = false
        connection.session?.reset(id, .none)
    }

    func received(trailers: TrailerSection) {
        pendingTrailers = trailers
    }

    func inputEnded() {
        isInputEnded = true
        updateTimer()
        if pending.isEmpty && !isReadingPaused { requestRead() }
    }

    /// The exchange has had all that came, and learns that nothing more will.
    private func requestRead() {
        guard isExchangeActive, !isRequestRead else { return }
        isRequestRead = true
        if !pendingTrailers.isEmpty {
            let trailers = pendingTrailers
            trailers.withBytes { exchange?.requestTrailers($0, $1) }
        }
        if isExchangeActive { exchange?.requestEnd() }
        if isTunnel && isResponseEnded { tunnelEnded() }
    }

    // MARK: Flow

    func pauseReading() {
        guard isExchangeActive, !isReadingPaused else { return }
        isReadingPaused = true
        // It is we who do not want the content.
        updateTimer()
    }

    func resumeReading() {
        guard isOpen, isReadingPaused else { return }
        isReadingPaused = false
        if !isInputEnded { beginContentTime() }
        wantPending()
    }

    /// What is kept is to be handed over at the end of the turn.
    func wantPending() {
        guard !isResumed else { return }
        isResumed = true
        connection.isResumed(self)
    }

    /// Hands over what was kept, as far as it is wanted. Called at the end of a turn.
    func deliverPending() {
        isResumed = false
        while isExchangeActive && !isReadingPaused && !pending.isEmpty {
            // Taken out: what is called may drop all that is pending.
            var piece = ByteBuffer()
            swap(&piece, &pending)
            let count = min(piece.count, HTTP2Stream.pieceSize)
            exchange?.requestBody(UnsafeBufferPointer(rebasing: piece.readable[..<count]))
            connection.session?.consume(count, on: id)
            guard isExchangeActive else {
                connection.session?.consume(piece.count - count, on: id)
                return
            }
            piece.consume(count)
            swap(&piece, &pending)
        }
        if pending.isEmpty { pending.release() }
        if isExchangeActive && isInputEnded && !isReadingPaused && pending.isEmpty { requestRead() }
    }

    /// Nobody wants what is kept: its room in the windows is free again.
    func dropPending() {
        guard !pending.isEmpty else { return }
        connection.session?.consume(pending.count, on: id)
        pending.release()
    }
}
