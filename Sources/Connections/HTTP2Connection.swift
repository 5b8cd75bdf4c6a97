internal import HTTP
internal import HTTP2
internal import Sockets

/// The server's side of one HTTP/2 connection. It moves bytes between its transport and its session, and gives each
/// request a stream object.
///
///     open -> ending -> lingering -> closed,   or from any -> closed at once
///
/// Laws:
/// - Stream objects, their exchanges and their buffers are used again. An object's place in `streams` is its slot in
///   the session.
/// - All frames of a turn leave in one write at its end. Only a large piece of content is framed earlier.
/// - Waiting bytes are bounded: frames by `outputHigh`, content of each stream by `outputHigh` and one piece, content
///   of requests by the session's windows.
/// - A stalled stream is reset alone. A client that takes no output at all, or sends a head too slowly, loses the
///   connection.
final class HTTP2Connection: ServerConnection, PumpedConnection {
    enum Phase {
        case open
        /// The session is over. Written bytes leave, then the server's side ends.
        case ending
        /// The server's side has ended. Input is discarded until the client ends its side.
        case lingering
        case closed
    }

    /// The present use of the session. A session must not be called inside its own callbacks.
    private enum SessionUse {
        case none
        /// The connection has called the session, from the loop.
        case driven
        /// A service has written, and its content is framed inside that call.
        case written
    }

    /// The time between the announcement of a shutdown and the refusal of new streams.
    private static let shutdownMilliseconds = 1_000

    let peerIdentity: PeerIdentity
    var pump: TransportPump
    private(set) var phase = Phase.open
    /// Nil only if there was no memory for it. Then the connection closes in `start`.
    private(set) var session: HTTP2Session?
    let timer: LoopTimer
    var deadlines = HTTP2Deadlines()

    private(set) var slots = HTTP2StreamSlots()
    /// Streams whose kept content is handed over at the end of the turn.
    private var resumed: [HTTP2Stream] = []
    /// Streams whose output has shrunk: their services may write again.
    private var drained: [HTTP2Stream] = []

    private var sessionUse = SessionUse.none
    /// Streams that the session has closed inside a call of a service. The services learn it at the end of the turn.
    private var closed: [HTTP2Stream] = []
    private var isShutdownFinal = false
    private var linger = Linger()
    /// The connection was closed for its memory: its last bytes get no second linger time.
    private var isShed = false
    var charge = BufferCharge()
    /// Too many frames wait for a client that reads nothing; see `waitsForReader`.
    var isGlutted = false

    /// - Parameter transport: after its handshake.
    override init(transport: any Transport, peerHost: String, server: Server) {
        peerIdentity = transport.peerIdentity
        timer = LoopTimer(on: server.loop)
        pump = TransportPump(transport, outputDeadline: server.limits.progress)
        super.init(transport: transport, peerHost: peerHost, server: server)
        timer.action = { [unowned self] in timedOut() }
        session = HTTP2Session(events: self, limits: server.limits.http2)
    }

    /// Streams of the client that have not ended.
    var openStreams: Int { slots.openCount }
    override var isOpen: Bool { phase == .open }
    override var isServing: Bool { openStreams > 0 }

    override func start() {
        guard session != nil else { return close() }
        server.counters.http2Connections.add(1)
        set(\.idle, server.limits.idleMilliseconds)
        if server.isDraining { drain() }
        updateInterest()
        loop.callAtEndOfTurn(self)
        if transport.hasBufferedInput { receiveInput() }
    }

    // MARK: Input

    override func ready(_ readiness: Readiness) {
        if readiness.contains(.error) || (readiness.contains(.hangup) && !readiness.contains(.readable)) {
            return clientHasGone()
        }
        if readiness.contains(.writable) {
            pump.becameWritable()
            loop.callAtEndOfTurn(self)
        }
        guard readiness.contains(.readable), phase != .closed else { return }
        let isInputOver = pump.isInputEnded
        if !isInputOver { receiveInput() }
        guard phase == .lingering, pump.isInputEnded else { return }
        // Both sides have ended. Readiness without a hang-up follows the end of the client's input.
        if readiness.contains(.hangup) { clientHasGone() } else if isInputOver { close() }
    }

    var takesInput: Bool { phase != .closed && !pump.isInputEnded && !waitsForReader && !shedIfFull() }

    func inputFailed(_ error: TransportError) {
        server.connectionFailed(error, from: peerHost)
        close()
    }

