internal import HTTP
internal import HTTP2
internal import Sockets

/// The server's side of one HTTP/2 connection: moves bytes between its transport and its session, and lends streams to
/// the requests that come.
///
///     open -> ending -> lingering -> closed,   or from any -> closed at once
///
/// Laws:
/// - Stream objects, their exchanges and their buffers are used again; a slot of the session is the object's place here.
/// - Nothing is written before the end of the loop's turn, unless a large piece of content comes: all frames of a turn leave in
///   one write.
/// - What waits is bounded: frames by `outputHigh`, content of each stream by `outputHigh` and one piece, requests' content by the
///   session's windows.
/// - A stalled stream is given up alone; a client that takes nothing at all, or dribbles a head, ends the connection.
final class HTTP2Connection: ServerConnection {
    enum Phase {
        case open
        /// The session is over: what is written leaves, then our side ends.
        case ending
        /// Our side is ended; input is swallowed until the client ends its side.
        case lingering
        case closed
    }

    /// Stream objects kept while no stream is open: memory of an idle connection.
    private static let keptStreams = 4
    /// How long a client may take to see that we shut down before new streams are refused, milliseconds.
    private static let shutdownMilliseconds = 1_000

    let peerIdentity: PeerIdentity
    private(set) var phase = Phase.open
    /// Nil only when there was no memory for it, and then the connection closes in `start`.
    private(set) var session: HTTP2Session?
    private let timer: LoopTimer
    private var deadlines = HTTP2Deadlines()

    /// By slot.
    private(set) var streams: [HTTP2Stream] = []
    private var freeSlots: [Int] = []
    private(set) var openStreams = 0
    /// Streams whose exchanges want content again that is kept, and those to be told that their output has shrunk.
    private var resumed: [HTTP2Stream] = []
    private var drained: [HTTP2Stream] = []

    /// The session is at work: it must not be called again, and nothing may be written past it.
    private(set) var isInSession = false
    private var isWriteBlocked = false
    private var isShutdownFinal = false
    private var lingeredBytes = 0
    /// While lingering: the client has ended its side, and has yet to close.
    private var isInputEnded = false
    /// When the client is late in taking what waits for it, of all streams together.
    private var outputDeadline: ProgressDeadline
    private var delivery: Delivery?

    /// - Parameter transport: after its handshake.
    override init(transport: any Transport, peerHost: String, server: Server) {
        peerIdentity = transport.peerIdentity
        timer = LoopTimer(on: server.loop)
        outputDeadline = server.limits.progress
        super.init(transport: transport, peerHost: peerHost, server: server)
        timer.action = { [unowned self] in timedOut() }
        session = HTTP2Session(events: self, limits: server.limits.http2)
    }

    override func start() {
        guard session != nil else { return close() }
        server.counters.http2Connections.add(1)
        set(\.idle, server.limits.idleMilliseconds)
        if server.isDraining { drain() }
        updateInterest()
        loop.callAtEndOfTurn(self)
        if transport.hasBufferedInput { readInput() }
    }

    // MARK: Input

    override func ready(_ readiness: Readiness) {
        if readiness.contains(.error) || (readiness.contains(.hangup) && !readiness.contains(.readable)) {
            return clientHasGone()
        }
        if readiness.contains(.writable) {
            isWriteBlocked = false
            loop.callAtEndOfTurn(self)
        }
        guard readiness.contains(.readable), phase != .closed else { return }
        let isInputOver = isInputEnded
        if !isInputOver { readInput() }
        guard phase == .lingering, isInputEnded else { return }
        // The end of both sides; what is readable without that comes behind the end of the client's input.
        if readiness.contains(.hangup) { clientHasGone() } else if isInputOver { close() }
    }

