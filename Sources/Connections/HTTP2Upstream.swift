package import HTTP
package import HTTP2
package import Sockets

/// The client's side of one HTTP/2 connection to an application that speaks it without TLS, with prior knowledge (RFC 9113
/// 3.3), as gRPC servers do.
///
///     opening -> open -> closed      (streams may be opened from the first state on)
///
/// Laws:
/// - Each stream reports exactly one end to its client, unless the client cancels the stream.
/// - All frames of a turn leave in one write.
/// - A stream whose client reads nothing stops only itself. The connection's window is larger than the windows of all its streams.
/// - A connection whose application does not answer a PING gets no more requests, and closes in the end (`PingWatch`).
/// - Every byte of content returns to the connection's window, whether a client read it or it was dropped.
/// - A complete response reaches its client, even if the connection has ended behind it.
/// - The connection resets cancelled streams no faster than `ResetBudget` allows, so that the application sees no attack.
///   Until its reset, or until the application has responded, the stream drops its content and keeps its window closed.
///
/// The connection and its streams hold each other until the connection closes.
package final class HTTP2Upstream: EventSource, HTTP2ClientEvents, PumpedConnection {
    private enum Phase {
        case opening(Connector?)
        case open
        case closed
    }

    package let loop: EventLoop
    private let target: UpstreamTarget
    let limits: UpstreamLimits
    /// Called once, when the connection has closed for any reason.
    package var onClose: (HTTP2Upstream) -> Void = { _ in }
    /// Called when the application has sent its settings, at the end of the turn.
    package var onSettings: (HTTP2Upstream) -> Void = { _ in }

    private var phase = Phase.opening(nil)
    var pump = TransportPump(UnconnectedTransport.shared)
    private(set) var session: HTTP2ClientSession?
    /// Ends an idle connection, and asks `watch` while a request is in progress.
    private let timer: LoopTimer
    private var watch: PingWatch
    /// By slot.
    private var streams: [HTTP2UpstreamStream] = []
    private var freeSlots: [Int] = []
    /// Requests in progress, including those that the session has not sent yet.
    package private(set) var openStreams = 0
    private var resets: ResetBudget
    /// The memory that the streams hold.
    var memory: UpstreamMemory
    private var pauses = 0
    private let resetTimer: LoopTimer
    /// Streams that wait for their reset, in order.
    private var cancelled: [HTTP2UpstreamStream] = []
    /// Streams with events for their clients, which they report outside the session.
    private var due: [HTTP2UpstreamStream] = []
    /// The application reads nothing more. The connection still reads the bytes that the application sent before.
    private var isWriteBroken = false
    private var areSettingsNew = false
    private var hasSettings = false
    /// The capacity until the application's settings are known.
    private let expectedCapacity: Int
    /// The application has responded on this connection.
    private(set) var hasResponded = false
    /// The connection takes no more requests, and closes after its last stream.
    private var isDraining = false
    private let live: LiveObject

    /// - Parameter expectedCapacity: `capacity` of an earlier connection; nil if there was none.
    package init(
        loop: EventLoop, endpoint: UpstreamEndpoint, provider: TransportProvider,
        limits: UpstreamLimits = UpstreamLimits(), expectedCapacity: Int? = nil
    ) {
        self.loop = loop
        self.expectedCapacity = expectedCapacity ?? limits.http2Streams
        target = UpstreamTarget(endpoint: endpoint, provider: provider)
        self.limits = limits
        timer = LoopTimer(on: loop)
        live = LiveObject(HTTP2Upstream.self, on: loop)
        resetTimer = LoopTimer(on: loop)
        resets = ResetBudget(limits: limits)
        memory = UpstreamMemory(limits.memory)
        watch = PingWatch(limits: limits)
        super.init()
        resetTimer.action = { [unowned self] in resetCancelled() }
        timer.action = { [unowned self] in timedOut() }
        var http2 = HTTP2Limits()
        http2.http = limits.http
        http2.streamWindow = limits.http2StreamWindow
        // Twice what all streams hold: nghttp2 opens a window again when half of it has been consumed. The half that stalled
        // streams may hold for ever does not count.
        http2.connectionWindow = 2 * limits.http2Streams * limits.http2StreamWindow
        session = HTTP2ClientSession(events: self, limits: http2)
    }

    /// Begins to connect. A failure is reported to the clients that are attached by then, in a later turn.
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
            pump = TransportPump(transport)
            phase = .open
            updateInterest()
            for stream in streams { stream.client?.upstreamOpened() }
            idleBegan()
            loop.callAtEndOfTurn(self)
        case .failure(let failure): close(failure)
        }
    }

    private var isOpen: Bool { if case .open = phase { true } else { false } }
    private var isClosed: Bool { if case .closed = phase { true } else { false } }

    // MARK: Streams

    /// The connection takes another request. The session keeps it while the application's own limit of streams is reached.
    package var takesRequests: Bool {
        !isClosed && !isDraining && !isWriteBroken && !watch.isUnanswered && openStreams < limits.http2Streams
            && session?.takesRequests == true
    }

    /// The most requests that the application takes on one connection at a time.
    package var capacity: Int {
        hasSettings ? max(1, min(limits.http2Streams, session?.peerStreams ?? 1)) : expectedCapacity
    }

    /// Another request would go to the application at once.
    package var hasRoom: Bool {
        let streams = hasSettings ? session?.peerStreams ?? 0 : expectedCapacity
        return takesRequests && !resets.isWorn && openStreams < streams
    }

    /// A stream for one request, which must begin in the same turn.
    package func open() -> any UpstreamStream {
        if openStreams == 0 {
            watch.begin(now: loop.now)
            timer.set(at: watch.nextAt)
        }
        openStreams += 1
        if let slot = freeSlots.popLast() { return streams[slot] }
        let stream = HTTP2UpstreamStream(connection: self, slot: streams.count)
        streams.append(stream)
        return stream
    }

    /// The stream's slot is free again.
    func released(_ stream: HTTP2UpstreamStream) {
        freeSlots.append(stream.slot)
        openStreams -= 1
        idleBegan()
        if isUseless { loop.callAtEndOfTurn(self) }
    }

    private func idleBegan() {
        guard openStreams == 0, isOpen else { return }
        timer.set(afterMilliseconds: limits.idleMilliseconds)
    }

    /// The connection was idle for its time, or the application was silent for some time.
    private func timedOut() {
        guard openStreams > 0 else { return close(.timedOut) }
        switch watch.next(now: loop.now) {
        case .nothing: break
        case .ping:
            session?.ping()
            loop.callAtEndOfTurn(self)
        case .dead: return close()
        }
        timer.set(at: watch.nextAt)
    }

    /// Takes no more requests, and closes as soon as the last stream has ended.
    package func drain() {
        isDraining = true
        if openStreams == 0 { close() }
    }

    /// The host was ejected. Requests without a response that may go elsewhere do.
    package func reportEjected() {
        for stream in streams { stream.reportEjected() }
    }

    // MARK: Memory

    /// Numbers the pauses of the streams.
    func nextPause() -> Int {
        pauses += 1
        return pauses
    }

    /// Makes room for content that this stream's client does not take yet: cuts responses short whose clients have paused
    /// for longer.
    ///
    /// - Returns: false if there is no room and no such response.
    func makeRoom(for stream: HTTP2UpstreamStream) -> Bool {
        while memory.isFull {
            let earlier = streams.lazy.filter { $0.storesContent && $0.pause < stream.pause }
            guard let victim = earlier.min(by: { $0.pause < $1.pause }) else { return false }
            victim.cutShort()
        }
        return true
    }

    // MARK: Cancelled streams

    /// Resets a cancelled stream, at once or when the budget allows it.
    func cancel(_ stream: HTTP2UpstreamStream) {
        // The application never sees a stream that has not begun.
        if stream.isUnsent || (cancelled.isEmpty && resets.spend(now: loop.now)) { return stream.reset() }
        cancelled.append(stream)
        resetTimer.set(at: resets.nextTurn)
        loop.callAtEndOfTurn(self)
    }

    /// The application has ended a cancelled stream by itself.
    func endedBeforeReset(_ stream: HTTP2UpstreamStream) { cancelled.removeAll { $0 === stream } }

    private func resetCancelled() {
        while !cancelled.isEmpty && resets.spend(now: loop.now) { cancelled.removeFirst().reset() }
        if !cancelled.isEmpty { resetTimer.set(at: resets.nextTurn) }
        loop.callAtEndOfTurn(self)
    }

    /// No client waits on this connection, and it takes no more requests: it drains, it has too many cancelled
    /// streams, or the application does not answer. The end of the connection tells the application as well.
    private var isUseless: Bool {
        cancelled.count == openStreams && (resets.isWorn || !cancelled.isEmpty || isDraining || watch.isUnanswered)
    }

    // MARK: Events

    package override func ready(_ readiness: Readiness) {
        guard isOpen else { return }
        if readiness.contains(.writable) {
            pump.becameWritable()
            loop.callAtEndOfTurn(self)
        }
        // An error or a hang-up shows in the result of a read, after the bytes that came before it.
        guard !readiness.isDisjoint(with: [.readable, .hangup, .error]) else { return }
        if isWriteBroken { readLastInput() } else { receiveInput() }
    }

    var takesInput: Bool { isOpen }

    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        watch.heard(now: loop.now)
        guard session?.receive(bytes) == true else { return close(.badResponse(.malformedStatusLine)) }
        loop.callAtEndOfTurn(self)
    }

    func inputEnded() { close(.closedBeforeResponse) }
    func inputFailed(_ error: TransportError) { close(.closedBeforeResponse) }

    /// Pieces of input that are taken in one turn after writing broke.
    private static let lastPieces = 64

    /// Reads the application's last bytes, and then closes.
    private func readLastInput() {
        for _ in 0..<HTTP2Upstream.lastPieces where isOpen {
            guard case .bytes(let bytes) = pump.transport.receive(using: loop.scratch) else { return close() }
            received(bytes)
        }
        if isOpen { loop.callNextTurn(self) }
    }

    package override func endOfTurn() {
        reportDue()
        if isOpen && isUseless { return close() }
        flush()
        reportDue()
        if areSettingsNew { reportSettings() }
    }

    /// The application may take fewer requests than this connection has. Those that wait may go over another one.
    private func reportSettings() {
        areSettingsNew = false
        onSettings(self)
        guard isOpen, openStreams > capacity else { return }
        for stream in streams where stream.isUnsent { stream.reportPostponed() }
    }

    private func flush() {
        guard isOpen, !isWriteBroken, let session else { return }
        repeat {
            guard session.fill(upTo: limits.outputHigh) else { return close() }
            if !pump.isWriteBlocked, case .failed = pump.send(&session.output, now: loop.now).outcome {
                return writingBroke(session)
            }
            // A full buffer that has left makes room for what did not fit into it.
        } while session.output.isEmpty && session.fill(upTo: limits.outputHigh) && !session.output.isEmpty
        pump.finishSending(session.output)
        if session.output.isEmpty { session.output.release() }
        if session.isFinished { return close() }
        updateInterest()
    }

    /// The application has gone, perhaps after it had sent complete responses. They are read before the connection closes.
    private func writingBroke(_ session: HTTP2ClientSession) {
        isWriteBroken = true
        session.output.release()
        loop.callNextTurn(self)
    }

    func updateInterest() {
        guard isOpen else { return }
        pump.updateInterest(reads: true, of: self, on: loop)
    }

    /// The stream has events for its client, and reports them at the end of the turn.
    func append(due stream: HTTP2UpstreamStream) {
        due.append(stream)
        loop.callAtEndOfTurn(self)
    }

    private func reportDue() {
        while !due.isEmpty {
            let all = due
            due = []
            for stream in all { stream.reportDue() }
        }
    }

    /// Closes. Clients whose responses are not complete get the failure.
    package func close(_ failure: UpstreamFailure = .closedBeforeResponse) {
        guard !isClosed else { return }
        if case .opening(let connector?) = phase { connector.cancel() }
        phase = .closed
        timer.remove()
        resetTimer.remove()
        cancelled = []
        pump.transport.unwatch(self, on: loop)
        pump.transport.closeWrite()
        pump = TransportPump(UnconnectedTransport.shared)
        onClose(self)
        let streams = streams
        self.streams = []
        for stream in streams { stream.connectionEnded(failure) }
    }

    // MARK: HTTP2ClientEvents

    package func awaitsHead(slot: Int) -> Bool { streams[slot].awaitsHead }

    package func headReceived(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>, slot: Int) {
        hasResponded = true
        watch.gotResponse()
        streams[slot].received(head, bytes)
    }

    package func headRefused(_ error: HTTPError, slot: Int) { streams[slot].fail(.badResponse(error)) }
    package func contentReceived(_ bytes: UnsafeBufferPointer<UInt8>, slot: Int) {
        watch.gotResponse()
        streams[slot].received(bytes)
    }

    package func trailersReceived(_ trailers: borrowing TrailerSection, slot: Int) {
        streams[slot].received(trailers: copy trailers)
    }

    package func responseEnded(slot: Int) { streams[slot].inputEnded() }
    package func settingsReceived() {
        areSettingsNew = true
        hasSettings = true
        loop.callAtEndOfTurn(self)
    }

    package func streamClosed(slot: Int, code: HTTP2ErrorCode) { streams[slot].closed(code) }

    package func contentToSend(slot: Int, atMost limit: Int) -> HTTP2Content {
        streams[slot].contentToSend(atMost: limit)
    }

    package func moveContent(slot: Int, count: Int, to output: inout ByteBuffer) {
        streams[slot].moveContent(count, to: &output)
    }
}
