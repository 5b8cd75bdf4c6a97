internal import HTTP
package import Sockets

/// The server's side of one HTTP/1.1 connection: it frames the decisions of a `ServerExchange` for HTTP/1.1.
///
///     open -> lingering -> closed
///     open -> broken -> closed
///
/// Laws:
/// - One exchange at a time. Bytes of a next request (pipelining) stay in `pending` until the response is complete.
/// - A call of the service sets state and appends to the output. The connection continues only at the end of the turn,
///   or after it has called the service. So no call re-enters the service.
/// - Output leaves at the end of the turn, in one write. Only content leaves earlier that would need too large a
///   buffer.
/// - After `closed` the service gets no call, and every write is ignored.
package final class DownstreamConnection: ServerConnection, Downstream, PumpedConnection {
    enum Phase {
        case open
        /// Writing has failed or the response broke off: the connection closes at the end of the turn.
        case broken
        /// The server's side has ended. Input is discarded until the client ends its side.
        case lingering
        case closed
    }

    /// The states of the connection while no request is in progress.
    enum Rest {
        /// It waits for the first byte of a request.
        case waiting
        /// It has waited for some time, and has released its buffers.
        case quiet
        /// The head's deadline runs from the first byte. Later bytes don't move it.
        case receivingHead
    }

    package let peerIdentity: PeerIdentity
    var pump: TransportPump
    /// Made for the first request, because a silent connection needs none.
    package var context: RequestContext { firstContext ?? makeContext() }
    /// Nil until a request needs it, and again after a rest.
    private var firstContext: RequestContext?
    /// Written bytes that are still to leave.
    var output = ByteBuffer()
    var phase = Phase.open
    var rest = Rest.waiting
    /// Made for a request, because an idle connection needs none.
    private var exchange: (any Exchange)?
    var state: ServerExchange
    var framing = HTTP1Framing()
    var reader: RequestReader
    /// Received input that could not be used yet.
    var pending = ByteBuffer()
    let timer: LoopTimer
    var pipeline = PipelineTurn()
    /// A request has been received on this connection.
    var hasServed = false
    /// The connection ends as soon as its output is written, unless another request arrives before.
    var isEnding = false
    /// The service has asked for congestion, and the answer was yes.
    var wasCongested = false
    var linger = Linger()
    var charge = BufferCharge()
    var calls = ServiceCalls()

    /// - Parameter transport: has completed its handshake.
    override init(transport: any Transport, peerHost: String, server: Server) {
        peerIdentity = transport.peerIdentity
        let progress = server.limits.progress
        pump = TransportPump(transport, outputDeadline: progress)
        state = ServerExchange(progress: progress)
        reader = RequestReader(limits: server.limitsInForce)
        timer = LoopTimer(on: server.loop)
        super.init(transport: transport, peerHost: peerHost, server: server)
        timer.action = { [unowned self] in timedOut() }
    }

    /// The limits of the request in progress, or of the last one.
    var limits: DownstreamLimits { reader.limits.values }
    override var isOpen: Bool { phase == .open }
    override var isServing: Bool { !state.isIdle }

    override func start() {
        if server.isDraining {
            timer.set(afterMilliseconds: max(1, server.limits.drainFirstMilliseconds))
        } else {
            timeRest()
        }
        updateInterest()
        if transport.hasBufferedInput { receiveInput() }
    }

    func prepareExchange() {
        if exchange == nil { exchange = server.service.makeExchange(on: self) }
    }

    /// The service's exchange, for a call from a place that drives the connection.
    var service: (any Exchange)? {
        calls.willCallService()
        return exchange
    }

    // MARK: Events

    package override func ready(_ readiness: Readiness) {
        if readiness.contains(.error) || (readiness.contains(.hangup) && !readiness.contains(.readable)) {
            return hungUp(isError: readiness.contains(.error))
        }
        if readiness.contains(.writable) {
            pump.becameWritable()
            flush()
        }
        guard readiness.contains(.readable), phase != .closed else { return }
        if pipeline.isYielding { resumePipeline() }
        let wasInputEnded = pump.isInputEnded
        if !wasInputEnded { receiveInput() }
        guard phase == .lingering, pump.isInputEnded else { return }
        // Both sides have ended. Readiness without a hang-up follows the end of the client's input.
        if readiness.contains(.hangup) { closeIfDelivered() } else if wasInputEnded { close() }
    }

    private func hungUp(isError: Bool) {
        if isError { return close() }
        if phase == .lingering { return closeIfDelivered() }
        guard phase == .open, state.isTunnel else { return close() }
        // The client may have sent bytes before its end that are still unread.
        if !state.isPaused && !pump.isInputEnded { receiveInput() } else { pump.unwatch(self, on: loop) }
    }

    package override func endOfTurn() {
        guard phase != .closed else { return }
        if phase == .broken { return close() }
        if shedIfFull() { return }
        advance()
        takePending()
        pipeline.turnEnded()
        flush()
    }

    /// Begins the next request, or ends the connection, once the present exchange is over.
    func advance() {
        guard phase == .open, state.isResponseEnded, !isEnding else { return }
        if state.isTunnel {
            isEnding = state.isOver
        } else if !framing.keepsAlive {
            isEnding = true
        } else if state.isOver {
            state.finish()
            timeRest()
        }
        if isEnding { loop.callAtEndOfTurn(self) }
    }

    // MARK: Output

    /// Sends the waiting output, and takes the next step that depended on it.
    func flush() {
        guard send(isLast: isEnding) else { return close() }
        if !pump.isWriteBlocked || !isOutputWaiting {
            output.clear()
            if state.response == .tunnelEnded, !isEnding { pump.closeWrite() }
            if isEnding { endConnection() }
        }
        if pipeline.isYielding, output.count <= server.limits.outputHigh { loop.callNextTurn(self) }
        updateInterest()
        chargeBuffers()
        reportDrained()
    }

    /// Sends the waiting output. Calls neither the service nor the server.
    ///
    /// - Returns: false if the transport has failed.
    func send(isLast: Bool = false) -> Bool {
        let wasBlocked = pump.isWriteBlocked
        let sending = pump.send(&output, isLast: isLast, now: loop.now)
        server.counters.sentBytes.add(pump.takeSentBytes())
        if case .failed = sending.outcome { return false }
        pump.finishSending(output)
        if sending.moved > 0 {
            noteMoved(sending.moved)
            state.outputMoved(now: loop.now)
            limitRest()
            updateTimer()
        }
        if pump.isWriteBlocked && !wasBlocked { writeBlocked() }
        return true
    }

    func writeBlocked() {
        updateTimer()
        updateInterest()
    }

    /// Written bytes are still to leave.
    var isOutputWaiting: Bool { pump.isWaiting(output) }

    private func reportDrained() {
        guard phase == .open, wasCongested, !holdsTooMuchOutput, output.count <= outputLow else { return }
        wasCongested = false
        if state.answerer == .service && !state.isResponseEnded { service?.downstreamDrained() }
    }

    private func makeContext() -> RequestContext {
        let made = RequestContext(client: peerHost)
        firstContext = made
        return made
    }

    // MARK: Time

    /// Sets the timer for the next step of the client.
    func updateTimer() {
        guard phase == .open else { return }
        if state.isIdle {
            if rest != .receivingHead { timeRest() }
            return
        }
        let deadline = state.deadline(outputLateAt: pump.outputLateAt, limits: limits)
        if deadline.duty == .nothing { timer.cancel() } else { timer.set(at: deadline.at) }
    }

    /// Starts the time for the next request; or, while the client still has to take the last response, the time for
    /// that.
    func timeRest() {
        rest = .waiting
        if pump.outputLateAt != OutputClock.never { return timer.set(at: pump.outputLateAt) }
        timer.set(afterMilliseconds: min(server.limits.idleMilliseconds, server.limits.quietMilliseconds))
    }

    private func timedOut() {
        switch phase {
        case .open where state.isIdle: restTimedOut()
        case .open: exchangeTimedOut()
        case .lingering: lingeredLongEnough()
        case .broken, .closed: break
        }
    }

    private func restTimedOut() {
        if reader.hasPartOfHead {
            server.counters.count(.headTimeout)
            reject(status: 408, message: "the request's head did not come in time", head: pending.readable)
        } else if isOutputWaiting {
            stalled(.stallTimeout)
        } else if !becomeQuiet() {
            if !server.isDraining { server.counters.count(.idleTimeout) }
            endConnection()
        }
    }

    /// Frees memory that speeds up a request and that an idle connection does not need.
    ///
    /// - Returns: false if the memory was freed before, or if the remaining time is too short.
    private func becomeQuiet() -> Bool {
        let left = server.limits.idleMilliseconds - server.limits.quietMilliseconds
        guard rest == .waiting, left > 0, !server.isDraining, !isEnding else { return false }
        rest = .quiet
        if exchange?.outlivesRequests == false { exchange = nil }
        firstContext = nil
        output.release()
        // An empty line may have arrived. It has no meaning: its bytes go, and the reader forgets it.
        pending.release()
        reader.forgetPartOfHead()
        transport.releaseBuffers()
        timer.set(afterMilliseconds: left)
        return true
    }

    private func exchangeTimedOut() {
        let deadline = state.deadline(outputLateAt: pump.outputLateAt, limits: limits)
        guard loop.now >= deadline.at else { return updateTimer() }
        let limit = deadline.limit
        switch deadline.duty {
        case .nothing: break
        case .waitForContinue:
            writeContinue()
            updateTimer()
        case .sendContent where !state.isResponseStarted:
            if let limit { server.counters.count(limit) }
            reject(status: 408, message: "the request's content did not come in time")
        case .sendContent where state.isResponseEnded, .sendRest:
            // The response is complete, so the rest of the request is not worth a wait.
            if let limit { server.counters.count(limit) }
            framing.endConnection()
            advance()
        case .sendContent, .takeOutput: stalled(isOutputWaiting ? .stallTimeout : limit)
        case .waitForAnswer:
            if let limit { server.counters.count(limit) }
            close()
        case .useTunnel, .endTunnel: stalled(limit)
        case .drain: endTunnel()
        }
    }

    /// Gives a client that has its response some time to finish its request. The time begins anew with the response's
    /// last bytes.
    func limitRest() {
        guard state.isUnwanted else { return }
        let limits = limits
        state.limitRest(
            to: loop.now(plusMilliseconds: limits.lingerTotalMilliseconds),
            silence: UInt64(clamping: limits.lingerMilliseconds) &* 1_000_000, now: loop.now)
        updateTimer()
    }

    /// Ends the connection of a client that moves too few bytes.
    func stalled(_ limit: ClientLimit?) {
        if let limit { server.counters.count(limit) }
        if isOutputWaiting || transport.undelivered > 0 { reset() } else { close() }
    }

    // MARK: The end

    /// Closes an idle connection at once, or after its time for one more request. Closes a new one after its first
    /// request.
    override func drain() {
        guard phase == .open else { return }
        if state.isTunnel { return drainTunnel() }
        guard state.isIdle else { return framing.endConnection() }
        if reader.hasPartOfHead { return timer.set(afterMilliseconds: server.limits.headMilliseconds) }
        let patience = hasServed ? server.limits.drainIdleMilliseconds : server.limits.drainFirstMilliseconds
        if patience > 0 { return timer.set(afterMilliseconds: patience) }
        isEnding = true
        if !isOutputWaiting { endConnection() }
    }

    /// If the client has a part of a response, the connection is reset, because the rest of the response can't be sent.
    override func shed(for shortage: Shortage) {
        server.count(shortage)
        if shortage == .slots, state.isIdle { return close() }
        // Between requests the client waits for no answer.
        let isBetweenRequests = state.isIdle && hasServed
        guard phase == .open, !state.isResponseStarted, !isBetweenRequests else { return reset() }
        let message: StaticString =
            shortage == .memory
            ? "the server is short of memory; try again" : "the server has too many connections; try again"
        reject(status: 503, message: message, retryAfterSeconds: 1, mark: listing.holdsSlot ? nil : .shed)
        pending.release()
        chargeBuffers()
        if shortage == .slots { flush() }
    }

    package override func close() {
        guard phase != .closed else { return }
        cancelExchange()
        phase = .closed
        timer.remove()
        transport.unwatch(self, on: loop)
        transport.close()
        output.release()
        pending.release()
        service?.connectionClosed()
        server.remove(self)
    }

    func updateInterest() {
        guard phase != .closed else { return }
        pump.updateInterest(reads: phase == .open ? reads : !pump.isInputEnded, of: self, on: loop)
    }
}
