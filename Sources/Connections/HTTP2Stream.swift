internal import HTTP
internal import HTTP2
internal import Sockets

/// One stream of an HTTP/2 connection: it frames the decisions of a `ServerExchange` for HTTP/2. The object serves one
/// stream after the other.
///
/// Laws:
/// - A call of the service sets state. The connection calls the service only from the session's events, from timers and
///   at the end of a turn. So no call re-enters the service.
/// - `pending` holds content that arrived while the service wanted none. The stream's window bounds it. The end of a
///   turn hands it over.
/// - Content counts as consumed when the service has taken it, or when it has become unwanted.
/// - RST_STREAM breaks off a response that can't become complete, so that the client notices.
final class HTTP2Stream: Downstream {
    enum Phase {
        /// No stream of the client uses the object.
        case free
        case open
        /// The response broke off, or the session has closed the stream. The service learns it at the end of the turn.
        case broken
    }

    /// Owns the stream.
    unowned let connection: HTTP2Connection
    let server: Server
    let context: RequestContext
    /// The place in the connection's list.
    let slot: Int
    private(set) var id: Int32 = 0
    var phase = Phase.free
    /// Set once, right after `init`.
    var exchange: (any Exchange)?
    let timer: LoopTimer
    var state: ServerExchange

    // The request.
    var pending = ByteBuffer()
    var pendingTrailers = TrailerSection()
    /// The stream is in the connection's list of those whose content is handed over at the end of the turn.
    var isResumed = false

    // The response.
    var hasNoContent = false
    /// The fields of the head or of the trailers in progress.
    var fields = FieldList()
    var hasTrailers = false
    var output = ByteBuffer()
    /// Content that is framed without a copy, during `writeBody`; then `output` is empty.
    var direct = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The stream has reported to the session that it has no output.
    var isDeferred = false
    /// The service has asked for congestion, and the answer was yes.
    var wasCongested = false
    /// The stream is in the connection's list of those whose output has shrunk.
    var isDrainedNoted = false
    var outputClock: OutputClock
    /// Those with which the stream began.
    private var limitsInForce: LimitsInForce
    /// Charged bytes of heads and trailers of the response that wait in the session.
    var queuedFields = 0
    private var charge = BufferCharge()
    var calls = ServiceCalls()
    private let live: LiveObject

    init(connection: HTTP2Connection, slot: Int) {
        self.connection = connection
        server = connection.server
        context = RequestContext(client: connection.peerHost)
        live = LiveObject(HTTP2Stream.self, on: connection.loop)
        self.slot = slot
        limitsInForce = server.limitsInForce
        let progress = limitsInForce.values.progress
        state = ServerExchange(progress: progress)
        outputClock = OutputClock(progress)
        timer = LoopTimer(on: connection.loop)
        timer.action = { [unowned self] in timedOut() }
    }

    /// A stream of the client uses the object.
    var isOpen: Bool { phase != .free }

    /// The service's exchange, for a call from a place that drives the connection.
    var service: (any Exchange)? {
        calls.willCallService()
        return exchange
    }

    var loop: EventLoop { server.loop }
    /// The time limits of the request. The connection keeps the limits of heads and windows that it has announced.
    var limits: DownstreamLimits { limitsInForce.values }
    var peerHost: String { connection.peerHost }
    var peerIdentity: PeerIdentity { connection.peerIdentity }
    func isPeerCertified(for host: String) -> Bool { connection.isPeerCertified(for: host) }
    var isDraining: Bool { server.isDraining }
    var ledger: MemoryLedger? { connection.ledger }

    // MARK: Memory

    /// The memory of an open stream besides its buffers: its objects here, its objects towards the worker, and
    /// nghttp2's. Bytes.
    static let cost = 6 << 10
    /// Memory of a buffer that stays allocated for the next stream.
    static let keptCapacity = 4 << 10

    /// Charges the changes of the buffers.
    func chargeBuffers() {
        let trailers = pendingTrailers.isEmpty ? 0 : pendingTrailers.capacity
        charge.update(
            to: MemoryLedger.charge(output.capacity) + MemoryLedger.charge(pending.capacity) + trailers + queuedFields,
            in: ledger)
    }

    /// The session has got `fields`, and holds a copy until it can send them.
    func chargeFields() {
        let size = MemoryLedger.charge(head: fields.capacity)
        guard size > 0 else { return }
        queuedFields += size
        if fields.capacity > HTTP2Stream.keptCapacity { fields = FieldList() }
        chargeBuffers()
    }

    /// The session has sent the fields.
    func fieldsSent() {
        guard queuedFields > 0 else { return }
        queuedFields = 0
        chargeBuffers()
    }

    // MARK: The beginning

