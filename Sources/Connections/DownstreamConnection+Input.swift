internal import HTTP
internal import Sockets

/// From bytes to requests.
extension DownstreamConnection {
    package func pauseReading() {
        guard !isReadingPaused else { return }
        isReadingPaused = true
        // What is not read can't come: until it is read again, nobody counts bytes.
        if phase == .receivingBody { beginContentTime() }
        updateInterest()
    }

    package func resumeReading() {
        guard isReadingPaused, phase != .closed else { return }
        isReadingPaused = false
        if isUnwatched { watchAgain() }
        if phase == .receivingBody { beginContentTime() }
        updateInterest()
        if phase == .tunnel { loop.callAtEndOfTurn(self) }
        // The socket's readiness does not tell of what TLS has read ahead.
        if transport.hasBufferedInput { loop.callNextTurn(self) }
    }

    func readInput() {
        var turn = InputTurn()
        while phase != .closed && !isReadingPaused && !isInputEnded,
            let result = turn.receive(from: transport, using: loop.scratch, for: self, on: loop)
        {
            switch result {
            case .bytes(let bytes): received(bytes)
            case .wouldBlock(let direction):
                if direction == .write {
                    isWriteBlocked = true
                    updateInterest()
                }
                return
            case .endOfStream:
                inputEnded()
                return
            case .failed(let error):
                server.connectionFailed(error, from: peerHost)
                close()
                return
            }
        }
    }

    private func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        if phase == .lingering {
            lingeredBytes += bytes.count
            if lingeredBytes > server.limits.lingerBytes { close() }
            return
        }
        if pending.isEmpty {
            let used = process(bytes)
            guard phase != .closed, phase != .lingering, used < bytes.count else { return }
            pending.append(UnsafeBufferPointer(rebasing: bytes[used...]))
        } else {
            pending.append(bytes)
            processPending()
        }
        if phase == .awaitingResponse && pending.count > server.limits.pendingHigh { pauseReading() }
    }

    func processPending() {
        let used = process(pending.readable)
        guard phase != .closed, phase != .lingering else { return }
        pending.consume(used)
        if pending.isEmpty { pending.clear() }
    }

    /// Takes up what was kept while a response was under way.
    func continueWithPending() {
        guard !isProcessing, phase == .awaitingHead else { return }
        if !pending.isEmpty { processPending() }
        if isInputEnded && phase == .awaitingHead {
            isEnding = true
            loop.callAtEndOfTurn(self)
        }
    }

    /// Gives the bytes to the parser or decoder as far as the state allows; returns how many were used.
    private func process(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        isProcessing = true
        defer { isProcessing = false }
        var used = 0
        while true {
            let rest = UnsafeBufferPointer(rebasing: bytes[used...])
            switch phase {
            case .awaitingHead:
                if rest.isEmpty { return used }
                switch parser.parse(rest, into: &head) {
                case .needMore:
                    if parser.hasStarted { timeHead() }
                    return used
                case .failed(let error):
                    server.counters.count(error)
                    reject(status: error.status, message: error.reason)
                    return bytes.count
                case .complete(let length):
                    used += length
                    beginRequest(rest)
                }
            case .receivingBody:
                switch decoder.decode(rest) {
                case .data(let offset, let count, let consumed):
                    used += consumed
                    isContinueOwed = false
                    contentMoved(consumed)
                    if isResponseEnded {
                        lingeredBytes += count
                        if lingeredBytes > server.limits.lingerBytes { keepsAlive = false }
                        if !keepsAlive {
                            exchangeEnded()
                            return bytes.count
                        }
                    } else if isExchangeActive {
                        exchange?.requestBody(UnsafeBufferPointer(rebasing: rest[offset..<(offset + count)]))
                    }
                case .needMore(let consumed):
                    return used + consumed
                case .end(let consumed):
                    used += consumed
                    requestRead()
                case .failed(let error):
                    server.counters.count(error)
                    if isResponseStarted {
                        close()
                    } else {
                        reject(status: error.status, message: error.reason)
                    }
                    return bytes.count
                }
            case .tunnel:
                if rest.isEmpty || isReadingPaused { return used }
                timeOutput()
                if isExchangeActive { exchange?.requestBody(rest) }
                return bytes.count
            case .awaitingResponse: return used
            case .lingering, .closed: return bytes.count
            }
        }
    }

    private func timeHead() {
        guard !isHeadTimed else { return }
        isHeadTimed = true
        timer.set(afterMilliseconds: server.limits.headMilliseconds)
    }

    private func beginRequest(_ bytes: UnsafeBufferPointer<UInt8>) {
        parser.reset()
        isHeadTimed = false
        isExchangeActive = true
        hasServed = true
        server.exchangeBegan()
        isRequestRead = false
        lingeredBytes = 0
        isResponseStarted = false
        isResponseEnded = false
        keepsAlive = head.isPersistent && !server.isDraining
        hasNoContent = head.method == .head
        isHTTP10 = head.minorVersion == 0
        isContinueOwed = head.expectsContinue
        isEnding = false
        server.counters.requests.add(1)
        let hasBody = head.framing != .none && head.framing != .length(0)
        if hasBody {
            phase = .receivingBody
            decoder.begin(head.framing)
            contentDeadline = server.limits.contentProgress(isCounted: head.framing.isCounted)
            beginContentTime()
        } else {
            phase = .awaitingResponse
            timeOutput()
        }
        exchange?.requestHead(head, bytes)
        if !hasBody { requestRead() }
    }

    /// Gives the client the whole time for the next piece of content.
    func beginContentTime() {
        contentDeadline.restart(now: loop.now)
        timer.set(at: contentDeadline.instant)
    }

    private func contentMoved(_ count: Int) {
        contentDeadline.moved(count, now: loop.now)
        timer.set(at: contentDeadline.instant)
    }

    private func requestRead() {
        guard phase == .receivingBody || phase == .awaitingResponse, !isRequestRead else { return }
        phase = .awaitingResponse
        isRequestRead = true
        timeOutput()
        if isExchangeActive && !isResponseEnded, let trailers = decoder.trailers() {
            trailers.withBytes { exchange?.requestTrailers($0, $1) }
        }
        if isExchangeActive && !isResponseEnded { exchange?.requestEnd() }
        if isResponseEnded { exchangeEnded() }
    }

    private func inputEnded() {
        isInputEnded = true
        switch phase {
        case .receivingBody:
            // The content can't become complete any more; whoever is still there gets told.
            if isResponseEnded {
                keepsAlive = false
                exchangeEnded()
            } else if isResponseStarted {
                close()
            } else {
                reject(status: 400, message: "the request's content ended early")
            }
        case .awaitingResponse:
            if pending.isEmpty { keepsAlive = false }
            if awaitsResponseHalfClosed { timeOutput() }
            updateInterest()
        case .tunnel:
            updateInterest()
            if pending.isEmpty { tunnelInputEnded() }
        case .lingering:
            if !transport.endsBeforeConnection { closeIfDelivered() }
        case .awaitingHead where isOutputWaiting:
            // The last response is still on its way.
            isEnding = true
            updateInterest()
            loop.callAtEndOfTurn(self)
        case .awaitingHead, .closed:
            close()
        }
    }
}
