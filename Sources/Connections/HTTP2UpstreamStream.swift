internal import HTTP
internal import HTTP2
internal import Sockets

/// One request to an application over HTTP/2, and its response: the adapter between `ClientExchange` and the session of a
/// connection. The object serves one request after the other.
///
/// Laws:
/// - The stream calls its client at the end of a turn or while bytes are received, never inside a call of the client.
/// - The stream keeps content that the client does not want yet. The window of the stream bounds it.
/// - What the stream keeps of a complete response outlives the connection.
final class HTTP2UpstreamStream: UpstreamStream {
    private enum Life {
        case free
        /// The session could not take the request.
        case refused
        /// The session has the stream.
        case open
        /// The session has closed the stream; the client may still get the kept bytes.
        case over
    }

    private let connection: HTTP2Upstream
    /// The index in the connection's list.
    let slot: Int
    private var id: Int32 = 0
    private var life = Life.free
    private(set) var client: (any UpstreamClient)?
    private var exchange = ClientExchange()
    private(set) var isReused = false
    private var timer: PatienceTimer
    private let live: LiveObject

    // The request.
    private var output = ByteBuffer()
    private var trailers = FieldList()
    /// The session was told that there is nothing to send.
    private var isDeferred = false
    private var wasCongested = false

    // The response.
    private var pending = ByteBuffer()
    private var pendingTrailers = TrailerSection()
    /// The response is complete.
    private var isInputEnded = false
    private var isReadingPaused = false
    /// The place of the last pause among all pauses of the connection's streams. Earlier pauses have smaller numbers.
    private(set) var pause = 0
    /// The response was cut short, because there is no memory for the rest of it.
    private var isOverdrawn = false
    /// The stream is in the connection's list of streams with events for their clients.
    private var isDue = false
    /// The client has cancelled the request; the stream waits for its reset or its end.
    private var isCancelled = false
    /// The bytes of `output` and `pending` that the connection's memory account has.
    private var charged = 0

    init(connection: HTTP2Upstream, slot: Int) {
        self.connection = connection
        self.slot = slot
        timer = PatienceTimer(on: connection.loop, limits: connection.limits)
        live = LiveObject(HTTP2UpstreamStream.self, on: connection.loop)
        timer.action = { [unowned self] in timedOut() }
    }

    // MARK: The request

    func begin(_ client: any UpstreamClient, _ request: borrowing UpstreamRequest) {
        prepare()
        self.client = client
        exchange.begin(method: request.method, mayTunnel: false)
        isReused = connection.hasResponded
        let submitted = connection.session?.submitRequest(request.fields, slot: slot, hasContent: request.hasContent)
        guard let submitted else {
            life = .refused
            return note()
        }
        id = submitted
        life = .open
        updateTimer()
        connection.loop.callAtEndOfTurn(connection)
    }

    private func prepare() {
        exchange = ClientExchange()
        output.removeAll()
        trailers.removeAll()
        isDeferred = false
        wasCongested = false
        pending.removeAll()
        pendingTrailers.removeAll()
        isInputEnded = false
        isReadingPaused = false
        isOverdrawn = false
        isCancelled = false
    }

    func checkCongestion() -> Bool {
        guard output.count > MemoryLedger.free,
            output.count > connection.memory.bound(connection.limits.outputHigh)
        else { return false }
        wasCongested = true
        return true
    }

    /// Once the waiting output has fallen to this bound, the client learns that it may write.
    private var outputLow: Int {
        min(connection.limits.outputLow, connection.memory.bound(connection.limits.outputHigh) / 4)
    }

    /// Reports what the buffers hold to the connection.
    private func charge() {
        let now = MemoryLedger.charge(output.capacity) + MemoryLedger.charge(pending.capacity)
        guard now != charged else { return }
        connection.memory.change(by: now - charged)
        charged = now
    }

    func writeContent(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard client != nil, !exchange.isRequestEnded else { return }
        let wasEmpty = output.isEmpty
        output.append(bytes)
        charge()
        if wasEmpty { updateTimer() }
        _ = checkCongestion()
        resume()
    }