    /// The object serves another stream.
    func prepare(_ id: Int32) {
        self.id = id
        phase = .open
        state.finish()
        hasNoContent = false
        hasTrailers = false
        isDeferred = false
        wasCongested = false
        outputClock.stop()
        guard limitsInForce !== server.limitsInForce else { return }
        limitsInForce = server.limitsInForce
        outputClock = OutputClock(limits.progress)
    }

    // MARK: Time

    /// The instant from which the client is late in taking output.
    private var outputLateAt: UInt64 { output.isEmpty ? OutputClock.never : outputClock.lateAt }

    /// Sets the timer for the next step of the client.
    func updateTimer() {
        guard isOpen else { return }
        let deadline = state.deadline(outputLateAt: outputLateAt, limits: limits)
        if deadline.duty == .nothing { timer.cancel() } else { timer.set(at: deadline.at) }
    }

    private func timedOut() {
        guard phase == .open else { return }
        let deadline = state.deadline(outputLateAt: outputLateAt, limits: limits)
        guard loop.now >= deadline.at else { return updateTimer() }
        switch deadline.duty {
        case .nothing: break
        case .takeOutput where connection.isStuck:
            // The connection as a whole is slow, and has a deadline of its own.
            outputClock.restart(now: loop.now)
            updateTimer()
        case .waitForContinue:
            writeContinue()
            updateTimer()
        case .sendRest: reset(.none)
        case .drain: endTunnel()
        case .sendContent where state.canRespond:
            if let limit = deadline.limit { server.counters.count(limit) }
            answerAlone(status: 408, "the request's content did not come in time")
        case .sendContent, .takeOutput, .useTunnel, .endTunnel, .waitForAnswer:
            if let limit = deadline.limit { server.counters.count(limit) }
            giveUp()
            reset(.cancel)
        }
    }

    // MARK: The end

    /// Answers instead of the service.
    func answerAlone(status: UInt16, _ message: StaticString) {
        if state.answerer == .service {
            context.rejected(status: status, contentBytes: errorContentLength(of: message))
        }
        let answerer = state.answerAlone()
        if answerer != .nobody { server.exchangeEnded(context) }
        if answerer == .service { service?.cancelled() }
        dropPending()
        server.exchangeBegan()
        respond(status: status, error: "\(message)")
    }

    private func cancelExchange() {
        dropPending()
        noteCancelled(state.cancel())
    }

    /// - Parameter answerer: of the exchange that the server has ended.
    private func noteCancelled(_ answerer: ServerExchange.Answerer) {
        guard answerer != .nobody else { return }
        server.exchangeEnded(context)
        if state.isTunnel { server.counters.tunnelsEnded.add(1) }
        if answerer == .service { service?.cancelled() }
    }

    /// Ends both directions of a tunnel: END_STREAM, and then RST_STREAM NO_ERROR. A client that does not read gets
    /// RST_STREAM CANCEL.
    private func endTunnel() {
        guard output.isEmpty else {
            giveUp()
            return reset(.cancel)
        }
        dropPending()
        let answerer = state.endTunnel(
            restEndsAt: loop.now(plusMilliseconds: limits.lingerMilliseconds), now: loop.now)
        noteCancelled(answerer)
        resume()
        updateTimer()
        loop.callAtEndOfTurn(connection)
    }

    /// Ends the stream by RST_STREAM. The session reports that it has closed when the frame has left.
    func reset(_ code: HTTP2ErrorCode) {
        connection.session?.reset(id, code)
        loop.callAtEndOfTurn(connection)
    }

    /// Stops the work on the request. The stream itself ends when the session reports its end.
    func giveUp() {
        cancelExchange()
        output.release()
        chargeBuffers()
    }

    /// The client's side of the connection has ended. An incomplete request can't become complete.
    func connectionInputEnded() {
        guard !state.isInputEnded else { return }
        let code: HTTP2ErrorCode = state.isResponseEnded ? .none : .cancel
        giveUp()
        connection.session?.reset(id, code)
    }

    /// The session has closed the stream.
    func closed() {
        if !pendingTrailers.isEmpty { pendingTrailers = TrailerSection() }
        queuedFields = 0
        giveUp()
        timer.cancel()
        phase = .free
    }

    /// The connection no longer needs the object; the last call.
    func connectionClosed() {
        phase = .free
        timer.remove()
        service?.connectionClosed()
    }

    /// The server finishes the requests in progress. A tunnel has no end of its own, so its time is limited.
    func drain() {
        guard state.isTunnel else { return }
        if state.limitTunnel(to: loop.now(plusMilliseconds: server.limits.tunnelDrainMilliseconds)) { updateTimer() }
    }
}
