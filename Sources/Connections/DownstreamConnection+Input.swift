internal import HTTP
internal import Sockets

/// From bytes to requests.
extension DownstreamConnection {
    var takesInput: Bool {
        switch phase {
        case .open: reads && !shedIfFull()
        case .lingering: !pump.isInputEnded
        case .broken, .closed: false
        }
    }

    /// The open connection reads from its client now. This depends on the present state only. A client that sends ahead
    /// of its responses can't make the connection read more with each response.
    var reads: Bool { !state.isPaused && !pump.isInputEnded && !pipeline.isYielding && !storesEnough }

    /// The bytes behind the present request fill their bound, and wait for its end.
    private var storesEnough: Bool {
        guard pending.count > server.limits.pendingHigh else { return false }
        switch state.request {
        case .whole, .held, .tunnelEnded: return true
        case .none, .content, .unwanted, .tunnel: return false
        }
    }

    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        server.counters.receivedBytes.add(UInt64(bytes.count))
        if phase == .lingering { return swallow(bytes.count) }
        if pending.isEmpty {
            let used = process(bytes)
            guard phase == .open, used < bytes.count else { return }
            pending.append(UnsafeBufferPointer(rebasing: bytes[used...]))
        } else {
            pending.append(bytes)
            takePending()
        }
        if phase == .open, storesEnough { updateInterest() }
        chargeBuffers()
    }

    /// Takes the kept bytes as far as the state allows: the next request, or bytes of a tunnel.
    func takePending() {
        guard phase == .open, !pipeline.isYielding else { return }
        if !pending.isEmpty {
            let used = process(pending.readable)
            guard phase == .open else { return }
            pending.consume(used)
            if pending.isEmpty { pending.clear() }
            chargeBuffers()
            // The socket's readiness does not report bytes that TLS has read ahead.
            if reads && transport.hasBufferedInput { loop.callNextTurn(self) }
        }
        if pump.isInputEnded && !pipeline.isYielding && (pending.isEmpty || state.isIdle) { lastInputTaken() }
    }

    /// Continues a pipeline, in a turn after the one in which the pipeline had to wait.
    func resumePipeline() {
        guard state.isIdle, pipeline.resume() else { return }
        takePending()
        updateInterest()
    }

    /// Gives the bytes to the reader as far as the state allows.
    ///
    /// - Returns: the number of used bytes.
    private func process(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var used = 0
        while phase == .open {
            // The response to a broken request ends the connection: the bytes behind the request are lost.
            let left = UnsafeBufferPointer(rebasing: bytes[used...])
            if isEnding && !state.isIdle {
                swallow(left.count)
                return bytes.count
            }
            switch state.request {
            case .none:
                if left.isEmpty || mustYield() { return used }
                if reader.limits !== server.limitsInForce { followLimits() }
                switch reader.readHead(left) {
                case .needMore:
                    if reader.hasPartOfHead { timeHead() }
                    return used
                case .failed(let error):
                    server.counters.count(error)
                    reject(status: error.status, message: error.reason, head: left)
                    return bytes.count
                case .complete(let length):
                    used += length
                    beginRequest(left)
                    advance()
                }
            case .content, .unwanted:
                switch reader.readContent(left) {
                case .data(let offset, let count, let consumed):
                    used += consumed
                    contentCame(UnsafeBufferPointer(rebasing: left[offset..<(offset + count)]), consumed: consumed)
                    advance()
                case .needMore(let consumed): return used + consumed
                case .end(let consumed):
                    used += consumed
                    requestRead()
                    advance()
                case .failed(let error):
                    server.counters.count(error)
                    if state.isResponseStarted {
                        close()
                    } else {
                        reject(status: error.status, message: error.reason)
                    }
                    return bytes.count
                }
            case .tunnel:
                if left.isEmpty || state.isPaused { return used }
                contentCame(left, consumed: left.count)
                return bytes.count
            case .whole, .held, .tunnelEnded: return used
            }
        }
        return bytes.count
    }

    /// True if the next request waits for a later turn. The end of the turn, when the responses leave, calls for it.
    private func mustYield() -> Bool {
        let isCongested = output.count > server.limits.outputHigh
        guard pipeline.mustYield(isCongested: isCongested, isTurnOver: loop.isTurnOver) else { return false }
        pipeline.yield()
        loop.callAtEndOfTurn(self)
        return true
    }

    /// New limits apply from the first byte of a request on. While the output of an earlier response waits, they wait too.
    private func followLimits() {
        guard !reader.hasPartOfHead, pump.outputLateAt == OutputClock.never else { return }
        reader.adopt(server.limitsInForce)
        pump.limitOutput(to: limits.progress)
    }

    private func timeHead() {
        guard rest != .receivingHead else { return }
        rest = .receivingHead
        timer.set(afterMilliseconds: limits.headMilliseconds)
    }

    private func beginRequest(_ bytes: UnsafeBufferPointer<UInt8>) {
        rest = .waiting
        hasServed = true
        noteBegun()
        isEnding = false
        pipeline.requestBegan()
        server.counters.requests.add(1)
        framing = HTTP1Framing(answering: reader.head, isDraining: server.isDraining)
        if let memory = server.memory, memory.isTight, !mayBeginRequest(from: memory) {
            server.counters.count(.memoryLimit)
            return reject(
                status: 503, message: "the server is short of memory; try again", head: bytes, retryAfterSeconds: 1,
                mark: listing.holdsSlot ? nil : .busy)
        }
        let hasContent = reader.beginContent()
        state.begin(hasContent ? .content(.open) : .whole)
        if reader.head.expectsContinue { state.expectContinue() }
        if hasContent {
            let isCounted = reader.head.framing.isCounted
            state.limitContent(
                to: limits.contentProgress(isCounted: isCounted), isCounted: isCounted, now: loop.now)
        }
        server.exchangeBegan()
        limitAnswer()
        updateTimer()
        context.begin(
            reader.head, bytes, now: loop.now, keeping: server.observedFacts, isHTTP2: false, tls: negotiatedTLS)
        prepareExchange()
        service?.requestHead(reader.head, bytes)
        // A tunnel that began in that call ends when the client ends it.
        if state.request == .whole, state.answerer == .service { service?.requestEnd() }
    }

    private func contentCame(_ content: UnsafeBufferPointer<UInt8>, consumed: Int) {
        noteMoved(consumed)
        state.contentCame(consumed, now: loop.now)
        updateTimer()
        if state.feedsService {
            context.received(content.count)
            service?.requestBody(content)
        } else if !state.swallow(content.count, atMost: limits.lingerBytes) {
            framing.endConnection()
        }
    }

    private func requestRead() {
        let end = state.requestEnded(now: loop.now)
        limitAnswer()
        updateTimer()
        guard end != .untold else { return }
        if let trailers = reader.trailers() { trailers.withBytes { service?.requestTrailers($0, $1) } }
        if state.answerer == .service { service?.requestEnd() }
    }

    /// A client that has ended its side may still wait for its answer (RFC 9112 9.6). Most such clients have gone, so
    /// the wait is short.
    private func limitAnswer() {
        guard pump.isInputEnded, state.request == .whole else { return }
        state.limitAnswer(to: loop.now(plusMilliseconds: limits.halfClosedMilliseconds))
    }

    // MARK: The end of input

    func inputFailed(_ error: TransportError) {
        server.connectionFailed(error, from: peerHost)
        close()
    }

    func inputEnded() {
        pump.isInputEnded = true
        switch phase {
        case .open: break
        case .lingering:
            if !transport.endsBeforeConnection { closeIfDelivered() }
            return
        case .broken, .closed: return
        }
        switch state.request {
        case .none:
            // The last response may still be in transit.
            guard isOutputWaiting else { return close() }
            isEnding = true
            loop.callAtEndOfTurn(self)
        case .content:
            // The content can no longer become complete. A client that is still connected gets an answer.
            if state.isResponseStarted { return close() }
            reject(status: 400, message: "the request's content ended early")
        case .unwanted:
            framing.endConnection()
            advance()
        case .whole, .held:
            if pending.isEmpty { framing.endConnection() }
            limitAnswer()
            updateTimer()
        case .tunnel, .tunnelEnded: if pending.isEmpty { lastInputTaken() }
        }
        updateInterest()
    }

    /// The client has ended its side, and all of its bytes have been used.
    private func lastInputTaken() {
        switch state.request {
        case .tunnel:
            switch state.requestEnded(now: loop.now) {
            case .untold: break
            case .tell: service?.requestEnd()
            case .tellTunnelOver:
                server.exchangeEnded(context)
                server.counters.tunnelsEnded.add(1)
                service?.requestEnd()
            }
            updateTimer()
            advance()
        case .none where !isEnding:
            isEnding = true
            loop.callAtEndOfTurn(self)
        case .none, .content, .unwanted, .whole, .held, .tunnelEnded: break
        }
    }

    /// Answers a request that the service can't get, then ends the connection.
    ///
    /// - Parameters:
    ///   - head: the received part of a faulty head.
    ///   - mark: for the balancer, if this is a stream of it.
    func reject(
        status: UInt16, message: StaticString, head: UnsafeBufferPointer<UInt8>? = nil, retryAfterSeconds: Int? = nil,
        mark: ResponseMark? = nil
    ) {
        let count = errorContentLength(of: message)
        if let head {
            server.onReject(RejectedRequest(peerHost: peerHost, head: head, status: status, contentBytes: count))
        } else if state.answerer == .service {
            context.rejected(status: status, contentBytes: count)
        }
        let answerer = state.answerAlone()
        if answerer != .nobody { server.exchangeEnded(context) }
        if answerer == .service { service?.cancelled() }
        framing.answerAlone()
        server.exchangeBegan()
        respond(status: status, error: "\(message)", retryAfterSeconds: retryAfterSeconds, mark: mark)
        advance()
    }
}
