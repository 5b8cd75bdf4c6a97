internal import HTTP
internal import HTTP2
internal import Sockets

/// From the service to the client. No call of the service calls it back from here: see `ServiceCalls`.
extension HTTP2Stream {
    /// Content of this size is framed without a copy, if no output waits before it.
    private static let directSize = 4 << 10
    private static let noTunnelStatus: UInt16 = 502
    private static let roomyStreams = 32
    private static let roomyWindow = 32 << 10

    var canRespond: Bool { phase == .open && state.canRespond }
    var waitingOutput: Int { output.count }

    func checkCongestion() -> Bool {
        // A broken stream takes no output, and soon cancels the exchange.
        guard phase == .open else { return true }
        guard holdsTooMuchOutput else { return false }
        // The bound moves. After too much output, the service learns when there is less.
        wasCongested = true
        return true
    }

    var room: Int { connection.session?.room(of: id) ?? 0 }

    /// A response begins slowly beside many other streams, with small windows of the client, or while memory is scarce.
    var isRoomy: Bool {
        connection.openStreams <= HTTP2Stream.roomyStreams && room >= HTTP2Stream.roomyWindow
            && (connection.ownLedger?.pressure ?? .low) == .low
    }

    private var holdsTooMuchOutput: Bool { output.count > MemoryLedger.free && output.count > outputHigh }

    /// The bound on the output that waits for the client: the room in its windows, besides the minimum.
    private var outputHigh: Int {
        let bound = connection.ownLedger?.bound(server.limits.outputHigh) ?? server.limits.outputHigh
        return min(bound, max(MemoryLedger.free, room))
    }

    /// Once the waiting output has fallen to this bound, the service learns that it may write.
    private var outputLow: Int { min(server.limits.outputLow, outputHigh / 4) }

    // MARK: Heads

    func writeContinue() {
        guard phase == .open, state.askForContent(now: loop.now) else { return }
        beginFields(status: 100)
        endInterimResponse()
    }

    func beginInterimResponse(status: UInt16) -> Bool {
        guard canRespond else { return false }
        beginFields(status: status)
        return true
    }

    func endInterimResponse() {
        connection.session?.submitInterim(fields, on: id)
        chargeFields()
        loop.callAtEndOfTurn(connection)
    }

    func beginResponse(status: UInt16) {
        // RFC 8441 5: a 2xx would grant a tunnel. A server that gives such an answer has misunderstood the request.
        let status = state.isHeld && (200..<300).contains(status) ? HTTP2Stream.noTunnelStatus : status
        state.beginResponse()
        server.counters.count(status: status)
        context.responseBegan(status: status, now: loop.now)
        if status == 204 || status == 304 { hasNoContent = true }
        beginFields(status: status)
    }

    private func beginFields(status: UInt16) {
        fields.removeAll()
        fields.append(":status", decimal: UInt64(status))
    }

    func appendField(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        // HTTP/2 does not need this part of the handshake (RFC 8441 5).
        if state.isHeld && name.isFieldName("sec-websocket-accept") { return }
        fields.append(name: name, value: value)
    }

    func appendUpgrade(_ protocols: UnsafeBufferPointer<UInt8>) {}

    func appendDate() {
        server.date.withValue(now: loop.now) { appendField(name: "date", value: $0) }
    }

    func endResponseHead(_ framing: BodyFraming, mayHaveTrailers: Bool) {
        guard phase == .open else { return }
        var content = ServerExchange.Content.unbounded
        if case .length(let length) = framing {
            fields.append("content-length", decimal: length)
            content = .counted(left: length)
        }
        if hasNoContent || framing == .none || (framing == .length(0) && !mayHaveTrailers) { content = .none }
        state.endHead(content)
        connection.session?.submitResponse(fields, on: id, slot: slot, hasContent: content != .none)
        chargeFields()
        loop.callAtEndOfTurn(connection)
    }

    /// RFC 8441 5: the 101 of HTTP/1.1 is a 200, and the stream carries what the connection would.
    func beginTunnel() {
        precondition(state.isHeld, "a tunnel was begun that nobody asked for")
        state.beginTunnel()
        server.counters.count(status: 200)
        // The log names a tunnel by the status of HTTP/1.1, whatever the client speaks.
        context.responseBegan(status: 101, now: loop.now)
        beginFields(status: 200)
    }

    func endTunnelHead() {
        guard phase == .open else { return }
        state.endTunnelHead(now: loop.now)
        server.counters.tunnelsBegan.add(1)
        connection.session?.submitResponse(fields, on: id, slot: slot, hasContent: true)
        chargeFields()
        if server.isDraining { drain() } else { updateTimer() }
        wantPending()
        loop.callAtEndOfTurn(connection)
    }

