internal import HTTP
package import HTTP2
internal import Sockets

/// One request to an application over HTTP/2, and its response.
///
/// Calls of the client come at the end of a turn or while bytes are received, never inside a call of it but for failures at the
/// beginning. Content that the client does not want yet is kept; the stream's window bounds it.
package final class HTTP2UpstreamStream {
    private unowned let connection: HTTP2Upstream
    /// The place in the connection's list.
    let slot: Int
    private var id: Int32 = 0
    /// The session has the stream.
    private var isOpen = false
    private var client: (any UpstreamClient)?

    private var output = ByteBuffer()
    private var isOutputEnded = false
    private var trailers = FieldList()
    private var hasTrailers = false
    private var isDeferred = false
    private var wasCongested = false

    private(set) var isHeadDone = false
    private var pending = ByteBuffer()
    private var pendingTrailers = TrailerSection()
    private var isInputEnded = false
    private var isReadingPaused = false
    private var isDue = false

    private let timer: LoopTimer
    /// The length of the response's content is known.
    private var isCounted = false

    init(connection: HTTP2Upstream, slot: Int) {
        self.connection = connection
        self.slot = slot
        timer = LoopTimer(on: connection.loop)
        timer.action = { [unowned self] in timedOut() }
    }

    func begin(_ client: any UpstreamClient) {
        self.client = client
        output.removeAll()
        isOutputEnded = false
        hasTrailers = false
        isDeferred = false
        wasCongested = false
        isHeadDone = false
        isCounted = false
        pending.removeAll()
        pendingTrailers.removeAll()
        isInputEnded = false
        isReadingPaused = false
    }

    // MARK: The request

    package var isCongested: Bool { output.count > connection.limits.outputHigh }

    /// Sends the head. False when the connection can't take it; then the client hears nothing.
    package func sendHead(_ fields: borrowing FieldList, hasContent: Bool) -> Bool {
        guard let stream = connection.session?.submitRequest(fields, slot: slot, hasContent: hasContent) else {
            client = nil
            connection.released(self)
            return false
        }
        id = stream
        isOpen = true
        updateTimer()
        connection.loop.callAtEndOfTurn(connection)
        return true
    }

    package func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard client != nil, !isOutputEnded else { return }
        let wasEmpty = output.isEmpty
        output.append(bytes)
        if wasEmpty { updateTimer() }
        if isCongested { wasCongested = true }
        resume()
    }

    package func appendTrailer(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        if !hasTrailers { trailers.removeAll() }
        hasTrailers = true
        trailers.append(name: name, value: value)
    }

    package func end() {
        isOutputEnded = true
        updateTimer()
        resume()
    }

    private func resume() {
        connection.loop.callAtEndOfTurn(connection)
        guard isDeferred else { return }
        isDeferred = false
        connection.session?.resume(id)
    }

    func contentToSend(atMost limit: Int) -> HTTP2Content {
        if output.isEmpty && !isOutputEnded {
            isDeferred = true
            return .later
        }
        let count = min(limit, output.count)
        let isLast = isOutputEnded && count == output.count
        if isLast && hasTrailers { connection.session?.submitTrailers(trailers, on: id) }
        return .bytes(count, isLast: isLast, hasTrailers: hasTrailers)
    }

    func moveContent(_ count: Int, to target: inout ByteBuffer) {
        target.append(UnsafeBufferPointer(rebasing: output.readable[..<count]))
        output.consume(count)
        if output.isEmpty { output.release() }
        updateTimer()
        if wasCongested && output.count <= connection.limits.outputLow { note() }
    }

    // MARK: The response

    func received(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        if head.isInterim {
            if head.status != 100 { client?.upstreamInterim(head, bytes) }
            return
        }
        isHeadDone = true
        isCounted = head.framing.isCounted
        updateTimer()
        client?.upstreamResponded(head, bytes)
    }

    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        if client != nil && (isReadingPaused || !pending.isEmpty) {
            pending.append(bytes)
            return
        }
        updateTimer()
        client?.upstreamSent(bytes)
        connection.session?.consume(bytes.count, on: id)
    }

    func received(trailers: TrailerSection) { pendingTrailers = trailers }

    func inputEnded() {
        isInputEnded = true
        note()
    }

    package func pauseReading() {
        isReadingPaused = true
        updateTimer()
    }

    package func resumeReading() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        updateTimer()
        note()
    }

    private func note() {
        guard !isDue else { return }
        isDue = true
        connection.isDue(self)
    }

    /// Tells the client what it has not been told yet. Called outside the session.
    func tell() {
        isDue = false
        if wasCongested && output.count <= connection.limits.outputLow {
            wasCongested = false
            client?.upstreamDrained()
        }
        while client != nil && !isReadingPaused && !pending.isEmpty {
            // Taken out: what is called may give the stream up.
            var piece = ByteBuffer()
            swap(&piece, &pending)
            client?.upstreamSent(piece.readable)
            connection.session?.consume(piece.count, on: id)
        }
        guard isInputEnded, pending.isEmpty, !isReadingPaused, let client else { return }
        let trailers = pendingTrailers
        if !trailers.isEmpty { trailers.withBytes { client.upstreamTrailers($0, $1) } }
        self.client = nil
        timer.cancel()
        // An answer before the request's end: what is left of the request is of no use (RFC 9113 8.1).
        if isOpen && !isOutputEnded { connection.session?.reset(id, .cancel) }
        output.release()
        releaseIfOver()
        client.upstreamEnded()
    }

    // MARK: Time

    /// Gives the application its time for the next step: to take what is written, to answer, to go on with its answer.
    private func updateTimer() {
        guard client != nil else { return timer.cancel() }
        let limits = connection.limits
        let isSilenceOurs = isInputEnded || isReadingPaused
        let milliseconds: Int? =
            if !output.isEmpty {
                limits.stallMilliseconds
            } else if isHeadDone && isSilenceOurs {
                nil
            } else if isHeadDone && isCounted {
                limits.stallMilliseconds
            } else if !isOutputEnded {
                // The next step is the client's, who has its own time for it.
                nil
            } else if isHeadDone {
                limits.streamMilliseconds
            } else {
                limits.responseMilliseconds > 0 ? limits.responseMilliseconds : nil
            }
        if let milliseconds { timer.set(afterMilliseconds: milliseconds) } else { timer.cancel() }
    }

    private func timedOut() {
        guard client != nil else { return }
        if isOpen { connection.session?.reset(id, .cancel) }
        output.release()
        connection.loop.callAtEndOfTurn(connection)
        fail(.timedOut)
    }

    // MARK: The end

    /// The client wants no more of the response, and hears no more.
    package func abandon() {
        client = nil
        timer.cancel()
        if isOpen { connection.session?.reset(id, .cancel) }
        output.release()
        dropPending()
        connection.loop.callAtEndOfTurn(connection)
    }

    func closed(_ code: HTTP2ErrorCode) {
        isOpen = false
        if client != nil && !isInputEnded { fail(isHeadDone ? .closedInResponse : .closedBeforeResponse) }
        releaseIfOver()
    }

    func fail(_ failure: UpstreamFailure) {
        guard let client else { return }
        self.client = nil
        timer.cancel()
        dropPending()
        client.upstreamFailed(failure)
    }

    /// The last call.
    func connectionEnded(_ failure: UpstreamFailure) {
        fail(failure)
        timer.remove()
    }

    private func dropPending() {
        if isOpen { connection.session?.consume(pending.count, on: id) }
        pending.release()
    }

    /// Both the session and the client have done with it.
    private func releaseIfOver() {
        guard !isOpen, client == nil, id != 0 else { return }
        id = 0
        connection.released(self)
    }
}