    /// The client sends no more. Its complete requests are answered, as in HTTP/1.1. The others can't become complete.
    func inputEnded() {
        if phase == .lingering {
            pump.isInputEnded = transport.endsBeforeConnection
            return pump.isInputEnded ? () : clientHasGone()
        }
        guard phase == .open, openStreams > 0 else { return clientHasGone() }
        pump.isInputEnded = true
        for stream in slots.all where stream.isOpen { stream.connectionInputEnded() }
        set(\.halfClosed, server.limits.halfClosedMilliseconds)
        updateInterest()
        loop.callAtEndOfTurn(self)
    }

    /// Takes the client's bytes.
    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        server.counters.receivedBytes.add(UInt64(bytes.count))
        guard phase == .open, let session else {
            if !linger.swallow(bytes.count, atMost: server.limits.http2LingerBytes) { close() }
            return
        }
        sessionUse = .driven
        let outcome = session.receive(bytes, now: loop.now)
        sessionUse = .none
        guard phase != .closed else { return }
        switch outcome {
        case .fine: break
        case .flooded(let flood):
            server.counters.count(flood)
            giveUpStreams()
            phase = .ending
        case .failed:
            giveUpStreams()
            phase = .ending
        }
        if session.isInHeaderBlock {
            if deadlines.head == HTTP2Deadlines.never { set(\.head, server.limits.headMilliseconds) }
        } else {
            deadlines.head = HTTP2Deadlines.never
        }
        loop.callAtEndOfTurn(self)
    }

    // MARK: Output

    override func endOfTurn() {
        guard phase != .closed, !shedIfFull() else { return }
        closeStreams()
        if phase == .ending { giveUpStreams() }
        for stream in take(&resumed) { stream.deliverPending() }
        flush()
    }

    /// True if a large piece of content can be framed now, without a copy.
    var takesContentDirectly: Bool {
        guard phase == .open, sessionUse == .none, let session else { return false }
        return session.output.count <= server.limits.outputHigh
    }

    /// Frames the output that can leave now.
    private func fill() {
        guard fillSession(.driven) else { return giveUpStreams() }
    }

    /// Frames the output that can leave now, inside a call of a service. Streams that end by it are closed at the end
    /// of the turn.
    func fillDuringWrite() {
        _ = fillSession(.written)
        loop.callAtEndOfTurn(self)
    }

    /// - Returns: false if the session has just become unusable.
    private func fillSession(_ use: SessionUse) -> Bool {
        guard let session else { return true }
        assert(sessionUse == .none, "a session is called inside one of its own callbacks")
        sessionUse = use
        let isFine = session.fill(upTo: server.limits.outputHigh, now: loop.now)
        sessionUse = .none
        guard !isFine && phase == .open else { return true }
        phase = .ending
        return false
    }

    /// Sends the output that can leave. Streams whose output has become smaller may write again.
    func flush() {
        guard let session, phase != .closed else { return }
        while true {
            fill()
            sending: while isOutputWaiting {
                switch pump.send(&session.output, now: loop.now).outcome {
                case .done: fill()
                case .blocked: break sending
                case .failed: return close()
                }
            }
            // Their services may write more. That output is sent as well.
            let shrunk = take(&drained)
            if shrunk.isEmpty { break }
            for stream in shrunk { stream.reportDrained() }
            if phase == .closed || pump.isWriteBlocked { break }
        }
        guard phase != .closed else { return }
        server.counters.sentBytes.add(pump.takeSentBytes())
        settle(session)
    }

    private func settle(_ session: HTTP2Session) {
        guard phase == .open || phase == .ending else { return }
        if !isOutputWaiting {
            session.output.clear()
            if openStreams == 0 { transport.releaseBuffers() }
            if phase == .ending || session.isFinished {
                chargeBuffers()
                return endConnection()
            }
        }
        pump.finishSending(session.output)
        deadlines.stall = pump.outputLateAt
        for stream in slots.trim() { stream.connectionClosed() }
        chargeBuffers()
        updateInterest()
        updateTimer()
    }

    /// Written bytes are still to leave.
    private var isOutputWaiting: Bool {
        guard let session else { return false }
        return pump.isWaiting(session.output)
    }

    /// The connection has no room. Otherwise a stream waits for its own window.
    var isStuck: Bool { pump.isWriteBlocked }

    func updateInterest() {
        guard phase != .closed else { return }
        // epoll(7) would report the end of the client's side in every turn.
        pump.updateInterest(reads: phase != .open || !(pump.isInputEnded || waitsForReader), of: self, on: loop)
    }

    // MARK: Streams

    func noteResumed(_ stream: HTTP2Stream) {
        resumed.append(stream)
        loop.callAtEndOfTurn(self)
    }

    func noteDrained(_ stream: HTTP2Stream) {
        drained.append(stream)
        loop.callAtEndOfTurn(self)
    }

    private func take(_ list: inout [HTTP2Stream]) -> [HTTP2Stream] {
        guard !list.isEmpty else { return [] }
        let taken = list
        list = []
        return taken
    }

    /// A stream object for a new request.
    func takeStream() -> HTTP2Stream {
        ledger?.change(by: HTTP2Stream.cost)
        deadlines.idle = HTTP2Deadlines.never
        if let stream = slots.reuse() { return stream }
        let stream = HTTP2Stream(connection: self, slot: slots.all.count)
        stream.exchange = server.service.makeExchange(on: stream)
        slots.append(stream)
        return stream
    }

    private func giveBack(_ stream: HTTP2Stream) {
        ownLedger?.change(by: -HTTP2Stream.cost)
        slots.giveBack(stream)
        if openStreams == 0 {
            set(\.idle, server.limits.idleMilliseconds)
            // Clients treat a GOAWAY as the end of all their requests, so it follows the last answer.
            if pump.isInputEnded { session?.terminate(.none) }
        }
        loop.callAtEndOfTurn(self)
    }

    /// The session has closed a stream.
    func streamClosed(_ stream: HTTP2Stream) {
        if sessionUse == .written {
            stream.phase = .broken
            closed.append(stream)
        } else {
            close(stream)
        }
    }

    private func closeStreams() {
        for stream in take(&closed) where stream.isOpen { close(stream) }
    }

    private func close(_ stream: HTTP2Stream) {
        stream.closed()
        giveBack(stream)
    }

    func giveUpStreams() {
        for stream in slots.all where stream.isOpen { stream.giveUp() }
    }

    // MARK: The end

    /// Waits for the end of open streams (RFC 9113 6.8). A warning goes first, because new streams may be in transit.
    override func drain() {
        guard phase == .open, let session, deadlines.shutdown == HTTP2Deadlines.never, !isShutdownFinal else { return }
        session.announceShutdown()
        set(\.shutdown, HTTP2Connection.shutdownMilliseconds)
        for stream in slots.all where stream.isOpen { stream.drain() }
        loop.callAtEndOfTurn(self)
    }

    func finishShutdown() {
        guard !isShutdownFinal else { return }
        isShutdownFinal = true
        deadlines.shutdown = HTTP2Deadlines.never
        session?.refuseNewStreams()
        loop.callAtEndOfTurn(self)
    }

    private func endConnection() {
        pump.closeWrite()
        giveUpStreams()
        phase = .lingering
        deadlines = HTTP2Deadlines()
        set(\.idle, server.limits.lingerMilliseconds)
        pump.becameWritable()
        updateInterest()
    }

    /// The client can take no answer any more, so the connection closes. If the client may still take the last bytes,
    /// it gets time for them.
    private func clientHasGone() {
        guard phase == .lingering, transport.undelivered > 0 else { return close() }
        // epoll(7) would report the end of both sides in every turn. So only the timer checks again.
        pump.unwatch(self, on: loop)
    }

    /// Resets a client that does not take the output; see `Transport.reset`.
    func stalled() {
        server.counters.count(.stallTimeout)
        transport.reset()
        close()
    }

    func lingeredLongEnough() {
        let step = linger.timedOut(
            undelivered: transport.undelivered, progress: server.limits.progress, now: loop.now)
        switch step {
        case .close: close()
        case .wait where !isShed: set(\.idle, server.limits.lingerMilliseconds)
        case .wait, .reset: stalled()
        }
    }

    override func close() {
        guard phase != .closed else { return }
        phase = .closed
        timer.remove()
        transport.unwatch(self, on: loop)
        for stream in slots.all {
            if stream.isOpen { stream.giveUp() }
            stream.connectionClosed()
        }
        resumed = []
        drained = []
        closed = []
        session?.output.release()
        server.remove(self)
    }

    /// Ends every stream at once. If the client still takes bytes, it gets the reason.
    override func shed(for shortage: Shortage) {
        server.count(shortage)
        guard phase == .open, let session else { return close() }
        isShed = true
        giveUpStreams()
        session.terminate(shortage == .memory ? .enhanceYourCalm : .none)
        flush()
        guard phase == .open || phase == .ending else { return }
        transport.reset()
        close()
    }
}
