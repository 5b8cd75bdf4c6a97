internal import CNGHTTP2
package import HTTP

/// The client side of one HTTP/2 connection without I/O and without a clock. The server is an application on the same
/// host, which is trusted not to flood.
package final class HTTP2ClientSession: NGHTTP2Session {
    unowned let events: any HTTP2ClientEvents
    let limits: HTTP2Limits
    var assembler: ResponseAssembler
    var head = ResponseHead()
    var trailers = TrailerSection()
    var isTrailerBroken = false
    /// The next block is a head, not a trailer section.
    var isHead = false

    /// Fails if there is no memory for a session.
    package init?(events: any HTTP2ClientEvents, limits: HTTP2Limits = HTTP2Limits()) {
        self.events = events
        self.limits = limits
        assembler = ResponseAssembler(limits: limits.http)
        super.init(source: events)
        let context = Unmanaged.passUnretained(self).toOpaque()
        guard
            nghttp2_session_client_new2(&raw, HTTP2ClientSession.callbacks, context, HTTP2ClientSession.options) == 0
        else { return nil }
        submitSettings(
            [
                (NGHTTP2_SETTINGS_ENABLE_PUSH, 0),
                (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindow),
                (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.http.head),
            ], window: limits.connectionWindow)
    }

    // MARK: Bytes

    /// Processes bytes from the server. Returns false if the session is unusable.
    package func receive(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !isOver else { return false }
        isOver = nghttp2_session_mem_recv(raw, bytes.baseAddress, bytes.count) < 0
        return !isOver
    }

    /// Moves frames to `output`, until it holds `limit` bytes or there is nothing to send. Returns false if the session
    /// is unusable.
    package func fill(upTo limit: Int) -> Bool {
        !isOver && moveFrames(upTo: limit)
    }

    /// The server accepts another request on this connection.
    package var takesRequests: Bool { !isOver && nghttp2_session_check_request_allowed(raw) != 0 }

    /// The server's limit of open streams (SETTINGS_MAX_CONCURRENT_STREAMS).
    package var peerStreams: Int {
        Int(nghttp2_session_get_remote_settings(raw, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
    }

    /// Asks the server for a sign of life. nghttp2 takes the answer.
    package func ping() {
        guard !isOver else { return }
        nghttp2_submit_ping(raw, flags, nil)
    }

    // MARK: Streams

    /// Sends a request head.
    ///
    /// - Parameter hasContent: content follows, through `HTTP2ClientEvents.contentToSend`.
    /// - Returns: the stream; nil if no stream can be opened.
    package func submitRequest(_ fields: borrowing FieldList, slot: Int, hasContent: Bool) -> Int32? {
        guard !isOver else { return nil }
        var provider = NGHTTP2Session.contentProvider(slot: slot)
        let mark = NGHTTP2Session.mark(slot)
        let stream = withPairs(of: fields) { list, count in
            guard hasContent else { return nghttp2_submit_request(raw, nil, list, count, nil, mark) }
            return nghttp2_submit_request(raw, nil, list, count, &provider, mark)
        }
        return stream > 0 ? stream : nil
    }
}
