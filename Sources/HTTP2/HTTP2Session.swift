internal import CNGHTTP2
package import HTTP

/// The server side of one HTTP/2 connection without I/O and without a clock: bytes and responses in, events and bytes
/// out. libnghttp2 does framing, header compression, flow control and stream states (RFC 9113, RFC 7541). This class
/// decides on requests and floods.
///
///     open -> (shutting down) -> over
///
/// Rules:
/// - A client gets an answer on each of its streams: a response or RST_STREAM. An unacceptable request gets a response
///   if it can be parsed that far. If nghttp2 finds it malformed, it gets RST_STREAM PROTOCOL_ERROR.
/// - A flood (`FrameBudget`) ends the session with GOAWAY ENHANCE_YOUR_CALM. Nothing is received after that.
/// - A fault of the client gets the error code of RFC 9113. Faults that nghttp2 ignores are found before it gets the
///   bytes.
/// - Content counts against the windows until it is consumed. A stream whose content is not read stops only itself.
package final class HTTP2Session: NGHTTP2Session {
    package enum Outcome: Equatable, Sendable {
        case fine
        /// The connection has to end after `output` is sent.
        case flooded(HTTP2Flood)
        /// The bytes are not HTTP/2, or the session is unusable. The connection has to end after `output` is sent.
        case failed
    }

    package let limits: HTTP2Limits

    unowned let events: any HTTP2Events
    var assembler: RequestAssembler
    var head = RequestHead()
    var trailers = TrailerSection()
    var trailerError: HTTPError?
    var trailerSize = 0
    /// The number of fields of the current header block.
    var blockFields = 0
    var budget: FrameBudget
    var flood: HTTP2Flood?
    private var scanner = FrameScanner()
    /// The first bytes of a frame header within a header block. nghttp2 gets each header at once, because it counts
    /// each fragment of one as a CONTINUATION.
    private var held: [UInt8] = []
    var history = StreamHistory()
    /// The number of frames of the current header block after its first.
    var continuations = 0
    /// More frames of a header block follow.
    var isBlockOpen = false
    /// The latest frame belongs to a header block.
    var isLatestHeaders = false
    /// A fault of the client ends the session. The rest of its bytes is ignored.
    private var isFaulty = false
    /// The PING of `announceShutdown` is sent or will be, and its acknowledgement has not arrived.
    var awaitsShutdownAnswer = false
    /// The content of that PING.
    static let shutdownPing: [UInt8] = Array("shutdown".utf8)

    /// Fails if there is no memory for a session.
    package init?(events: any HTTP2Events, limits: HTTP2Limits = HTTP2Limits()) {
        self.events = events
        self.limits = limits
        assembler = RequestAssembler(limits: limits.http)
        budget = FrameBudget(limits: limits)
        super.init(source: events)
        let context = Unmanaged.passUnretained(self).toOpaque()
        guard nghttp2_session_server_new2(&raw, HTTP2Session.callbacks, context, HTTP2Session.options) == 0 else {
            return nil
        }
        submitSettings(
            [
                (NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams),
                (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindow),
                (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.http.head),
                (NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1),
                // RFC 9218 2.1: this server ignores the priority tree.
                (NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
            ], window: limits.connectionWindow)
    }

    // MARK: Bytes

    /// Processes bytes from the client.
    ///
    /// - Parameter now: monotonic nanoseconds, for the flood limits.
    package func receive(_ bytes: UnsafeBufferPointer<UInt8>, now: UInt64) -> Outcome {
        guard !isOver else { return .failed }
        guard !isFaulty else { return .fine }
        budget.advance(to: now)
        var fed = 0
        var offset = 0
        while let frame = scanner.next(bytes, from: &offset) {
            // The header may have begun before these bytes. nghttp2 does nothing before it has a complete header.
            let start = max(fed, offset - FrameScanner.headSize)
            if needsState(frame) {
                let outcome = feed(UnsafeBufferPointer(rebasing: bytes[fed..<start]))
                guard outcome == .fine else { return outcome }
                fed = start
            }
            let verdict = judge(frame)
            if case .fine = verdict {
                guard !held.isEmpty else { continue }
                held += bytes[fed..<offset]
                fed = offset
                let outcome = held.withUnsafeBufferPointer { feed($0) }
                held = []
                guard outcome == .fine else { return outcome }
                continue
            }
            // The bytes before the fault were valid.
            let outcome = feed(UnsafeBufferPointer(rebasing: bytes[fed..<start]))
            guard outcome == .fine else { return outcome }
            return end(verdict)
        }
        let end = isBlockOpen ? max(fed, bytes.count - scanner.count) : bytes.count
        if end < bytes.count { held += bytes[end...] }
        return feed(UnsafeBufferPointer(rebasing: bytes[fed..<end]))
    }

    /// A header block has begun and is incomplete.
    package var isInHeaderBlock: Bool { isBlockOpen || (isLatestHeaders && scanner.isInPayload) }

    private func feed(_ bytes: UnsafeBufferPointer<UInt8>) -> Outcome {
        // Within a header block a call without bytes would count as a CONTINUATION.
        let result = bytes.isEmpty ? 0 : nghttp2_session_mem_recv(raw, bytes.baseAddress, bytes.count)
        if let flood { return end(flood) }
        switch result {
        case 0...: return .fine
        case Int(NGHTTP2_ERR_FLOODED.rawValue): return end(.acknowledgement)
        case HTTP2Session.tooManyContinuations: return end(.continuation)
        default:
            isOver = true
            return .failed
        }
    }

    /// NGHTTP2_ERR_TOO_MANY_CONTINUATIONS, which older headers do not name. nghttp2's own bound is 8.
    private static let tooManyContinuations = -905

    /// Ends the connection with a fault of the client (RFC 9113 5.4.1).
    func fail(_ code: HTTP2ErrorCode) {
        isFaulty = true
        terminate(code)
    }

    private func end(_ verdict: Verdict) -> Outcome {
        switch verdict {
        case .fine: return .fine
        case .flood(let flood): return end(flood)
        case .fault(let code):
            fail(code)
            return .fine
        }
    }

    /// After a failed callback nghttp2 must not be called, so the last frame is written here.
    private func end(_ flood: HTTP2Flood) -> Outcome {
        isOver = true
        let last = UInt32(bitPattern: nghttp2_session_get_last_proc_stream_id(raw)) & 0x7FFF_FFFF
        output.appendGoAway(lastStream: last, code: .enhanceYourCalm)
        return .flooded(flood)
    }

    /// Moves frames to `output`, until it holds `limit` bytes or there is nothing to send.
    ///
    /// - Returns: false if the session is unusable.
    package func fill(upTo limit: Int, now: UInt64) -> Bool {
        guard !isOver else { return true }
        budget.advance(to: now)
        return moveFrames(upTo: limit)
    }

    // MARK: Streams

    /// The bytes of content that the windows of the stream and of the connection allow now.
    package func room(of stream: Int32) -> Int {
        guard !isOver else { return 0 }
        let ofStream = nghttp2_session_get_stream_remote_window_size(raw, stream)
        return max(0, Int(min(ofStream, nghttp2_session_get_remote_window_size(raw))))
    }

    /// Sends an interim response.
    package func submitInterim(_ fields: borrowing FieldList, on stream: Int32) {
        guard !isOver else { return }
        _ = withPairs(of: fields) { nghttp2_submit_headers(raw, flags, stream, nil, $0, $1, nil) }
    }

    /// Sends a response head.
    ///
    /// - Parameters:
    ///   - fields: `:status` first.
    ///   - hasContent: content follows, through `HTTP2Events.contentToSend`. Otherwise the response is complete.
    package func submitResponse(_ fields: borrowing FieldList, on stream: Int32, slot: Int, hasContent: Bool) {
        guard !isOver else { return }
        var provider = NGHTTP2Session.contentProvider(slot: slot)
        _ = withPairs(of: fields) { list, count in
            guard hasContent else { return nghttp2_submit_response(raw, stream, list, count, nil) }
            return nghttp2_submit_response(raw, stream, list, count, &provider)
        }
    }

    /// Ends a stream by the server's own decision. A reset for a fault of the client goes through `faultFound` instead.
    package override func reset(_ stream: Int32, _ code: HTTP2ErrorCode) {
        // The server's own decision: `frameSent` does not count it as a fault of the client.
        if submitReset(stream, code) { history.givenUpByUs(stream) }
    }

    /// Refuses a request for want of memory, so that the client may send it again (RFC 9113 8.7). A client may provoke
    /// that at will, so it counts. Called during `HTTP2Events.requestReceived` only.
    package func refuse(_ stream: Int32) {
        guard budget.allowsRefusal() || floods(.refusedHead) else { return }
        reset(stream, .refusedStream)
    }

    /// The frames that wait in the session, besides content. A client that reads nothing may provoke more.
    package var waitingFrames: Int { isOver ? 0 : nghttp2_session_get_outbound_queue_size(raw) }

    func setSlot(_ slot: Int, of stream: Int32) {
        nghttp2_session_set_stream_user_data(raw, stream, NGHTTP2Session.mark(slot))
    }

    // MARK: The end

    /// Announces the end of the connection and requests an acknowledgement (RFC 9113 6.8). Until then new streams are
    /// accepted.
    package func announceShutdown() {
        guard !isOver else { return }
        nghttp2_submit_shutdown_notice(raw)
        nghttp2_submit_ping(raw, flags, HTTP2Session.shutdownPing)
        awaitsShutdownAnswer = true
    }

    /// Refuses new streams. Open streams continue.
    package func refuseNewStreams() {
        guard !isOver else { return }
        let last = nghttp2_session_get_last_proc_stream_id(raw)
        history.lastTaken = last
        nghttp2_submit_goaway(raw, flags, last, HTTP2ErrorCode.none.rawValue, nil, 0)
    }

    /// Ends the session with a GOAWAY.
    package func terminate(_ code: HTTP2ErrorCode) {
        guard !isOver else { return }
        nghttp2_session_terminate_session(raw, code.rawValue)
    }
}