    func writeTrailers(_ section: TrailerSection) {
        trailers.removeAll()
        section.withBytes { fields, bytes in
            for field in fields { trailers.append(name: field.name.in(bytes), value: field.value.in(bytes)) }
        }
    }

    func endRequest() {
        exchange.endRequest()
        updateTimer()
        resume()
    }

    private func resume() {
        connection.loop.callAtEndOfTurn(connection)
        guard isDeferred else { return }
        isDeferred = false
        connection.session?.resume(id)
    }

    /// The session asks for content.
    func contentToSend(atMost limit: Int) -> HTTP2Content {
        // A cancelled request must not look complete.
        if isCancelled || (output.isEmpty && !exchange.isRequestEnded) {
            isDeferred = true
            return .later
        }
        let count = min(limit, output.count)
        let isLast = exchange.isRequestEnded && count == output.count
        if isLast && !trailers.isEmpty { connection.session?.submitTrailers(trailers, on: id) }
        return .bytes(count, isLast: isLast, hasTrailers: !trailers.isEmpty)
    }

    func moveContent(_ count: Int, to target: inout ByteBuffer) {
        target.append(UnsafeBufferPointer(rebasing: output.readable[..<count]))
        output.consume(count)
        if output.isEmpty {
            output.release()
            charge()
        }
        updateTimer()
        if wasCongested && output.count <= outputLow { note() }
    }

    /// The session keeps the request until the application allows another stream.
    var isUnsent: Bool { life == .open && connection.session?.isOpen(id) == false }

    var isRequestOnTheWay: Bool { life != .refused && !isUnsent }

    // MARK: The response

    /// The next header block is a head and not a trailer section.
    var awaitsHead: Bool { !exchange.isResponseBegun }

