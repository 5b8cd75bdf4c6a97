internal import CNGHTTP2
package import HTTP

/// The server's side of one HTTP/2 connection without I/O and without a clock: bytes in, events out; answers in, bytes
/// out. libnghttp2 does the framing, the compression of heads, flow control and the states of streams (RFC 9113,
/// RFC 7541); what requests mean, and what is too much, is decided here.
///
///     open -> (shutting down) -> over
///
/// Laws:
/// - A client is told of every stream of its: a response, or RST_STREAM. A request that can't be taken is refused by a
///   response where it can be understood that far, and by RST_STREAM PROTOCOL_ERROR where nghttp2 finds it malformed.
/// - What is a flood (`FrameBudget`) ends the session with GOAWAY ENHANCE_YOUR_CALM; nothing is received after that.
/// - Content counts against the windows until it is consumed: a stream that nobody takes content of stops alone.
package final class HTTP2Session: NGHTTP2Session {
    package enum Outcome: Equatable, Sendable {
        case fine
        /// The connection has to end once `output` is sent.
        case flooded(HTTP2Flood)
        /// The bytes are no HTTP/2, or the session is beyond use: the connection has to end once `output` is sent.
        case failed
    }

    package let limits: HTTP2Limits

    unowned let events: any HTTP2Events
    var assembler: RequestAssembler
    var head = RequestHead()
    var trailers = TrailerSection()
    var trailerError: HTTPError?
    var trailerSize = 0
    var budget: FrameBudget
    var flood: HTTP2Flood?
    /// Frames of the present header block after its first.
    var continuations = 0
    /// A header block has begun and not ended.
    package internal(set) var isInHeaderBlock = false
    /// RST_STREAM frames that we have asked nghttp2 to send: others come of the client's mistakes.
    var expectedResets = 0

    /// Nil when there is no memory for a session.
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
                // RFC 9218 2.1: nobody here looks at the tree of priorities.
                (NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
            ], window: limits.connectionWindow)
    }

    // MARK: Bytes

    /// Takes what has come of the client.
    ///
    /// - Parameter now: monotonic nanoseconds, for what counts within a time.
    package func receive(_ bytes: UnsafeBufferPointer<UInt8>, now: UInt64) -> Outcome {
        guard !isOver else { return .failed }
        budget.advance(to: now)
        let result = nghttp2_session_mem_recv(raw, bytes.baseAddress, bytes.count)
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

    /// NGHTTP2_ERR_TOO_MANY_CONTINUATIONS, which older headers have no name for: nghttp2's own bound of them is 8.
    private static let tooManyContinuations = -905

    /// nghttp2 is asked nothing more after a callback has failed: the last frame is written by hand.
    private func end(_ flood: HTTP2Flood) -> Outcome {
        isOver = true
        let last = UInt32(bitPattern: nghttp2_session_get_last_proc_stream_id(raw)) & 0x7FFF_FFFF
        output.appendGoAway(lastStream: last, code: .enhanceYourCalm)
        return .flooded(flood)
    }

    /// Moves frames to `output`, until it holds `limit` bytes or there is nothing to send.
    ///
    /// - Returns: false when the session is beyond use.
    package func fill(upTo limit: Int, now: UInt64) -> Bool {
        guard !isOver else { return true }
        budget.advance(to: now)
        return moveFrames(upTo: limit)
    }

    // MARK: Streams

    /// Content of a stream that is gone has been dropped.
    package func consumeOfConnection(_ count: Int) {
        guard !isOver, count > 0 else { return }
        nghttp2_session_consume_connection(raw, count)
    }

    /// Sends an interim response.
    package func submitInterim(_ fields: borrowing FieldList, on stream: Int32) {
        guard !isOver else { return }
        _ = withPairs(of: fields) { nghttp2_submit_headers(raw, flags, stream, nil, $0, $1, nil) }
    }

    /// Sends a response's head.
    ///
    /// - Parameters:
    ///   - fields: `:status` first.
    ///   - hasContent: content follows, asked for by `HTTP2Events.contentToSend`; else the response is whole.
    package func submitResponse(_ fields: borrowing FieldList, on stream: Int32, slot: Int, hasContent: Bool) {
        guard !isOver else { return }
        var provider = NGHTTP2Session.contentProvider(slot: slot)
        _ = withPairs(of: fields) { list, count in
            guard hasContent else { return nghttp2_submit_response(raw, stream, list, count, nil) }
            return nghttp2_submit_response(raw, stream, list, count, &provider)
        }
    }

    package override func reset(_ stream: Int32, _ code: HTTP2ErrorCode) {
        if submitReset(stream, code) { expectedResets += 1 }
    }

    func setSlot(_ slot: Int, of stream: Int32) {
        nghttp2_session_set_stream_user_data(raw, stream, NGHTTP2Session.mark(slot))
    }

    // MARK: The end

    /// Says that the connection will end, and asks for a sign that this was seen (RFC 9113 6.8): until then new streams
    /// are taken.
    package func announceShutdown() {
        guard !isOver else { return }
        nghttp2_submit_shutdown_notice(raw)
        nghttp2_submit_ping(raw, flags, nil)
    }

    /// Takes no more streams; those that are open go on.
    package func refuseNewStreams() {
        guard !isOver else { return }
        let last = nghttp2_session_get_last_proc_stream_id(raw)
        nghttp2_submit_goaway(raw, flags, last, HTTP2ErrorCode.none.rawValue, nil, 0)
    }

    /// Ends the session: GOAWAY, then nothing.
    package func terminate(_ code: HTTP2ErrorCode) {
        guard !isOver else { return }
        nghttp2_session_terminate_session(raw, code.rawValue)
    }
}
