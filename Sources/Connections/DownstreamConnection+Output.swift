package import HTTP
internal import Sockets

/// From responses to bytes.
extension DownstreamConnection {
    package var canRespond: Bool { isExchangeActive && !isResponseStarted && phase != .closed }

    package func writeContinue() {
        guard canRespond, !isHTTP10 else { return }
        isContinueOwed = false
        output.append("HTTP/1.1 100 Continue\r\n\r\n")
        loop.callAtEndOfTurn(self)
    }

    package func beginInterimResponse(status: UInt16) -> Bool {
        // RFC 9110 15.2: none to HTTP/1.0.
        guard canRespond, !isHTTP10 else { return false }
        output.appendStatusLine(status)
        return true
    }

    package func endInterimResponse() {
        output.append("\r\n")
        loop.callAtEndOfTurn(self)
    }

    package func beginResponse(status: UInt16) {
        precondition(canRespond, "a response was begun twice or without a request")
        isResponseStarted = true
        hasTrailers = false
        output.appendStatusLine(status)
        server.counters.count(status: status)
        if status == 101 || status == 204 || status == 304 { hasNoContent = true }
    }

    package func appendField(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        output.appendFieldBytes(name: name, value: value)
    }

    package func appendDate() {
        server.date.append(to: &output, now: loop.now)
    }

    /// A client of HTTP/1.0 gets content of unknown length until the close.
    package func endResponseHead(_ framing: BodyFraming) {
        var framing = framing
        switch framing {
        case .length(let length):
            output.appendField(name: "content-length", decimal: length)
            contentLeft = length
        case .chunked, .untilClose:
            if isHTTP10 {
                framing = .untilClose
                keepsAlive = false
            } else {
                framing = .chunked
                output.appendField("transfer-encoding", "chunked")
            }
        case .none: break
        }
        self.framing = hasNoContent ? .none : framing
        // A final answer instead of the 100: whether the content still comes nobody can tell (RFC 9110, 10.1.1).
        if (isInputEnded && pending.isEmpty) || server.isDraining || isContinueOwed { keepsAlive = false }
        if !keepsAlive {
            output.appendField("connection", "close")
        } else if isHTTP10 {
            output.appendField("connection", "keep-alive")
        }
        output.append("\r\n")
        loop.callAtEndOfTurn(self)
    }

