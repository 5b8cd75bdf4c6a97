internal import HTTP
internal import Sockets

/// A connection that has become a tunnel: the request asked for WebSocket, and the answer was 101 (RFC 9110 7.8).
extension DownstreamConnection {
    package func beginTunnel() {
        precondition(canRespond && head.upgradesToWebSocket, "a tunnel was begun that nobody asked for")
        isResponseStarted = true
        output.appendStatusLine(101)
        server.counters.count(status: 101)
    }

    package func endTunnelHead() {
        output.append("connection: upgrade\r\nupgrade: websocket\r\n\r\n")
        framing = .untilClose
        keepsAlive = false
        // The request was whole; what follows it now is a direction of the tunnel.
        isRequestRead = false
        phase = .tunnel
        server.counters.tunnelsBegan.add(1)
        if server.isDraining { drainTunnel() } else { timeOutput() }
        if isReadingPaused { resumeReading() }
        loop.callAtEndOfTurn(self)
    }

    /// Hands over what came before the tunnel stood, or while its bytes were not wanted.
    func deliverPendingToTunnel() {
        if !pending.isEmpty && !isReadingPaused { processPending() }
        if phase == .tunnel && isInputEnded && pending.isEmpty { tunnelInputEnded() }
    }

    func tunnelInputEnded() {
        guard !isRequestRead else { return }
        isRequestRead = true
        timeTunnel()
        if isExchangeActive { exchange?.requestEnd() }
        if isResponseEnded { tunnelEnded() }
    }

    /// Both directions are ended. What the client sent before its end may still be unread: reading may have been resumed since
    /// this was found out. Where it is not wanted yet, epoll(7) would tell of the end in every turn, asked or not: look away
    /// until then.
    func tunnelHungUp() {
        if !isReadingPaused && !isInputEnded {
            readInput()
        } else {
            transport.unwatch(self, on: loop)
            isUnwatched = true
        }
    }

    func watchAgain() {
        isUnwatched = false
        do throws(SystemError) {
            try transport.watch(self, on: loop, for: .readable)
        } catch {
            // Out of kernel memory: fails in the next turn, not inside this call.
            isTunnelDraining = true
            timer.set(at: loop.now &+ 1)
        }
    }

    /// Our direction is complete; it ends when it has been sent, the other goes on.
    func endTunnelOutput() {
        timeTunnel()
        if isRequestRead { tunnelEnded() }
    }

    private func tunnelEnded() {
        guard isExchangeActive else { return }
        isExchangeActive = false
        server.exchangeEnded()
        server.counters.tunnelsEnded.add(1)
        isEnding = true
        loop.callAtEndOfTurn(self)
    }

    /// Everything has been sent.
    func tunnelSent() {
        guard isResponseEnded, !isOutputEnded, !isEnding else { return }
        transport.closeWrite()
        isOutputEnded = true
    }

    /// A tunnel has no last request: it gets a while, whatever passes through it.
    func drainTunnel() {
        guard !isTunnelDraining else { return }
        isTunnelDraining = true
        timer.set(afterMilliseconds: server.limits.tunnelDrainMilliseconds)
    }

    func tunnelTimedOut() {
        let isWaiting = isWriteBlocked && isOutputWaiting
        let isLate = !isTunnelDraining && (isWaiting || transport.undelivered > 0)
        if !isTunnelDraining {
            server.counters.count(
                isWaiting ? .stallTimeout : isTunnelHalfClosed ? .tunnelHalfClosedTimeout : .tunnelTimeout)
        }
        cancelExchange()
        if isLate { reset() } else { close() }
    }

    private var isTunnelHalfClosed: Bool { isResponseEnded || isRequestRead }

    /// A tunnel may be silent for long; only what waits has to move.
    func timeTunnel() {
        guard !isTunnelDraining else { return }
        let limits = server.limits
        let isWaiting = isWriteBlocked && isOutputWaiting
        let silence = isTunnelHalfClosed ? limits.tunnelHalfClosedMilliseconds : limits.tunnelIdleMilliseconds
        timer.set(afterMilliseconds: isWaiting ? limits.stallMilliseconds : silence)
    }
}
