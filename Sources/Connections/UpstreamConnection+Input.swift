internal import HTTP
internal import Sockets

/// From bytes to the client of the present request.
extension UpstreamConnection {
    private static let leastReceived = 4 << 10

    var takesInput: Bool { isOpen && !isReadingPaused && !exchange.isInputEnded }

    /// From a socket the connection takes no more than the client passes on. The rest waits in the kernel and not here. A
    /// stream has a credit of its own.
    var inputSpace: UnsafeMutableBufferPointer<UInt8> {
        guard stream == nil, let client, exchange.isResponseBegun else { return loop.scratch }
        let count = min(loop.scratch.count, max(UpstreamConnection.leastReceived, client.room))
        return UnsafeMutableBufferPointer(rebasing: loop.scratch[..<count])
    }

    func readInput() {
        if !pending.isEmpty { processPending() }
        receiveInput()
    }

    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        // A connection whose peer sends without a request is out of step, and of no further use.
        guard exchange.isActive else { return close() }
        guard pending.isEmpty else {
            pending.append(bytes)
            return processPending()
        }
        let used = process(bytes)
        guard !isClosed, used < bytes.count else { return }
        pending.append(UnsafeBufferPointer(rebasing: bytes[used...]))
        chargeBuffers()
    }

    func processPending() {
        let used = process(pending.readable)
        guard !isClosed else { return }
        pending.consume(used)
        if pending.isEmpty { pending.clear() }
    }

    /// Reads the response in the bytes.
    ///
    /// - Returns: how many bytes were used.
    private func process(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var used = 0
        while isOpen && exchange.isActive {
            let rest = UnsafeBufferPointer(rebasing: bytes[used...])
            switch reader.next(rest, answering: exchange.method) {
            case .needMore(let count): return used + count
            case .head(let count):
                used += count
                received(headIn: rest)
            case .content(let offset, let count, let consumed):
                used += consumed
                updateTimer(hasMoved: true)
                client?.upstreamSent(UnsafeBufferPointer(rebasing: rest[offset..<(offset + count)]))
            case .end(let consumed):
                used += consumed
                if let trailers = reader.trailers() { trailers.withBytes { client?.upstreamTrailers($0, $1) } }
                if isOpen && exchange.isActive { finish(hasMore: used < bytes.count) }
                return bytes.count
            case .failed(let error):
                fail(.badResponse(error))
                return bytes.count
            }
        }
        return isClosed ? bytes.count : used
    }

    private func received(headIn bytes: UnsafeBufferPointer<UInt8>) {
        switch exchange.received(reader.head) {
        case .forwardInterim: client?.upstreamInterim(reader.head, bytes)
        case .forward(let framing):
            reader.beginContent(framing)
            updateTimer(hasMoved: true)
            client?.upstreamResponded(reader.head, bytes)
        case .fail(let error): fail(.badResponse(error))
        }
    }

    func inputEnded() {
        switch exchange.inputEnded() {
        case .halfClosed:
            updateInterest()
            client?.upstreamHalfClosed()
        case .responseMayBeComplete:
            if reader.endOfInput() { finish(hasMore: true) } else { close() }
        case .fail: close()
        }
    }

    func inputFailed(_ error: TransportError) {
        if case .secure(.alert, _) = error, !exchange.isResponseBegun, !use.isReused {
            // In TLS 1.3 the peer judges our certificate only after our handshake has ended. It has served no request before
            // that, so it has not seen this one.
            fail(.handshake(error))
        } else if case .refused = error {
            fail(.notTaken)
        } else {
            close()
        }
    }
}