    func received(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        switch exchange.received(head) {
        case .forwardInterim: client?.upstreamInterim(head, bytes)
        case .forward(let framing):
            updateTimer()
            guard framing == .none, exchange.method != .head, head.status != 204, head.status != 304 else {
                client?.upstreamResponded(head, bytes)
                return
            }
            // The stream ends with the head, as in a gRPC response that only reports an error. HTTP/1.1 needs a length.
            var whole = copy head
            whole.framing = .length(0)
            client?.upstreamResponded(whole, bytes)
        case .fail(let error):
            giveUp()
            fail(.badResponse(error))
        }
    }

    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard client != nil else {
            connection.session?.consumeOfConnection(bytes.count)
            return
        }
        if isOverdrawn || isReadingPaused || !pending.isEmpty {
            guard !isOverdrawn, connection.makeRoom(for: self) else {
                connection.session?.consumeOfConnection(bytes.count)
                return cutShort()
            }
            pending.append(bytes)
            charge()
            return
        }
        updateTimer()
        client?.upstreamSent(bytes)
        connection.session?.consume(bytes.count, on: id)
    }

    /// The stream stores content that its client does not take.
    var storesContent: Bool { !pending.isEmpty }

    /// The memory for responses is used up, and the client does not keep up: it gets no more of the response.
    func cutShort() {
        dropPending()
        isOverdrawn = true
        note()
    }

    func received(trailers: TrailerSection) { pendingTrailers = trailers }

    func inputEnded() {
        isInputEnded = true
        note()
    }

    func pauseReading() {
        if !isReadingPaused { pause = connection.nextPause() }
        isReadingPaused = true
        updateTimer()
    }

    func resumeReading() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        updateTimer()
        note()
    }

    private func note() {
        guard !isDue else { return }
        isDue = true
        connection.append(due: self)
    }

    /// Reports new events to the client. The connection calls this outside the session.
    func reportDue() {
        isDue = false
        if isOverdrawn {
            isOverdrawn = false
            giveUp()
            return fail(.closedInResponse)
        }
        if life == .refused { return fail(.notTaken) }
        if wasCongested && output.count <= outputLow {
            wasCongested = false
            client?.upstreamDrained()
        }
        deliverPending()
        guard isInputEnded, pending.isEmpty, !isReadingPaused, let client else { return }
        let trailers = pendingTrailers
        if !trailers.isEmpty { trailers.withBytes { client.upstreamTrailers($0, $1) } }
        self.client = nil
        timer.cancel()
        // A response before the end of the request makes the rest of the request useless (RFC 9113 8.1).
        if !exchange.isRequestEnded { giveUp() }
        output.release()
        releaseIfOver()
        client.upstreamEnded()
    }

    private func deliverPending() {
        while client != nil && !isReadingPaused && !pending.isEmpty {
            // Taken out of the stream, since the client may give the stream up meanwhile.
            var piece = ByteBuffer()
            swap(&piece, &pending)
            let stream = id
            client?.upstreamSent(piece.readable)
            connection.session?.consume(piece.count, on: stream)
        }
        charge()
    }

    /// Tells the client that its host was ejected, unless the response has begun.
    func reportEjected() {
        if !exchange.isResponseBegun { client?.upstreamEjected() }
    }

    /// Tells the client that the application does not take the request now.
    func reportPostponed() { client?.upstreamPostponed() }

    // MARK: Time

    /// Gives the application its time for the next step.
    private func updateTimer() {
        guard client != nil else { return timer.cancel() }
        let patience = exchange.patience(
            isOutputWaiting: !output.isEmpty, isReadingPaused: isInputEnded || isReadingPaused)
        timer.allow(patience, hasMoved: true)
    }

    private func timedOut() {
        guard client != nil else { return }
        giveUp()
        output.release()
        fail(.timedOut)
    }

    // MARK: The end

    func cancel() {
        client = nil
        timer.cancel()
        giveUp()
        output.release()
        dropPending()
        releaseIfOver()
        connection.loop.callAtEndOfTurn(connection)
    }

    /// Only a tunnel is left, and HTTP/2 carries none.
    func leave() { cancel() }

    private func giveUp() {
        guard life == .open, !isCancelled else { return }
        isCancelled = true
        connection.cancel(self)
    }

    /// The reset budget allows the reset of this stream now.
    func reset() {
        connection.session?.reset(id, .cancel)
        connection.loop.callAtEndOfTurn(connection)
    }

    /// The session has closed the stream. The client still gets the kept bytes of a complete response.
    func closed(_ code: HTTP2ErrorCode) {
        life = .over
        if isCancelled { connection.endedBeforeReset(self) }
        if client != nil && !isInputEnded { fail(reason(code)) }
        releaseIfOver()
    }

    /// REFUSED_STREAM means that the application has not processed the request. Streams beyond the last one of a GOAWAY
    /// get the same code (RFC 9113 8.7).
    private func reason(_ code: HTTP2ErrorCode) -> UpstreamFailure {
        if exchange.isResponseBegun { return .closedInResponse }
        return code == .refusedStream ? .notTaken : .closedBeforeResponse
    }

    func fail(_ failure: UpstreamFailure) {
        guard let client else { return }
        self.client = nil
        timer.cancel()
        dropPending()
        releaseIfOver()
        client.upstreamFailed(failure)
    }

    /// The connection closes; the last call.
    func connectionEnded(_ failure: UpstreamFailure) {
        output.release()
        timer.remove()
        if !isInputEnded {
            let reason: UpstreamFailure =
                exchange.isResponseBegun ? .closedInResponse : isUnsent ? .notTaken : failure
            fail(failure.isBeforeResponse ? reason : failure)
        }
        if life == .open { life = .over }
        releaseIfOver()
    }

    /// Dropped content counts as consumed. Otherwise the connection's window would shrink for good.
    private func dropPending() {
        connection.session?.consume(pending.count, on: id)
        pending.release()
        charge()
    }

    /// Frees the object for another request when both the session and the client are done with it.
    private func releaseIfOver() {
        guard client == nil, life == .over || life == .refused else { return }
        life = .free
        output.release()
        pending.release()
        charge()
        connection.released(self)
    }
}
