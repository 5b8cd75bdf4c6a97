package import HTTP
internal import Sockets

/// From responses to bytes. No call of this file calls the service: see `ServiceCalls`.
extension DownstreamConnection {
    package var isDraining: Bool { server.isDraining }
    package var waitingOutput: Int { output.count }
    package var room: Int { pump.isWriteBlocked ? 0 : transport.room }
    package var isRoomy: Bool { !pump.isWriteBlocked && (ownLedger?.pressure ?? .low) == .low }
    package var canRespond: Bool { phase == .open && state.canRespond }

    package func checkCongestion() -> Bool {
        // A broken connection takes no output, and soon cancels the exchange.
        guard phase == .open else { return true }
        guard holdsTooMuchOutput else { return false }
        // The bound moves. After too much output, the service learns when there is less.
        wasCongested = true
        return true
    }

    /// More output waits than the connection may hold.
    var holdsTooMuchOutput: Bool {
        let waiting = output.count + pump.unsentCharge
        return waiting > MemoryLedger.free && waiting > outputHigh
    }

    /// The bound on the output that waits for the client. On a stream of a shared connection the bound is the stream's
    /// credit, besides the minimum: without credit, the output can't leave.
    private var outputHigh: Int {
        if !listing.holdsSlot { return min(server.limits.outputHigh, max(MemoryLedger.free, transport.room)) }
        return ownLedger?.bound(server.limits.outputHigh) ?? server.limits.outputHigh
    }

    /// Once the waiting output has fallen to this bound, the service learns that it may write.
    var outputLow: Int { min(server.limits.outputLow, outputHigh / 4) }

    // MARK: Flow of the request

    package func pauseReading() {
        guard state.pause() else { return }
        updateTimer()
        updateInterest()
    }

    package func resumeReading() {
        guard phase == .open, state.resume(now: loop.now) else { return }
        readingResumed()
    }

    private func readingResumed() {
        watchAgain()
        updateTimer()
        updateInterest()
        if state.isTunnel { loop.callAtEndOfTurn(self) }
        // The socket's readiness does not report bytes that TLS has read ahead.
        if transport.hasBufferedInput { loop.callNextTurn(self) }
    }

    private func watchAgain() {
        do throws(SystemError) {
            try pump.watchAgain(self, on: loop)
        } catch {
            // The kernel is out of memory. The connection fails in the next turn, not inside this call.
            _ = state.limitTunnel(to: loop.now &+ 1)
        }
    }

    // MARK: Heads

    package func writeContinue() {
        guard phase == .open, state.askForContent(now: loop.now) else { return }
        output.append("HTTP/1.1 100 Continue\r\n\r\n")
        loop.callAtEndOfTurn(self)
    }

    package func beginInterimResponse(status: UInt16) -> Bool {
        guard canRespond, framing.takesInterim else { return false }
        output.appendStatusLine(status)
        return true
    }

    package func endInterimResponse() {
        output.append("\r\n")
        loop.callAtEndOfTurn(self)
    }

    package func beginResponse(status: UInt16) {
        state.beginResponse()
        framing.begin(status: status, in: &output)
        server.counters.count(status: status)
        context.responseBegan(status: status, now: loop.now)
    }

    package func appendField(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        output.appendFieldBytes(name: name, value: value)
    }

    package func appendUpgrade(_ protocols: UnsafeBufferPointer<UInt8>) {
        output.appendField(name: "upgrade", value: protocols)
        output.appendField("connection", "upgrade")
    }

    package func appendDate() {
        server.date.append(to: &output, now: loop.now)
    }

    package func endResponseHead(_ framing: BodyFraming, mayHaveTrailers: Bool) {
        let needsChunks = mayHaveTrailers && reader.head.acceptsTrailers && reader.head.minorVersion > 0
        let framing = needsChunks && framing.isCounted ? .chunked : framing
        // A final response instead of a 100: the content may or may not follow (RFC 9110 10.1.1).
        let isLast = (pump.isInputEnded && pending.isEmpty) || server.isDraining || state.awaitsContinue
        state.endHead(self.framing.endHead(framing, isLast: isLast, in: &output))
        loop.callAtEndOfTurn(self)
    }

    package func beginTunnel() {
        precondition(reader.head.upgradesToWebSocket, "a tunnel was begun that nobody asked for")
        state.beginTunnel()
        framing.begin(status: 101, in: &output)
        server.counters.count(status: 101)
        context.responseBegan(status: 101, now: loop.now)
    }

    package func endTunnelHead() {
        framing.endTunnelHead(in: &output)
        state.endTunnelHead(now: loop.now)
        server.counters.tunnelsBegan.add(1)
        if server.isDraining { drainTunnel() }
        resumeReading()
        updateTimer()
        // The end of the turn hands over the bytes that arrived behind the request.
        loop.callAtEndOfTurn(self)
    }

    // MARK: Content

    package func writeBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard phase == .open, !bytes.isEmpty else { return }
        calls.enterDownstream()
        defer { calls.leaveDownstream() }
        switch state.write(bytes.count) {
        case .ignored: return
        case .tooMuch: return breakOff()
        case .accepted: context.sent(bytes.count)
        }
        framing.beginPiece(bytes.count, in: &output)
        switch pump.gather(bytes, behind: &output, now: loop.now).outcome {
        case .done: break
        case .blocked: writeBlocked()
        case .failed: return breakOff()
        }
        framing.endPiece(in: &output)
        if holdsTooMuchOutput {
            guard send() else { return breakOff() }
            if holdsTooMuchOutput { wasCongested = true }
        }
        chargeBuffers()
        loop.callAtEndOfTurn(self)
    }

    /// The response can't become complete. The connection closes at the end of the turn, so that the client notices.
    private func breakOff() {
        phase = .broken
        loop.callAtEndOfTurn(self)
    }

    package func appendTrailer(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        guard phase == .open, state.takesTrailers else { return }
        framing.appendTrailer(name: name, value: value, in: &output)
    }

    package func endResponse() {
        guard phase == .open else { return }
        calls.enterDownstream()
        defer { calls.leaveDownstream() }
        let wasPaused = state.isPaused
        switch state.endResponse(now: loop.now) {
        case .ignored: return
        case .short: return breakOff()
        case .whole:
            framing.end(in: &output)
            limitRest()
            server.exchangeEnded(context)
        case .half: updateTimer()
        case .tunnelOver:
            server.exchangeEnded(context)
            server.counters.tunnelsEnded.add(1)
        }
        loop.callAtEndOfTurn(self)
        // No byte may follow before the gathered content.
        if !pump.isWriteBlocked && transport.unsent > 0 && !send() { return breakOff() }
        if wasPaused && !state.isPaused { readingResumed() }
    }

    package func abortResponse() {
        guard phase == .open else { return }
        calls.enterDownstream()
        defer { calls.leaveDownstream() }
        // The client gets the bytes before the break. The response has no proper end, so the client notices.
        if !pump.isWriteBlocked { _ = send() }
        breakOff()
    }
}
