package import HTTP
package import Sockets

/// The client's side of one HTTP/1.1 connection: a request out, its response in, then the next.
///
///     opening -> idle <-> busy -> closed     (a request may be attached from the first state on)
///
/// Laws:
/// - One request at a time; its client is told of exactly one end: `upstreamEnded` or `upstreamFailed`, unless it detached itself
///   with `abandon`.
/// - The peer's identity is checked before the first byte of a request leaves.
/// - Output leaves at the end of the loop's turn, in one write.
/// - A connection goes back to its owner (`onIdle`) only when request and response are both whole and the peer keeps it open.
package final class UpstreamConnection: EventSource {
    enum Phase {
        case opening
        case idle
        case busy
        case closed
    }

    package let loop: EventLoop
    package let endpoint: UpstreamEndpoint
    /// Requests begun on this connection.
    package private(set) var requestCount = 0
    /// Whether the present request met the connection idle: the peer may have closed it meanwhile.
    package private(set) var isReused = false
    private var isNewStream = false
    /// Called when a request has ended and the connection can take another.
    package var onIdle: (UpstreamConnection) -> Void = { _ in }
    /// Called once, when the connection has closed for whatever reason.
    package var onClose: (UpstreamConnection) -> Void = { _ in }

    var phase = Phase.opening
    var transport: (any Transport)?
    let limits: UpstreamLimits
    private let provider: TransportProvider
    private var connector: Connector?
    let timer: LoopTimer

    /// Held while its request is attached, and not longer.
    var client: (any UpstreamClient)?
    var output = ByteBuffer()
    var pending = ByteBuffer()
    var parser: ResponseParser
    var head = ResponseHead()
    var decoder: BodyDecoder
    /// Interim responses to the present request so far.
    var interimCount = 0
    var method = Method.get

    /// A request is attached.
    var isActive = false
    var isRequestEnded = false
    var isResponseHeadDone = false
    private(set) var mayTunnel = false
    /// Bytes pass as they are, until both directions have ended.
    var isTunnel = false
    /// Of a tunnel: the peer has ended its direction; we have ended ours.
    var isInputEnded = false
    var isOutputEnded = false
    var isReadingPaused = false
    var isWriteBlocked = false
    var wasCongested = false
    /// The loop does not watch the socket, see `stopWatching`.
    private var isUnwatched = false
    /// Writing has failed; only what the peer sent before is still of interest.
    var isBroken = false
    /// A byte of this request may have reached the peer.
    package internal(set) var isRequestOnTheWay = false

    package init(
        loop: EventLoop, endpoint: UpstreamEndpoint, provider: TransportProvider,
        limits: UpstreamLimits = UpstreamLimits()
    ) {
        self.loop = loop
        self.endpoint = endpoint
        self.provider = provider
        self.limits = limits
        parser = ResponseParser(limits: limits.http)
        decoder = BodyDecoder(.none, limits: limits.http)
        timer = LoopTimer(on: loop)
        super.init()
        timer.action = { [unowned self] in timedOut() }
    }

    package var isCongested: Bool { output.count > limits.outputHigh }
    /// Something is written that has not left.
    var isOutputWaiting: Bool { !output.isEmpty || (transport?.unsent ?? 0) > 0 }
    package var isClosed: Bool { phase == .closed }
    /// The peer's host has taken the connection.
    package var isReached: Bool { phase != .closed && connector?.isReached != false }
    package var isIdle: Bool { phase == .idle && !isActive }

    /// Begins to connect. A failure is reported to the client of the request that is attached by then, in a later turn.
    package func start() {
        // The connector keeps its owner alive, as the loop does later; its end breaks the circle.
        let connector = Connector(
            loop: loop, endpoint: endpoint, provider: provider, milliseconds: limits.connectMilliseconds
        ) { self.connected($0) }
        self.connector = connector
        connector.start()
    }

    /// Goes on over a stream that stands already, instead of `start`.
    func start(over stream: any Transport) {
        transport = stream
        isNewStream = true
        phase = .idle
        timer.set(afterMilliseconds: limits.idleMilliseconds)
        watch(stream)
    }

    private func connected(_ result: Result<SocketTransport, UpstreamFailure>) {
        guard let connector = connector.take() else { return }
        switch result {
        case .success(let transport):
            loop.replace(connector, with: self)
            opened(over: transport, isWatched: true)
        case .failure(let failure): fail(failure)
        }
    }

    // MARK: Requests

    /// Attaches a request whose head (and perhaps more) follows through `write`.
    ///
    /// - Parameter mayTunnel: the request asks for WebSocket: a 101 that is as it has to be makes a tunnel.
    package func begin(_ client: any UpstreamClient, method: Method, mayTunnel: Bool = false) {
        precondition(!isActive && phase != .closed, "an upstream connection was given a request while it had one")
        self.client = client
        self.method = method
        isActive = true
        isRequestEnded = false
        isResponseHeadDone = false
        self.mayTunnel = mayTunnel
        isTunnel = false
        interimCount = 0
        isRequestOnTheWay = false
        wasCongested = false
        requestCount += 1
        // A stream that has just been begun can't have been closed while it was idle.
        isReused = phase == .idle && !(isNewStream && requestCount == 1)
        parser.reset()
        if phase == .idle {
            phase = .busy
            setStallTimer()
        }
    }

    /// Appends to the request; leaves at the end of the turn.
    package func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard phase == .busy, !isWriteBlocked, bytes.count >= ByteBuffer.directSize, let transport else {
            return write { $0.append(bytes) }
        }
        let gathering = output.gather(bytes, into: transport)
        if gathering.moved > 0 { isRequestOnTheWay = true }
        switch gathering.outcome {
        case .done: break
        case .blocked:
            isWriteBlocked = true
            // At once: a stream tells of its room when that comes, and only whoever is interested by then.
            updateInterest()
            if !isRequestEnded || isTunnel { setStallTimer() }
        case .failed: return outputBroke()
        }
        // Here nothing is appended any more: what follows is the same.
        write { _ in }
    }

    /// Appends what `body` writes.
    package func write(_ body: (inout ByteBuffer) -> Void) {
        guard isActive, phase != .closed else { return }
        body(&output)
        if phase == .busy {
            if isCongested { flush() }
            if phase != .closed { loop.callAtEndOfTurn(self) }
        }
        // Also while connecting, when nothing is flushed yet: whoever stops for this waits for `upstreamDrained`.
        if isCongested { wasCongested = true }
    }

    /// The request is whole.
    package func endRequest() {
        guard isActive else { return }
        isRequestEnded = true
        if phase == .busy { setResponseTimer() }
        if isTunnel { loop.callAtEndOfTurn(self) }
    }

    /// The client wants no more of this request: nothing can be reused, so the connection closes without a further
    /// call.
    package func abandon() {
        client = nil
        isActive = false
        close()
    }

    /// The client has nothing more to hear of a tunnel, whose upstream has ended its direction: what is written still goes, then the
    /// connection closes.
    package func leave() {
        client = nil
    }

    /// Tells the client of the present request, if there is one without a response yet, that this upstream is given up.
    package func reportEjected() {
        if isActive && !isResponseHeadDone { client?.upstreamEjected() }
    }

    func setResponseTimer() {
        if isResponseHeadDone {
            setStallTimer()
        } else if limits.responseMilliseconds > 0 {
            timer.set(afterMilliseconds: limits.responseMilliseconds)
        } else {
            timer.cancel()
        }
    }

    /// Gives the peer its time for the next step, unless it is we who do not want to hear of it.
    func setStallTimer() {
        if isTunnel {
            // It may be silent for as long as its ends like; only what waits has to move.
            if isOutputWaiting { timer.set(afterMilliseconds: limits.stallMilliseconds) } else { timer.cancel() }
        } else if !isReadingPaused {
            if isOutputWaiting || (isResponseHeadDone && head.framing.isCounted) {
                timer.set(afterMilliseconds: limits.stallMilliseconds)
            } else if isRequestEnded {
                timer.set(afterMilliseconds: limits.streamMilliseconds)
            } else {
                // The next step is the client's, who has its own time for it.
                timer.cancel()
            }
        }
    }

    package func pauseReading() {
        guard !isReadingPaused else { return }
        isReadingPaused = true
        timer.cancel()
        updateInterest()
    }

    package func resumeReading() {
        guard isReadingPaused, phase != .closed else { return }
        isReadingPaused = false
        setStallTimer()
        if isUnwatched {
            isUnwatched = false
            if let transport { watch(transport) }
        }
        updateInterest()
        if transport?.hasBufferedInput == true || !pending.isEmpty { loop.callNextTurn(self) }
    }

    private func watch(_ transport: any Transport) {
        do throws(SystemError) {
            try transport.watch(self, on: loop, for: .readable)
        } catch {
            // Out of kernel memory: fails in the next turn, not inside this call.
            timer.set(at: loop.now &+ 1)
        }
    }

    // MARK: Events

    package override func ready(_ readiness: Readiness) {
        switch phase {
        case .idle, .busy:
            if readiness.contains(.writable) {
                isWriteBlocked = false
                flush()
            }
            guard phase != .closed else { return }
            if isReadingPaused {
                if !readiness.isDisjoint(with: [.hangup, .error]) { stopWatching() }
            } else if !readiness.isDisjoint(with: [.readable, .hangup, .error]) {
                // Errors and hang-ups show in what reading returns, after the bytes that came before them.
                readInput()
            }
        case .opening, .closed: break
        }
    }

    /// The peer has gone while its bytes are not wanted yet. epoll(7) would tell so in every turn, asked or not: look away until then.
    private func stopWatching() {
        transport?.unwatch(self, on: loop)
        isUnwatched = true
    }

    package override func endOfTurn() {
        guard phase == .busy || phase == .idle else { return }
        if isBroken { readLastInput() } else { flush() }
    }

    /// The transport that was waited for stands.
    func opened(over transport: any Transport, isWatched: Bool) {
        self.transport = transport
        phase = isActive ? .busy : .idle
        if isWatched { updateInterest() } else { watch(transport) }
        if isActive {
            if isRequestEnded { setResponseTimer() } else { setStallTimer() }
            flush()
        } else {
            timer.set(afterMilliseconds: limits.idleMilliseconds)
            onIdle(self)
        }
    }

    private func timedOut() {
        if phase == .busy { fail(.timedOut) } else { close() }
    }

    // MARK: Ending

    /// Closes and tells the client.
    func fail(_ failure: UpstreamFailure) {
        let client = isActive ? self.client : nil
        isActive = false
        self.client = nil
        close()
        client?.upstreamFailed(failure)
    }

    /// Closes; a client that is still attached is told that the connection ended.
    package func close() {
        guard phase != .closed else { return }
        let client = isActive ? self.client : nil
        let failure: UpstreamFailure = isResponseHeadDone ? .closedInResponse : .closedBeforeResponse
        isActive = false
        self.client = nil
        phase = .closed
        timer.remove()
        connector.take()?.cancel()
        transport?.closeWrite()
        transport?.unwatch(self, on: loop)
        transport?.close()
        transport = nil
        output.release()
        pending.release()
        onClose(self)
        client?.upstreamFailed(failure)
    }

    func updateInterest() {
        guard phase == .idle || phase == .busy else { return }
        var interest: Readiness = isReadingPaused || isInputEnded ? [] : .readable
        if isWriteBlocked { interest.insert(.writable) }
        transport?.update(self, on: loop, for: interest)
    }
}
