package import HTTP
package import Sockets

/// The client's side of one HTTP/1.1 connection: a request out, its response in, then the next. The adapter between
/// `ClientExchange` and a transport.
///
///     opening -> open -> closed      (a request may be attached from the first state on)
///
/// Laws:
/// - One request at a time. The connection reports exactly one end to its client, `upstreamEnded` or `upstreamFailed`,
///   except after `cancel` and `leave`.
/// - The peer's identity is checked before the first byte of a request leaves.
/// - Output leaves at the end of the loop's turn, in one write.
/// - A connection returns to its owner (`onIdle`) only when request and response are both complete and the peer keeps it
///   open.
package final class UpstreamConnection: EventSource, UpstreamStream, PumpedConnection {
    private enum Phase {
        /// The connector is nil where another connection brings the transport.
        case opening(Connector?)
        case open
        case closed
    }

    /// The requests of this connection so far.
    struct Use {
        var requests = 0
        /// The present request met the connection idle.
        var isReused = false
        /// The transport was made for the first request, so the peer cannot have closed it before.
        var isNewStream = false
    }

    package let loop: EventLoop
    /// Called when a request has ended and the connection can take another one.
    package var onIdle: (UpstreamConnection) -> Void = { _ in }
    /// Called once, when the connection has closed for any reason.
    package var onClose: (UpstreamConnection) -> Void = { _ in }

    /// Why the connection could not be opened.
    package private(set) var openFailure: UpstreamFailure?

    private let target: UpstreamTarget
    private let limits: UpstreamLimits
    private var phase = Phase.opening(nil)
    var pump = TransportPump(UnconnectedTransport.shared)
    /// The transport, if it is a stream of a multiplexed connection.
    var stream: MultiplexedStream?
    private var timer: PatienceTimer
    var use = Use()
    /// Held while its request is attached: from `begin` to `detachClient`, which every end of a request calls.
    var client: (any UpstreamClient)?
    var exchange = ClientExchange()
    var output = RequestOutput()
    var reader: ResponseReader
    /// Input that has been received and not used.
    var pending = ByteBuffer()
    var isReadingPaused = false
    private var charge = RequestCharge()
    private let live: LiveObject

    package init(
        loop: EventLoop, endpoint: UpstreamEndpoint, provider: TransportProvider,
        limits: UpstreamLimits = UpstreamLimits()
    ) {
        self.loop = loop
        target = UpstreamTarget(endpoint: endpoint, provider: provider)
        self.limits = limits
        reader = ResponseReader(limits: limits.http)
        timer = PatienceTimer(on: loop, limits: limits)
        live = LiveObject(UpstreamConnection.self, on: loop)
        super.init()
        timer.action = { [unowned self] in timedOut() }
    }

    // MARK: State

    var isOpen: Bool { if case .open = phase { true } else { false } }
    package var isClosed: Bool { if case .closed = phase { true } else { false } }
    package var isIdle: Bool { isOpen && !exchange.isActive }
    /// Requests begun on this connection.
    package var requestCount: Int { use.requests }
    package var isReused: Bool { use.isReused }
    package var isRequestOnTheWay: Bool { output.isOnTheWay }

    /// The peer's host has accepted the connection.
    package var isReached: Bool {
        switch phase {
        case .opening(let connector): connector?.isReached != false
        case .open: true
        case .closed: false
        }
    }

    package func checkCongestion() -> Bool {
        let count = output.buffer.count
        guard count > MemoryLedger.free, count > charge.bound(limits.outputHigh) else { return false }
        // The limit may change. So a client that has seen congestion gets a report when there is room again.
        output.wasCongested = true
        return true
    }

    /// Waiting output has to fall to this before the client writes more.
    var outputLow: Int { min(limits.outputLow, charge.bound(limits.outputHigh) / 4) }

    // MARK: Opening

    /// Begins to connect. A failure is reported to the client that is attached by then, in a later turn.
    package func start() {
        // The connector keeps its owner alive, as the loop does later. The connector's end breaks the cycle.
        let connector = target.connector(on: loop, limits: limits) { self.connected($0) }
        phase = .opening(connector)
        connector.start()
    }

    private func connected(_ result: Result<SocketTransport, UpstreamFailure>) {
        guard case .opening(let connector?) = phase else { return }
        switch result {
        case .success(let transport):
            loop.replace(connector, with: self)
            opened(over: transport, isWatched: true)
        case .failure(let failure):
            openFailure = failure
            fail(failure)
        }
    }

    /// Uses a stream that exists already, instead of `start`.
    func start(over transport: any Transport) {
        use.isNewStream = true
        adopt(transport)
        timer.becomeIdle()
        watch()
    }

    /// The transport that the connection waited for exists.
    func opened(over transport: any Transport, isWatched: Bool) {
        adopt(transport)
        if let client {
            client.upstreamOpened()
            stream?.expect(muchAtOnce: client.isRoomy)
        }
        if isWatched { updateInterest() } else { watch() }
        if exchange.isActive {
            flush()
        } else {
            timer.becomeIdle()
            onIdle(self)
        }
    }

    private func adopt(_ transport: any Transport) {
        pump = TransportPump(transport)
        stream = transport as? MultiplexedStream
        phase = .open
    }

    private func watch() {
        do throws(SystemError) {
            try pump.transport.watch(self, on: loop, for: .readable)
        } catch {
            // The kernel is out of memory: fails in the next turn and not inside this call.
            timer.fireNextTurn(now: loop.now)
        }
    }

    // MARK: Requests

    package func begin(_ client: any UpstreamClient, _ request: borrowing UpstreamRequest) {
        begin(client, method: request.method, mayTunnel: request.mayTunnel, isChunked: request.framing == .chunked)
        write(request.bytes.readable)
    }

    /// Attaches a request whose head, and perhaps more, follows through `write`.
    ///
    /// - Parameters:
    ///   - mayTunnel: the request asks for WebSocket, so a valid 101 makes a tunnel.
    ///   - isChunked: `writeContent` frames its content in chunks.
    package func begin(
        _ client: any UpstreamClient, method: Method, mayTunnel: Bool = false, isChunked: Bool = false
    ) {
        precondition(!isClosed, "a closed upstream connection was given a request")
        self.client = client
        exchange.begin(method: method, mayTunnel: mayTunnel)
        output.begin(isChunked: isChunked)
        reader.reset()
        use.requests += 1
        // A new stream can't have been closed while it was idle.
        use.isReused = isOpen && !(use.isNewStream && use.requests == 1)
        guard isOpen else { return }
        stream?.expect(muchAtOnce: client.isRoomy)
        updateTimer(hasMoved: false)
    }

    /// Appends to the request; leaves at the end of the turn.
    package func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard isOpen, exchange.isActive, !pump.isWriteBlocked, bytes.count >= ByteBuffer.directSize else {
            return write { $0.append(bytes) }
        }
        let gathering = pump.gather(bytes, behind: &output.buffer, now: loop.now)
        if gathering.moved > 0 { output.isOnTheWay = true }
        switch gathering.outcome {
        case .done: break
        case .blocked:
            // At once: a stream reports its room when that comes, and only to a source that is interested by then.
            updateInterest()
            updateTimer(hasMoved: true)
        case .failed: return outputBroke()
        }
        outputAdded()
    }

    /// Appends what `body` writes.
    package func write(_ body: (inout ByteBuffer) -> Void) {
        guard exchange.isActive, !isClosed else { return }
        body(&output.buffer)
        outputAdded()
    }

    private func outputAdded() {
        if isOpen {
            if checkCongestion() { flush() }
            if isOpen { loop.callAtEndOfTurn(self) }
        }
        chargeBuffers()
        // Also while connecting: a client that stops for this waits for `upstreamDrained`.
        _ = checkCongestion()
    }

    package func writeContent(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard exchange.isActive, !isClosed else { return }
        output.append(content: bytes)
        outputAdded()
    }

    package func writeTrailers(_ trailers: TrailerSection) {
        guard exchange.isActive, !isClosed else { return }
        output.append(trailers: trailers)
        outputAdded()
    }

    package func endRequest() {
        guard exchange.isActive, !isClosed else { return }
        if !exchange.isRequestEnded { output.appendEnd() }
        exchange.endRequest()
        guard isOpen else { return }
        // The end of the turn sends what waits, and times what follows.
        if pump.isWaiting(output.buffer) || exchange.isTunnel {
            loop.callAtEndOfTurn(self)
        } else {
            updateTimer(hasMoved: false)
        }
    }

    /// Charges the change of the buffers' size.
    func chargeBuffers() {
        let now =
            MemoryLedger.charge(output.buffer.capacity) + MemoryLedger.charge(pending.capacity)
            + pump.transport.unread
        if charge.bytes != now { charge.update(to: now, for: client) }
    }

    /// The one end of a request: releases its client.
    ///
    /// - Returns: the client, for its last call.
    private func detachClient() -> (any UpstreamClient)? {
        exchange.end()
        charge.end()
        return client.take()
    }

    package func cancel() {
        // Nothing can be reused.
        _ = detachClient()
        close()
    }

    package func leave() {
        client = nil
    }

    /// Tells the client of the present request that this upstream is ejected, unless the response has begun.
    package func reportEjected() {
        if !exchange.isResponseBegun { client?.upstreamEjected() }
    }

    package func pauseReading() {
        guard !isReadingPaused else { return }
        isReadingPaused = true
        updateTimer(hasMoved: false)
        updateInterest()
    }

    package func resumeReading() {
        guard isReadingPaused, !isClosed else { return }
        isReadingPaused = false
        updateTimer(hasMoved: false)
        do throws(SystemError) {
            try pump.watchAgain(self, on: loop)
        } catch {
            timer.fireNextTurn(now: loop.now)
        }
        updateInterest()
        if pump.transport.hasBufferedInput || !pending.isEmpty || output.isBroken { loop.callNextTurn(self) }
    }

    // MARK: Time

    /// Gives the upstream its time for the next step.
    ///
    /// - Parameter hasMoved: bytes have moved, so the time begins anew.
    func updateTimer(hasMoved: Bool) {
        let patience = exchange.patience(
            isOutputWaiting: pump.isWaiting(output.buffer), isReadingPaused: isReadingPaused)
        timer.allow(patience, hasMoved: hasMoved)
    }

    private func timedOut() {
        if exchange.isActive { fail(.timedOut) } else { close() }
    }

    // MARK: Events

    package override func ready(_ readiness: Readiness) {
        guard isOpen else { return }
        if readiness.contains(.writable) {
            pump.becameWritable()
            flush()
        }
        guard isOpen else { return }
        if isReadingPaused {
            // The peer has gone while its bytes are not wanted yet.
            if !readiness.isDisjoint(with: [.hangup, .error]) { pump.unwatch(self, on: loop) }
        } else if !readiness.isDisjoint(with: [.readable, .hangup, .error]) {
            // An error or a hang-up shows in the result of a read, after the bytes that came before it.
            if output.isBroken { readLastInput() } else { readInput() }
        }
    }

    package override func endOfTurn() {
        guard isOpen else { return }
        if output.isBroken { readLastInput() } else { flush() }
    }

    func updateInterest() {
        guard isOpen else { return }
        pump.updateInterest(reads: !isReadingPaused && !exchange.isInputEnded, of: self, on: loop)
    }

    // MARK: Ending

    /// Ends a complete response.
    ///
    /// - Parameter hasMore: the connection can't take another request: more bytes than the response came, or none can come.
    func finish(hasMore: Bool) {
        let isQuiet = !hasMore && !output.isBroken && !pump.isWaiting(output.buffer)
        let isInStep = exchange.end()
        let client = detachClient()
        if isInStep && isQuiet && reader.head.isPersistent && stream?.isReusable != false {
            isReadingPaused = false
            timer.becomeIdle()
            updateInterest()
            onIdle(self)
        } else {
            close()
        }
        client?.upstreamEnded()
    }

    /// Closes and reports the failure to the client.
    func fail(_ failure: UpstreamFailure) {
        let client = detachClient()
        close()
        client?.upstreamFailed(failure)
    }

    /// Closes. A client that is still attached learns that the connection has ended.
    package func close() {
        guard !isClosed else { return }
        let failure: UpstreamFailure =
            exchange.endOfConnection == .inResponse ? .closedInResponse : .closedBeforeResponse
        let client = detachClient()
        if case .opening(let connector?) = phase { connector.cancel() }
        phase = .closed
        timer.remove()
        pump.transport.closeWrite()
        pump.transport.unwatch(self, on: loop)
        pump.transport.close()
        pump = TransportPump(UnconnectedTransport.shared)
        stream = nil
        output.buffer.release()
        pending.release()
        onClose(self)
        client?.upstreamFailed(failure)
    }
}
