internal import HTTP
package import Sockets

/// The server's side of one HTTP/1.1 connection: bytes in from the client, responses out.
///
/// States of the connection (`Phase`):
///
///     awaitingHead -> receivingBody -> awaitingResponse -> awaitingHead -> ...
///                                                           -> tunnel
///                         any of them -> lingering -> closed,   or -> closed at once
///
/// Laws:
/// - One exchange at a time. Bytes of a next request (pipelining) stay in `pending` until the response has been written whole.
/// - An exchange is active from `requestHead` until the request has been read and the response written, or until `cancelled`.
/// - Nothing is written to the socket before the end of the loop's turn, unless a large piece of content comes: a response's head,
///   content and end leave in one write.
/// - After `closed` no callback comes and every write is ignored.
///
/// What it does not know: what a request means, and where its answer comes from.
package final class DownstreamConnection: ServerConnection, Downstream {
    enum Phase {
        case awaitingHead
        case receivingBody
        case awaitingResponse
        /// Bytes pass as they are, both ways.
        case tunnel
        /// Our side is ended; input is swallowed until the client ends its side.
        case lingering
        case closed
    }

    package let peerIdentity: PeerIdentity

    /// What is written and not yet on its way.
    var output = ByteBuffer()

    var phase = Phase.awaitingHead
    var exchange: (any Exchange)?
    var parser: RequestParser
    var head = RequestHead()
    var decoder: BodyDecoder
    /// Input that was received but could not be used yet.
    var pending = ByteBuffer()
    let timer: LoopTimer

    // What is being answered.
    var isExchangeActive = false
    /// A request has been received on this connection.
    var hasServed = false
    var isRequestRead = false
    var isResponseStarted = false
    var isResponseEnded = false
    /// Whether the connection stays open after this response.
    var keepsAlive = false
    var framing = BodyFraming.none
    var hasNoContent = false
    var isHTTP10 = false
    /// The client waits for a 100 before it sends its content, and has got none.
    var isContinueOwed = false
    var contentLeft: UInt64 = 0
    /// The last chunk is written, and trailer fields with it.
    var hasTrailers = false

    // Flow.
    var isReadingPaused = false
    var isInputEnded = false
    var isProcessing = false
    var isWriteBlocked = false
    /// The head's deadline runs, from its first byte: later bytes don't move it.
    var isHeadTimed = false
    /// The tunnel's time to go on is limited already.
    var isTunnelDraining = false
    /// The loop does not watch the tunnel, see `tunnelHungUp`.
    var isUnwatched = false
    /// Our direction is ended.
    var isOutputEnded = false
    /// When the content of the present request, and the client's taking of our output, are late.
    var contentDeadline: ProgressDeadline
    var outputDeadline: ProgressDeadline
    /// Output has been waiting for the client without a break.
    var isOutputTimed = false
    /// The connection ends as soon as its output is written, unless another request has come by then.
    var isEnding = false
    /// It has waited for a request for a while, and holds no buffers any more.
    private var isQuiet = false
    var wasCongested = false
    var lingeredBytes = 0
    private var delivery: Delivery?

    /// - Parameter transport: after its handshake.
    override init(transport: any Transport, peerHost: String, server: Server) {
        peerIdentity = transport.peerIdentity
        parser = RequestParser(limits: server.limits.http)
        decoder = BodyDecoder(.none, limits: server.limits.http)
        timer = LoopTimer(on: server.loop)
        contentDeadline = server.limits.progress
        outputDeadline = contentDeadline
        super.init(transport: transport, peerHost: peerHost, server: server)
        timer.action = { [unowned self] in timedOut() }
    }

    package var isDraining: Bool { server.isDraining }
    package var waitingOutput: Int { output.count }
    package var isCongested: Bool {
        (isWriteBlocked ? output.count + transport.unsent : output.count) > server.limits.outputHigh
    }
    /// Something is written that has not left.
    var isOutputWaiting: Bool { !output.isEmpty || transport.unsent > 0 }

    override func start() {
        exchange = server.service.makeExchange(on: self)
        if server.isDraining {
            timer.set(afterMilliseconds: max(1, server.limits.drainFirstMilliseconds))
        } else {
            timeIdle()
        }
        updateInterest()
        if transport.hasBufferedInput { readInput() }
    }

    // MARK: Events

    package override func ready(_ readiness: Readiness) {
        if readiness.contains(.error) || (readiness.contains(.hangup) && !readiness.contains(.readable)) {
            if readiness.contains(.error) { return close() }
            switch phase {
            case .tunnel: tunnelHungUp()
            case .lingering: closeIfDelivered()
            default: close()
            }
            return
        }
        if readiness.contains(.writable) {
            isWriteBlocked = false
            flush()
        }
        guard readiness.contains(.readable), phase != .closed else { return }
        let isInputOver = phase == .lingering && isInputEnded
        if !isInputOver { readInput() }
        guard phase == .lingering, isInputEnded else { return }
        // The end of both sides; what is readable without that comes behind the end of the client's input.
        if readiness.contains(.hangup) { closeIfDelivered() } else if isInputOver { close() }
    }

    package override func endOfTurn() {
        guard phase != .closed else { return }
        if phase == .tunnel { deliverPendingToTunnel() }
        flush()
    }

    /// Waits for the next request; while the client has not taken the last response, for that.
    func timeIdle() {
        isQuiet = false
        if isWriteBlocked && isOutputWaiting { return timer.set(at: outputDeadline.instant) }
        timer.set(afterMilliseconds: min(server.limits.idleMilliseconds, server.limits.quietMilliseconds))
    }

    /// Gives up what speeds up a request and is not needed to wait for one; false when that has been done.
    private func becomesQuiet() -> Bool {
        let left = server.limits.idleMilliseconds - server.limits.quietMilliseconds
        guard !isQuiet, left > 0, !isOutputWaiting, !server.isDraining, !isEnding else { return false }
        isQuiet = true
        output.release()
        // An empty line may have come, which counts for nothing: neither the bytes nor that they were looked at.
        pending.release()
        parser.reset()
        transport.releaseBuffers()
        timer.set(afterMilliseconds: left)
        return true
    }

    func timedOut() {
        switch phase {
        case .awaitingHead:
            if !parser.hasStarted && becomesQuiet() { return }
            if parser.hasStarted {
                server.counters.count(.headTimeout)
                reject(status: 408, message: "the request's head did not come in time")
            } else if isOutputWaiting {
                stalled()
            } else {
                if !server.isDraining { server.counters.count(.idleTimeout) }
                endConnection()
            }
        case .receivingBody:
            if isResponseEnded {
                // What is left of the request is not worth waiting for: the response is on its way.
                server.counters.count(contentLimit)
                keepsAlive = false
                exchangeEnded()
            } else if isResponseStarted {
                stalled()
            } else {
                server.counters.count(contentLimit)
                reject(status: 408, message: "the request's content did not come in time")
            }
        case .awaitingResponse where awaitsResponseHalfClosed && !isOutputWaiting:
            server.counters.count(.halfClosedTimeout)
            cancelExchange()
            close()
        case .awaitingResponse: stalled()
        case .tunnel: tunnelTimedOut()
        case .lingering: lingeredLongEnough()
        case .closed: break
        }
    }

    /// The client does not take what is written for it, or sends no content although it gets its answer already.
    private func stalled() {
        let isWaiting = isOutputWaiting
        server.counters.count(isWaiting ? .stallTimeout : contentLimit)
        cancelExchange()
        if isWaiting || transport.undelivered > 0 { reset() } else { close() }
    }

    /// What bounds the time between pieces of the present request's content.
    private var contentLimit: ClientLimit { head.framing.isCounted ? .stallTimeout : .streamTimeout }

    /// Nothing that waits for the client is sent any more, neither by us nor by the kernel.
    func reset() {
        transport.reset()
        close()
    }

    /// An idle connection closes at once or after its time for one more request, a new one after its first request.
    override func drain() {
        switch phase {
        case .awaitingHead where !parser.hasStarted:
            // Whoever got in is served, once.
            let limits = server.limits
            let patience = hasServed ? limits.drainIdleMilliseconds : limits.drainFirstMilliseconds
            if patience > 0 {
                timer.set(afterMilliseconds: patience)
            } else {
                isEnding = true
                if !isOutputWaiting { endConnection() }
            }
        case .awaitingHead: timer.set(afterMilliseconds: server.limits.headMilliseconds)
        case .tunnel: drainTunnel()
        default: keepsAlive = false
        }
    }

    // MARK: Ending

    func cancelExchange() {
        guard isExchangeActive else { return }
        isExchangeActive = false
        server.exchangeEnded()
        if phase == .tunnel { server.counters.tunnelsEnded.add(1) }
        exchange?.cancelled()
    }

    /// Ends our side properly and waits for the client to do the same.
    func endConnection() {
        guard phase != .closed && phase != .lingering else { return }
        if !isOutputEnded { transport.closeWrite() }
        isOutputEnded = true
        if isInputEnded && !transport.endsBeforeConnection && transport.undelivered == 0 {
            close()
            return
        }
        phase = .lingering
        isReadingPaused = false
        pending.release()
        timer.set(afterMilliseconds: server.limits.lingerMilliseconds)
        updateInterest()
    }

    /// The client has ended its side, or has gone.
    func closeIfDelivered() {
        guard phase == .lingering, transport.undelivered > 0 else { return close() }
        // The end of both sides would be told of in every turn: the timer looks again.
        isInputEnded = true
        transport.unwatch(self, on: loop)
    }

    private func lingeredLongEnough() {
        let left = transport.undelivered
        guard left > 0 else { return close() }
        var delivery = delivery ?? Delivery(server.limits.progress)
        if delivery.isLate(undelivered: left, now: loop.now) {
            server.counters.count(.stallTimeout)
            return reset()
        }
        self.delivery = delivery
        timer.set(afterMilliseconds: server.limits.lingerMilliseconds)
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
        let exchange = self.exchange
        self.exchange = nil
        exchange?.connectionClosed()
        server.remove(self)
    }

    func updateInterest() {
        guard phase != .closed else { return }
        var interest: Readiness = []
        if !isReadingPaused && !isInputEnded { interest.insert(.readable) }
        if isWriteBlocked { interest.insert(.writable) }
        transport.update(self, on: loop, for: interest)
    }
}
