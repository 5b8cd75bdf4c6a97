internal import HTTP
internal import Sockets

/// The ends of exchanges, tunnels and of the connection.
extension DownstreamConnection {
    /// A tunnel has no last request, so it continues for a limited time, with or without traffic.
    func drainTunnel() {
        if state.limitTunnel(to: loop.now(plusMilliseconds: server.limits.tunnelDrainMilliseconds)) { updateTimer() }
    }

    /// Ends both directions of a tunnel. The client gets the end of the connection in order, unless it does not read.
    func endTunnel() {
        guard !isOutputWaiting else { return stalled(nil) }
        let answerer = state.endTunnel(
            restEndsAt: loop.now(plusMilliseconds: limits.lingerMilliseconds), now: loop.now)
        noteCancelled(answerer)
        isEnding = true
        flush()
    }

    /// Drops all bytes that wait for the client, in the server and in the kernel.
    func reset() {
        cancelExchange()
        transport.reset()
        close()
    }

    func cancelExchange() {
        noteCancelled(state.cancel())
    }

    /// - Parameter answerer: of the exchange that the server has ended.
    func noteCancelled(_ answerer: ServerExchange.Answerer) {
        guard answerer != .nobody else { return }
        server.exchangeEnded(context)
        if state.isTunnel { server.counters.tunnelsEnded.add(1) }
        if answerer == .service { service?.cancelled() }
    }

    /// Ends the server's side properly, and waits for the client's end.
    func endConnection() {
        guard phase == .open else { return }
        pump.closeWrite()
        if pump.isInputEnded && !transport.endsBeforeConnection && transport.undelivered == 0 { return close() }
        phase = .lingering
        pipeline.stop()
        pending.release()
        let endsAt = loop.now(plusMilliseconds: limits.lingerTotalMilliseconds)
        linger.begin(endsAt: min(endsAt, state.restEndsAt), swallowedBytes: state.swallowedBytes)
        timer.set(at: lingerDeadline ?? loop.now)
        updateInterest()
    }

    private var lingerDeadline: UInt64? {
        linger.deadline(silence: UInt64(clamping: limits.lingerMilliseconds) &* 1_000_000, now: loop.now)
    }

    /// Counts and drops the client's input after its last response.
    func swallow(_ count: Int) {
        guard linger.swallow(count, atMost: limits.lingerBytes) else { return close() }
        if phase == .lingering, let lingerDeadline { timer.set(at: lingerDeadline) }
    }

    /// The client has ended its side or the connection.
    func closeIfDelivered() {
        guard phase == .lingering, transport.undelivered > 0 else { return close() }
        // epoll(7) would report the end of both sides in every turn. So only the timer checks again.
        pump.isInputEnded = true
        pump.unwatch(self, on: loop)
    }

    /// The longest time between two looks at what the client still has to take.
    private static let deliveryMilliseconds = 1_000

    func lingeredLongEnough() {
        switch linger.timedOut(undelivered: transport.undelivered, progress: limits.progress, now: loop.now) {
        case .wait:
            let limit = DownstreamConnection.deliveryMilliseconds
            timer.set(afterMilliseconds: min(limit, limits.lingerMilliseconds))
        case .close: close()
        case .reset:
            server.counters.count(.stallTimeout)
            reset()
        }
    }
}