    private func readInput() {
        var turn = InputTurn()
        while phase != .closed,
            let result = turn.receive(from: transport, using: loop.scratch, for: self, on: loop)
        {
            switch result {
            case .bytes(let bytes): received(bytes)
            case .wouldBlock(let direction):
                if direction == .write {
                    isWriteBlocked = true
                    updateInterest()
                }
                return
            case .endOfStream:
                isInputEnded = phase == .lingering && transport.endsBeforeConnection
                return isInputEnded ? () : clientHasGone()
            case .failed(let error):
                server.connectionFailed(error, from: peerHost)
                return close()
            }
        }
    }

    /// Takes what the client sent.
    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard phase == .open, let session else {
            lingeredBytes += bytes.count
            if phase == .lingering && lingeredBytes > server.limits.lingerBytes { close() }
            return
        }
        isInSession = true
        let outcome = session.receive(bytes, now: loop.now)
        isInSession = false
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
        guard phase != .closed else { return }
        for stream in take(&resumed) { stream.deliverPending() }
        flush()
    }

    /// A large piece of content waits to go: whether it can be framed from where it lies.
    var takesContentDirectly: Bool {
        guard phase == .open, !isInSession, let session else { return false }
        return session.output.count <= server.limits.outputHigh
    }

    /// Frames what can go now.
    func fill() {
        guard !isInSession, let session else { return }
        isInSession = true
        let isFine = session.fill(upTo: server.limits.outputHigh, now: loop.now)
        isInSession = false
        if !isFine && phase == .open {
            giveUpStreams()
            phase = .ending
        }
    }

    /// Sends what can go, and lets streams whose output has shrunk write on.
    func flush() {
        guard let session, phase != .closed else { return }
        while true {
            fill()
            while isOutputWaiting && !isWriteBlocked {
                let sending = session.output.send(through: transport)
                if sending.moved > 0 { outputMoved(sending.moved) }
                switch sending.outcome {
                case .done: fill()
                case .blocked: isWriteBlocked = true
                case .failed: return close()
                }
            }
            // Who was told may have written more.
            let told = take(&drained)
            if told.isEmpty { break }
            for stream in told { stream.reportDrained() }
            if phase == .closed || isWriteBlocked { break }
        }
        guard phase != .closed else { return }
        settle(session)
    }

    private func settle(_ session: HTTP2Session) {
        guard phase == .open || phase == .ending else { return }
        if !isOutputWaiting {
            session.output.clear()
            deadlines.stall = HTTP2Deadlines.never
            if openStreams == 0 { transport.releaseBuffers() }
            if phase == .ending || session.isFinished { return endConnection() }
        } else if deadlines.stall == HTTP2Deadlines.never {
            outputDeadline.restart(now: loop.now)
            deadlines.stall = outputDeadline.instant
        }
        if openStreams == 0 { trimStreams() }
        updateInterest()
        updateTimer()
    }

    /// Something is written that has not left.
    private var isOutputWaiting: Bool { session?.output.isEmpty == false || transport.unsent > 0 }

    private func outputMoved(_ count: Int) {
        guard deadlines.stall != HTTP2Deadlines.never else { return }
        outputDeadline.moved(count, now: loop.now)
        deadlines.stall = outputDeadline.instant
    }

    /// It is the connection that has no room, not a stream whose client opens no window.
    var isStuck: Bool { isWriteBlocked }

    private func updateInterest() {
        guard phase != .closed else { return }
        transport.update(self, on: loop, for: isWriteBlocked ? [.readable, .writable] : .readable)
    }

    // MARK: Streams

    func isResumed(_ stream: HTTP2Stream) {
        resumed.append(stream)
        loop.callAtEndOfTurn(self)
    }

    func hasDrained(_ stream: HTTP2Stream) {
        drained.append(stream)
        loop.callAtEndOfTurn(self)
    }

    private func take(_ list: inout [HTTP2Stream]) -> [HTTP2Stream] {
        guard !list.isEmpty else { return [] }
        let taken = list
        list = []
        return taken
    }

    /// A stream object for a request that has come.
    func lend() -> HTTP2Stream {
        openStreams += 1
        deadlines.idle = HTTP2Deadlines.never
        if let slot = freeSlots.popLast() { return streams[slot] }
        let stream = HTTP2Stream(connection: self, slot: streams.count)
        stream.exchange = server.service.makeExchange(on: stream)
        streams.append(stream)
        return stream
    }

    func giveBack(_ stream: HTTP2Stream) {
        openStreams -= 1
        freeSlots.append(stream.slot)
        if openStreams == 0 { set(\.idle, server.limits.idleMilliseconds) }
        loop.callAtEndOfTurn(self)
    }

    private func trimStreams() {
        guard streams.count > HTTP2Connection.keptStreams else { return }
        for stream in streams[HTTP2Connection.keptStreams...] { stream.connectionClosed() }
        streams.removeSubrange(HTTP2Connection.keptStreams...)
        freeSlots = Array(streams.indices)
    }

    private func giveUpStreams() {
        for stream in streams where stream.isOpen { stream.giveUp() }
    }

    // MARK: The end

    /// Lets open streams finish (RFC 9113 6.8): a warning first, since new ones may be on their way, then the last word.
    override func drain() {
        guard phase == .open, let session, deadlines.shutdown == HTTP2Deadlines.never, !isShutdownFinal else { return }
        session.announceShutdown()
        set(\.shutdown, HTTP2Connection.shutdownMilliseconds)
        for stream in streams where stream.isOpen { stream.drain() }
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
        transport.closeWrite()
        giveUpStreams()
        phase = .lingering
        deadlines = HTTP2Deadlines()
        set(\.idle, server.limits.lingerMilliseconds)
        isWriteBlocked = false
        updateInterest()
    }

    /// A client that has gone takes no answer: every stream is given up. Should it still take our last bytes, it has its time
    /// for them.
    private func clientHasGone() {
        guard phase == .lingering, transport.undelivered > 0 else { return close() }
        // The end of both sides would be told of in every turn: the timer looks again.
        transport.unwatch(self, on: loop)
    }

    /// Gives up a client that does not take what is written for it; see `Transport.reset`.
    private func stalled() {
        server.counters.count(.stallTimeout)
        transport.reset()
        close()
    }

    private func lingeredLongEnough() {
        let left = transport.undelivered
        guard left > 0 else { return close() }
        var delivery = delivery ?? Delivery(server.limits.progress)
        if delivery.isLate(undelivered: left, now: loop.now) { return stalled() }
        self.delivery = delivery
        set(\.idle, server.limits.lingerMilliseconds)
    }

    override func close() {
        guard phase != .closed else { return }
        phase = .closed
        timer.remove()
        transport.unwatch(self, on: loop)
        for stream in streams {
            if stream.isOpen { stream.giveUp() }
            stream.connectionClosed()
        }
        streams = []
        resumed = []
        drained = []
        session?.output.release()
        server.remove(self)
    }

    // MARK: Time

    private func set(_ deadline: WritableKeyPath<HTTP2Deadlines, UInt64>, _ milliseconds: Int) {
        deadlines[keyPath: deadline] = loop.now &+ UInt64(clamping: milliseconds) &* 1_000_000
        updateTimer()
    }

    private func updateTimer() {
        let earliest = deadlines.earliest
        if earliest == HTTP2Deadlines.never { timer.cancel() } else { timer.set(at: earliest) }
    }

    private func timedOut() {
        let now = loop.now
        if now >= deadlines.stall { return stalled() }
        if now >= deadlines.shutdown { finishShutdown() }
        if now >= deadlines.head {
            deadlines.head = HTTP2Deadlines.never
            server.counters.count(.headTimeout)
            session?.terminate(.enhanceYourCalm)
            loop.callAtEndOfTurn(self)
        }
        if now >= deadlines.idle {
            if phase == .lingering { return lingeredLongEnough() }
            deadlines.idle = HTTP2Deadlines.never
            server.counters.count(.idleTimeout)
            session?.terminate(.none)
            loop.callAtEndOfTurn(self)
        }
        updateTimer()
    }
}
