package import HTTP
package import HTTP2
package import Sockets

/// The client's side of one HTTP/2 connection to an application that speaks it without TLS, with prior knowledge
/// (RFC 9113 3.3): what gRPC servers do.
///
///     opening -> open -> closed      (streams may be opened from the first state on)
///
/// Laws:
/// - Each stream's client is told of exactly one end, unless it abandons the stream.
/// - All frames of a turn leave in one write.
/// - A stream whose client takes nothing stops alone; the windows bound what it holds.
package final class HTTP2Upstream: EventSource, HTTP2ClientEvents {
    private enum Phase { case opening, open, closed }

    package let loop: EventLoop
    private let endpoint: UpstreamEndpoint
    private let provider: TransportProvider
    let limits: UpstreamLimits
    /// Called once, when the connection has closed for whatever reason.
    package var onClose: (HTTP2Upstream) -> Void = { _ in }

    private var phase = Phase.opening
    private(set) var session: HTTP2ClientSession?
    private var connector: Connector?
    private var transport: (any Transport)?
    private let timer: LoopTimer
    /// By slot.
    private var streams: [HTTP2UpstreamStream] = []
    private var freeSlots: [Int] = []
    private var openStreams = 0
    /// Streams that have something to tell their clients outside the session.
    private var due: [HTTP2UpstreamStream] = []
    private(set) var isInSession = false
    private var isWriteBlocked = false

    package init(
        loop: EventLoop, endpoint: UpstreamEndpoint, provider: TransportProvider,
        limits: UpstreamLimits = UpstreamLimits()
    ) {
        self.loop = loop
        self.endpoint = endpoint
        self.provider = provider
        self.limits = limits
        timer = LoopTimer(on: loop)
        super.init()
        timer.action = { [unowned self] in close(.timedOut) }
        var http2 = HTTP2Limits()
        http2.http = limits.http
        session = HTTP2ClientSession(events: self, limits: http2)
    }

    /// Begins to connect. A failure is reported to the clients that are there by then, in a later turn.
    package func start() {
        // The connector keeps its owner alive, as the loop does later; its end breaks the circle.
        let connector = Connector(
            loop: loop, endpoint: endpoint, provider: provider, milliseconds: limits.connectMilliseconds
        ) { self.connected($0) }
        self.connector = connector
        connector.start()
    }

    private func connected(_ result: Result<SocketTransport, UpstreamFailure>) {
        guard let connector = connector.take() else { return }
        switch result {
        case .success(let transport):
            loop.replace(connector, with: self)
            self.transport = transport
            phase = .open
            updateInterest()
            idleBegan()
            loop.callAtEndOfTurn(self)
        case .failure(let failure): close(failure)
        }
    }

    /// Another request may be begun.
    package var takesRequests: Bool { phase != .closed && session?.takesRequests == true }

    /// A stream for one request.
    package func open(_ client: any UpstreamClient) -> HTTP2UpstreamStream {
        timer.cancel()
        openStreams += 1
        let stream: HTTP2UpstreamStream
        if let slot = freeSlots.popLast() {
            stream = streams[slot]
        } else {
            stream = HTTP2UpstreamStream(connection: self, slot: streams.count)
            streams.append(stream)
        }
        stream.begin(client)
        return stream
    }

    /// The stream's slot is free again.
    func released(_ stream: HTTP2UpstreamStream) {
        freeSlots.append(stream.slot)
        openStreams -= 1
        idleBegan()
    }

    private func idleBegan() {
        guard openStreams == 0, phase == .open else { return }
        timer.set(afterMilliseconds: limits.idleMilliseconds)
    }

    // MARK: Events

    package override func ready(_ readiness: Readiness) {
        guard phase == .open else { return }
        if readiness.contains(.writable) {
            isWriteBlocked = false
            loop.callAtEndOfTurn(self)
        }
        if !readiness.isDisjoint(with: [.readable, .hangup, .error]) { readInput() }
    }

    private func readInput() {
        var turn = InputTurn()
        while phase == .open, let transport, let session,
            let result = turn.receive(from: transport, using: loop.scratch, for: self, on: loop)
        {
            switch result {
            case .bytes(let bytes):
                isInSession = true
                let isFine = session.receive(bytes)
                isInSession = false
                guard isFine else { return close(.badResponse(.malformedStatusLine)) }
                loop.callAtEndOfTurn(self)
            case .wouldBlock: return
            case .endOfStream, .failed: return close(.closedBeforeResponse)
            }
        }
    }

    package override func endOfTurn() {
        tellDue()
        flush()
        tellDue()
    }

    private func flush() {
        guard phase == .open, let transport, let session else { return }
        repeat {
            isInSession = true
            let isFine = session.fill(upTo: limits.outputHigh)
            isInSession = false
            guard isFine else { return close(.closedBeforeResponse) }
            if !isWriteBlocked {
                switch session.output.send(through: transport).outcome {
                case .done: break
                case .blocked: isWriteBlocked = true
                case .failed: return close(.closedBeforeResponse)
                }
            }
            // A full buffer that has gone leaves room for what did not fit into it.
        } while session.output.isEmpty && fillsAgain(session)
        if session.output.isEmpty { session.output.release() }
        if session.isFinished { return close(.closedBeforeResponse) }
        updateInterest()
    }

    private func fillsAgain(_ session: HTTP2ClientSession) -> Bool {
        isInSession = true
        defer { isInSession = false }
        return session.fill(upTo: limits.outputHigh) && !session.output.isEmpty
    }

    private func updateInterest() {
        guard phase == .open else { return }
        transport?.update(self, on: loop, for: isWriteBlocked ? [.readable, .writable] : .readable)
    }

    func isDue(_ stream: HTTP2UpstreamStream) {
        due.append(stream)
        loop.callAtEndOfTurn(self)
    }

    private func tellDue() {
        while !due.isEmpty {
            let told = due
            due = []
            for stream in told { stream.tell() }
        }
    }

    /// Closes; clients that are still there are told why.
    package func close(_ failure: UpstreamFailure = .closedBeforeResponse) {
        guard phase != .closed else { return }
        phase = .closed
        timer.remove()
        connector.take()?.cancel()
        transport?.unwatch(self, on: loop)
        transport?.closeWrite()
        transport = nil
        onClose(self)
        for stream in streams { stream.connectionEnded(failure) }
    }

    // MARK: HTTP2ClientEvents

    package func awaitsHead(slot: Int) -> Bool { !streams[slot].isHeadDone }

    package func headReceived(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, slot: Int) {
        streams[slot].received(head, bytes)
    }

    package func headRefused(_ error: HTTPError, slot: Int) { streams[slot].fail(.badResponse(error)) }
    package func contentReceived(_ bytes: UnsafeBufferPointer<UInt8>, slot: Int) { streams[slot].received(bytes) }

    package func trailersReceived(_ trailers: borrowing TrailerSection, slot: Int) {
        streams[slot].received(trailers: copy trailers)
    }

    package func responseEnded(slot: Int) { streams[slot].inputEnded() }
    package func streamClosed(slot: Int, code: HTTP2ErrorCode) { streams[slot].closed(code) }

    package func contentToSend(slot: Int, atMost limit: Int) -> HTTP2Content {
        streams[slot].contentToSend(atMost: limit)
    }

    package func moveContent(slot: Int, count: Int, to output: inout ByteBuffer) {
        streams[slot].moveContent(count, to: &output)
    }
}