    package func writeBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard phase != .closed, !isResponseEnded, !bytes.isEmpty else { return }
        switch framing {
        case .none: return
        case .length:
            guard UInt64(bytes.count) <= contentLeft else {
                close()
                return
            }
            contentLeft -= UInt64(bytes.count)
            writeRaw(bytes)
        case .chunked:
            output.appendChunkHead(bytes.count)
            writeRaw(bytes)
            guard phase != .closed else { return }
            output.appendChunkTail()
        case .untilClose:
            writeRaw(bytes)
        }
        if isCongested { flush() }
        if isCongested { wasCongested = true }
        if phase != .closed { loop.callAtEndOfTurn(self) }
    }

    private func writeRaw(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard !isWriteBlocked else { return output.append(bytes) }
        switch output.gather(bytes, into: transport).outcome {
        case .done: break
        case .blocked: writeBlocked()
        case .failed: close()
        }
    }

    package func appendTrailer(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        guard phase != .closed, !isResponseEnded, framing == .chunked else { return }
        if !hasTrailers { output.appendTrailerStart() }
        hasTrailers = true
        output.appendFieldBytes(name: name, value: value)
    }

    package func endResponse() {
        guard phase != .closed, isExchangeActive, isResponseStarted, !isResponseEnded else { return }
        switch framing {
        case .chunked where hasTrailers: output.appendTrailerEnd()
        case .chunked: output.appendLastChunk()
        case .length where contentLeft > 0:
            close()
            return
        case .length, .none, .untilClose: break
        }
        isResponseEnded = true
        loop.callAtEndOfTurn(self)
        // Nothing comes behind what is gathered.
        if transport.unsent > 0 && !isWriteBlocked { flush() }
        guard phase != .closed else { return }
        if phase == .tunnel { return endTunnelOutput() }
        if isRequestRead || !keepsAlive {
            exchangeEnded()
        } else {
            // The rest of the request is read and dropped, within a bound, to keep the connection.
            resumeReading()
        }
    }

    package func abortResponse() {
        // What came before the break is the client's; that nothing ends it properly tells of the break.
        if !isWriteBlocked { flush() }
        close()
    }

    func exchangeEnded() {
        guard phase != .closed else { return }
        if isExchangeActive {
            isExchangeActive = false
            server.exchangeEnded()
        }
        if keepsAlive {
            phase = .awaitingHead
            timeIdle()
            if isReadingPaused { resumeReading() }
            // Inside `process` the loop there goes on by itself.
            continueWithPending()
        } else {
            isEnding = true
            loop.callAtEndOfTurn(self)
        }
    }

    func flush() {
        var moved = 0
        if !isWriteBlocked {
            let isLast = isEnding && !isOutputEnded
            let sending = isLast ? output.sendLast(through: transport) : output.send(through: transport)
            moved = sending.moved
            switch sending.outcome {
            case .done: if isLast { isOutputEnded = true }
            case .blocked: writeBlocked()
            case .failed: return close()
            }
        }
        let isSent = !isWriteBlocked || !isOutputWaiting
        if isSent { isOutputTimed = false }
        if moved > 0 { outputMoved(moved) }
        if isSent {
            output.clear()
            if phase == .tunnel { tunnelSent() }
            if isEnding { endConnection() }
        }
        updateInterest()
        reportDrained()
    }

    /// The client has taken output: one that takes it slowly gets more time, one that has taken all of it is not
    /// hurried any more.
    private func outputMoved(_ count: Int) {
        if isOutputTimed { outputDeadline.moved(count, now: loop.now) }
        switch phase {
        case .receivingBody:
            // A stream in both directions is alive as long as one of them moves.
            if isReadingPaused || head.framing == .chunked { beginContentTime() }
        case .awaitingResponse, .tunnel: timeOutput()
        case .awaitingHead where !isHeadTimed: timeIdle()
        case .awaitingHead, .lingering, .closed: break
        }
    }

    /// The client owes us nothing but to take what is written: a deadline runs only while output waits for it.
    func timeOutput() {
        if phase == .tunnel {
            timeTunnel()
        } else if isWriteBlocked && isOutputWaiting {
            timer.set(at: outputDeadline.instant)
        } else if awaitsResponseHalfClosed {
            timer.set(afterMilliseconds: server.limits.halfClosedMilliseconds)
        } else {
            timer.cancel()
        }
    }

    /// The client has ended its side and waits, for this answer or for one of those before it.
    var awaitsResponseHalfClosed: Bool { isInputEnded && phase == .awaitingResponse && !isResponseStarted }

    private func writeBlocked() {
        isWriteBlocked = true
        if !isOutputTimed {
            isOutputTimed = true
            outputDeadline.restart(now: loop.now)
        }
        if phase == .tunnel {
            timeTunnel()
        } else if phase == .awaitingResponse || (phase == .awaitingHead && !isHeadTimed) {
            timer.set(at: outputDeadline.instant)
        }
        updateInterest()
    }

    private func reportDrained() {
        if isCongested {
            wasCongested = true
        } else if wasCongested && output.count <= server.limits.outputLow {
            wasCongested = false
            if isExchangeActive && !isResponseEnded { exchange?.downstreamDrained() }
        }
    }

    /// Answers a request that can't be served by anybody, then closes.
    func reject(status: UInt16, message: StaticString) {
        keepsAlive = false
        cancelExchange()
        isExchangeActive = true
        server.exchangeBegan()
        isResponseStarted = false
        isResponseEnded = false
        isRequestRead = true
        hasNoContent = false
        phase = .awaitingResponse
        respond(status: status, error: "\(message)")
    }
}
