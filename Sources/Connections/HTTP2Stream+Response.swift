internal import HTTP
internal import HTTP2
internal import Sockets

/// From the exchange to the client.
extension HTTP2Stream {
    /// Content of this size is framed from where it lies, when nothing waits before it.
    private static let directSize = 4 << 10
    /// What stays allocated for the next stream.
    private static let keptCapacity = 4 << 10

    var canRespond: Bool { isOpen && (isExchangeActive || isRefused) && !isResponseStarted }
    var waitingOutput: Int { output.count }
    var isCongested: Bool { output.count > server.limits.outputHigh }

    /// A response is under way and may be written to.
    private var isAnswering: Bool {
        isOpen && (isExchangeActive || isRefused) && isResponseStarted && !isResponseEnded
    }

    // MARK: Heads

    func writeContinue() {
        guard beginInterimResponse(status: 100) else { return }
        endInterimResponse()
    }

    func beginInterimResponse(status: UInt16) -> Bool {
        guard canRespond else { return false }
        beginFields(status: status)
        return true
    }

    func endInterimResponse() {
        connection.session?.submitInterim(fields, on: id)
        loop.callAtEndOfTurn(connection)
    }

    func beginResponse(status: UInt16) {
        precondition(canRespond, "a response was begun twice or without a request")
        isResponseStarted = true
        // RFC 8441 5: a 2xx would say that there is a tunnel. Who answers so has taken the question for another one.
        let status = asksForTunnel && (200..<300).contains(status) ? HTTP2Stream.noTunnelStatus : status
        server.counters.count(status: status)
        if status == 204 || status == 304 { hasNoContent = true }
        beginFields(status: status)
    }

    private static let noTunnelStatus: UInt16 = 502

    private func beginFields(status: UInt16) {
        fields.removeAll()
        fields.append(":status", decimal: UInt64(status))
    }

    func appendField(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        // Of the handshake that HTTP/2 has no need of (RFC 8441 5).
        if asksForTunnel && name.isFieldName("sec-websocket-accept") { return }
        fields.append(name: name, value: value)
    }

    func appendDate() {
        server.date.withValue(now: loop.now) { appendField(name: "date", value: $0) }
    }

    func endResponseHead(_ framing: BodyFraming) {
        guard isOpen else { return }
        if case .length(let length) = framing {
            fields.append("content-length", decimal: length)
            contentLeft = length
        }
        let isEmpty = hasNoContent || framing == .none || framing == .length(0)
        self.framing = isEmpty ? .none : framing
        connection.session?.submitResponse(fields, on: id, slot: slot, hasContent: !isEmpty)
        loop.callAtEndOfTurn(connection)
    }

    // MARK: Tunnels

    /// RFC 8441 5: the 101 of HTTP/1.1 is a 200, and the stream carries what the connection would.
    func beginTunnel() {
        precondition(canRespond && asksForTunnel, "a tunnel was begun that nobody asked for")
        isResponseStarted = true
        server.counters.count(status: 200)
        beginFields(status: 200)
    }

    func endTunnelHead() {
        guard isOpen else { return }
        framing = .untilClose
        isTunnel = true
        isRequestRead = false
        server.counters.tunnelsBegan.add(1)
        connection.session?.submitResponse(fields, on: id, slot: slot, hasContent: true)
        if server.isDraining { drain() } else { updateTimer() }
        wantPending()
        loop.callAtEndOfTurn(connection)
    }

    func tunnelEnded() {
        exchangeEnded()
    }

    // MARK: Content

    func writeBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard isAnswering, !bytes.isEmpty, framing != .none else { return }
        if case .length = framing {
            guard UInt64(bytes.count) <= contentLeft else { return abortResponse() }
            contentLeft -= UInt64(bytes.count)
        }
        if output.isEmpty && bytes.count >= HTTP2Stream.directSize && connection.takesContentDirectly {
            direct = bytes
            resume()
            connection.fill()
            let rest = direct
            direct = UnsafeBufferPointer(start: nil, count: 0)
            // With what left before it a reset may have gone, which ended the stream.
            guard isAnswering else { return }
            output.append(rest)
        } else {
            output.append(bytes)
            resume()
        }
        if isCongested { wasCongested = true }
        outputAdded()
        loop.callAtEndOfTurn(connection)
    }

    private func resume() {
        guard isDeferred else { return }
        isDeferred = false
        connection.session?.resume(id)
    }

    func appendTrailer(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        guard isAnswering, framing != .none else { return }
        if !hasTrailers { fields.removeAll() }
        hasTrailers = true
        fields.append(name: name, value: value)
    }

    func endResponse() {
        guard isAnswering else { return }
        if case .length = framing, contentLeft > 0 { return abortResponse() }
        isResponseEnded = true
        resume()
        // A tunnel's directions end each on its own.
        if !isTunnel || isRequestRead { exchangeEnded() } else { updateTimer() }
        loop.callAtEndOfTurn(connection)
    }

    func abortResponse() {
        guard isAnswering else { return }
        exchangeEnded()
        output.release()
        connection.session?.reset(id, .internalError)
        loop.callAtEndOfTurn(connection)
    }

    private func exchangeEnded() {
        if isTunnel && isExchangeActive { server.counters.tunnelsEnded.add(1) }
        dropPending()
        isReadingPaused = false
        guard isExchangeActive || isRefused else { return }
        isExchangeActive = false
        isRefused = false
        server.exchangeEnded()
    }

    // MARK: The session asks

    func contentToSend(atMost limit: Int) -> HTTP2Content {
        let waiting = direct.count + output.count
        if waiting == 0 && !isResponseEnded {
            isDeferred = true
            return .later
        }
        let count = min(limit, waiting)
        let isLast = isResponseEnded && count == waiting
        if isLast && hasTrailers { connection.session?.submitTrailers(fields, on: id) }
        return .bytes(count, isLast: isLast, hasTrailers: hasTrailers)
    }

    func moveContent(_ count: Int, to target: inout ByteBuffer) {
        if direct.isEmpty {
            target.append(UnsafeBufferPointer(rebasing: output.readable[..<count]))
            output.consume(count)
            if output.isEmpty && output.capacity > HTTP2Stream.keptCapacity { output.release() }
        } else {
            target.append(UnsafeBufferPointer(rebasing: direct[..<count]))
            direct = UnsafeBufferPointer(rebasing: direct[count...])
        }
        outputMoved(count)
        if wasCongested && output.count <= server.limits.outputLow && !isDrainedNoted {
            isDrainedNoted = true
            connection.hasDrained(self)
        }
    }

    /// The last frame of the response is on its way.
    func responseSent() {
        guard !isInputEnded && !isTunnel else { return }
        // What is left of the request is of no use to anybody (RFC 9113 8.1), and a reset would say so. Clients take one that comes with
        // the response for a failure of it, although they must not; so they get some time, and some content is swallowed.
        isLingering = true
        lingeredBytes = 0
        timer.set(afterMilliseconds: server.limits.lingerMilliseconds)
    }

    /// Tells the exchange that it may write again. Called outside the session.
    func reportDrained() {
        isDrainedNoted = false
        guard wasCongested, output.count <= server.limits.outputLow else { return }
        wasCongested = false
        if isExchangeActive && !isResponseEnded { exchange?.downstreamDrained() }
    }
}