    // MARK: Content

    func writeBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard phase == .open, !bytes.isEmpty else { return }
        calls.enterDownstream()
        defer { calls.leaveDownstream() }
        switch state.write(bytes.count) {
        case .ignored: return
        case .tooMuch: return breakOff()
        case .accepted: context.sent(bytes.count)
        }
        if output.isEmpty && bytes.count >= HTTP2Stream.directSize && connection.takesContentDirectly {
            direct = bytes
            resume()
            connection.fillDuringWrite()
            let left = direct
            direct = UnsafeBufferPointer(start: nil, count: 0)
            // A reset may have left with the earlier output and ended the stream.
            guard phase == .open else { return }
            output.append(left)
        } else {
            output.append(bytes)
            resume()
        }
        if holdsTooMuchOutput { wasCongested = true }
        chargeBuffers()
        if !output.isEmpty { outputClock.start(now: loop.now) }
        updateTimer()
        loop.callAtEndOfTurn(connection)
    }

    func resume() {
        guard isDeferred else { return }
        isDeferred = false
        connection.session?.resume(id)
    }

    func appendTrailer(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        guard phase == .open, state.takesTrailers else { return }
        if !hasTrailers { fields.removeAll() }
        hasTrailers = true
        fields.append(name: name, value: value)
    }

    func endResponse() {
        guard phase == .open else { return }
        calls.enterDownstream()
        defer { calls.leaveDownstream() }
        switch state.endResponse(now: loop.now) {
        case .ignored: return
        case .short: return breakOff()
        case .whole: server.exchangeEnded(context)
        case .half: break
        case .tunnelOver:
            server.counters.tunnelsEnded.add(1)
            server.exchangeEnded(context)
        }
        resume()
        updateTimer()
        // The kept content is unwanted now.
        if !pending.isEmpty { wantPending() }
        loop.callAtEndOfTurn(connection)
    }

    func abortResponse() {
        guard phase == .open, state.isResponseStarted, !state.isResponseEnded else { return }
        breakOff()
    }

    /// The response can't become complete. RST_STREAM reports that to the client, and the service learns it when the
    /// frame has left.
    private func breakOff() {
        phase = .broken
        output.release()
        chargeBuffers()
        reset(.internalError)
    }

    // MARK: The session asks

    func contentToSend(atMost limit: Int) -> HTTP2Content {
        fieldsSent()
        let waiting = direct.count + output.count
        if waiting == 0 && !state.isResponseEnded {
            isDeferred = true
            return .later
        }
        let count = min(limit, waiting)
        let isLast = state.isResponseEnded && count == waiting
        if isLast && hasTrailers {
            connection.session?.submitTrailers(fields, on: id)
            chargeFields()
        }
        return .bytes(count, isLast: isLast, hasTrailers: hasTrailers)
    }

    func moveContent(_ count: Int, to target: inout ByteBuffer) {
        if direct.isEmpty {
            target.append(UnsafeBufferPointer(rebasing: output.readable[..<count]))
            output.consume(count)
            if output.isEmpty && output.capacity > HTTP2Stream.keptCapacity { output.release() }
            chargeBuffers()
        } else {
            target.append(UnsafeBufferPointer(rebasing: direct[..<count]))
            direct = UnsafeBufferPointer(rebasing: direct[count...])
        }
        outputMoved(count)
        if wasCongested && output.count <= outputLow && !isDrainedNoted {
            isDrainedNoted = true
            connection.noteDrained(self)
        }
    }

    private func outputMoved(_ count: Int) {
        connection.noteMoved(count)
        if output.isEmpty { outputClock.stop() } else { outputClock.moved(count, now: loop.now) }
        state.outputMoved(now: loop.now)
        updateTimer()
    }

    /// The last frame of the response has left.
    func responseSent() {
        fieldsSent()
        guard state.isUnwanted else { return }
        // The server has ended a tunnel, and awaits nothing of the client.
        if state.isTunnel { return reset(.none) }
        // The rest of the request is useless (RFC 9113 8.1), and a reset could report that. But some clients treat such
        // a reset as a failure of the response, against the RFC. So they get some time, and a bounded part of the
        // content is discarded.
        state.limitRest(to: loop.now(plusMilliseconds: limits.lingerMilliseconds), now: loop.now)
        updateTimer()
    }

    /// Reports to the service that it may write again. Called outside the session.
    func reportDrained() {
        isDrainedNoted = false
        guard phase == .open, wasCongested, output.count <= outputLow else { return }
        wasCongested = false
        if state.answerer == .service && !state.isResponseEnded { service?.downstreamDrained() }
    }
}
