internal import HTTP
internal import Sockets

/// Output and input of the present request.
extension UpstreamConnection {
    /// Interim responses before the final one; who sends more has something else in mind.
    private static let maximumInterim = 16

    func flush() {
        guard let transport else { return }
        if isOutputWaiting && !isWriteBlocked {
            let sending = output.send(through: transport)
            if sending.moved > 0 { isRequestOnTheWay = true }
            switch sending.outcome {
            case .done: break
            case .blocked: isWriteBlocked = true
            case .failed: outputBroke()
            }
            if !isBroken && (!isRequestEnded || isTunnel) { setStallTimer() }
        }
        if isBroken { return }
        if !isOutputWaiting {
            output.clear()
            if isTunnel { tunnelSent() }
            if phase == .closed { return }
        }
        updateInterest()
        if isCongested {
            wasCongested = true
        } else if wasCongested && output.count <= limits.outputLow {
            wasCongested = false
            client?.upstreamDrained()
        }
    }

    /// The peer may have answered before it closed: what it sent is read at the end of the turn. Not at once: whoever writes may be
    /// going through the loop's one input buffer at this moment.
    func outputBroke() {
        output.release()
        isWriteBlocked = true
        isBroken = true
        loop.callAtEndOfTurn(self)
    }

    /// Takes what the peer sent before it closed; nothing more can come.
    func readLastInput() {
        readInput()
        if phase != .closed { close() }
    }

    func readInput() {
        if !pending.isEmpty {
            processPending()
        }
        var turn = InputTurn()
        while (phase == .idle || phase == .busy) && !isReadingPaused && !isInputEnded, let transport,
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
                if case .secure(.alert, _) = error, !isResponseHeadDone, !isReused {
                    // TLS 1.3: the peer judges our certificate only after our handshake has ended. It has served
                    // nobody before that, so the request was not seen.
                    fail(.handshake(error))
                } else if case .refused = error {
                    fail(.notTaken)
                } else {
                    close()
                }
                return
            }
        }
    }

    private func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard isActive else {
            // Nobody asked: out of step, of no further use.
            close()
            return
        }
        if pending.isEmpty {
            let used = process(bytes)
            if phase != .closed && used < bytes.count { pending.append(UnsafeBufferPointer(rebasing: bytes[used...])) }
        } else {
            pending.append(bytes)
            processPending()
        }
    }

    private func processPending() {
        let used = process(pending.readable)
        guard phase != .closed else { return }
        pending.consume(used)
        if pending.isEmpty { pending.clear() }
    }

    /// Gives the bytes to the parser or decoder; returns how many were used.
    private func process(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var used = 0
        while phase == .busy && isActive {
            let rest = UnsafeBufferPointer(rebasing: bytes[used...])
            if !isResponseHeadDone {
                if rest.isEmpty { return used }
                switch parser.parse(rest, answering: method, into: &head) {
                case .needMore: return used
                case .failed(let error):
                    fail(.badResponse(error))
                    return bytes.count
                case .complete(let length):
                    used += length
                    parser.reset()
                    if head.isInterim {
                        interimCount += 1
                        guard interimCount <= UpstreamConnection.maximumInterim else {
                            fail(.badResponse(.tooManyInterimResponses))
                            return bytes.count
                        }
                        // A 100 answers the expectation, and that went no further than to us.
                        if head.status != 100 { client?.upstreamInterim(head, rest) }
                        continue
                    }
                    if head.status == 101 {
                        guard mayTunnel && head.switchesToWebSocket else {
                            fail(.badResponse(.unexpectedSwitch))
                            return bytes.count
                        }
                        isTunnel = true
                        // The request was whole; what follows it now is a direction of the tunnel.
                        isRequestEnded = false
                        head.framing = .untilClose
                    }
                    isResponseHeadDone = true
                    decoder.begin(head.framing)
                    setStallTimer()
                    client?.upstreamResponded(head, rest)
                }
            } else {
                switch decoder.decode(rest) {
                case .data(let offset, let count, let consumed):
                    used += consumed
                    setStallTimer()
                    client?.upstreamSent(UnsafeBufferPointer(rebasing: rest[offset..<(offset + count)]))
                case .needMore(let consumed): return used + consumed
                case .end(let consumed):
                    used += consumed
                    if let trailers = decoder.trailers() { trailers.withBytes { client?.upstreamTrailers($0, $1) } }
                    guard phase == .busy && isActive else { return bytes.count }
                    responseEnded(hasMore: used < bytes.count)
                    return bytes.count
                case .failed(let error):
                    fail(.badResponse(error))
                    return bytes.count
                }
            }
        }
        return phase == .closed ? bytes.count : used
    }

    private func responseEnded(hasMore: Bool) {
        let client = self.client
        let isReusable = isRequestEnded && !isOutputWaiting && head.isPersistent && !hasMore && !isBroken
        isActive = false
        self.client = nil
        if isReusable {
            phase = .idle
            isReadingPaused = false
            timer.set(afterMilliseconds: limits.idleMilliseconds)
            updateInterest()
            onIdle(self)
        } else {
            close()
        }
        client?.upstreamEnded()
    }

    /// All that was written into the tunnel is on its way.
    private func tunnelSent() {
        timer.cancel()
        guard isRequestEnded, !isOutputEnded else { return }
        isOutputEnded = true
        if isInputEnded {
            responseEnded(hasMore: true)
        } else {
            transport?.closeWrite()
        }
    }

    private func inputEnded() {
        if isActive && isTunnel && !isRequestEnded {
            isInputEnded = true
            updateInterest()
            client?.upstreamHalfClosed()
            return
        }
        guard isActive, isResponseHeadDone, decoder.endOfInput() else {
            close()
            return
        }
        responseEnded(hasMore: true)
    }
}
