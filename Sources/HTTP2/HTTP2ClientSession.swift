internal import CNGHTTP2
package import HTTP

/// The client's side of one HTTP/2 connection without I/O and without a clock, towards a server that is trusted not to
/// flood: an application on the own host.
package final class HTTP2ClientSession {
    /// Frames to send; the owner consumes them. Holds whole frames only.
    package var output = ByteBuffer()

    unowned let events: any HTTP2ClientEvents
    let limits: HTTP2Limits
    var assembler: ResponseAssembler
    var head = ResponseHead()
    var trailers = TrailerSection()
    var isTrailerBroken = false
    /// The block that comes is a head, not a trailer section.
    var isHead = false
    private var raw: OpaquePointer?
    private var pairs: [nghttp2_nv] = []
    private var isOver = false

    /// Nil when there is no memory for a session.
    package init?(events: any HTTP2ClientEvents, limits: HTTP2Limits = HTTP2Limits()) {
        self.events = events
        self.limits = limits
        assembler = ResponseAssembler(limits: limits.http)
        let context = Unmanaged.passUnretained(self).toOpaque()
        guard
            nghttp2_session_client_new2(&raw, HTTP2ClientSession.callbacks, context, HTTP2ClientSession.options) == 0
        else { return nil }
        let entries = [
            nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                value: UInt32(clamping: limits.streamWindow)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: UInt32(clamping: limits.http.head)),
        ]
        nghttp2_submit_settings(raw, 0, entries, entries.count)
        nghttp2_session_set_local_window_size(raw, 0, 0, Int32(clamping: limits.connectionWindow))
    }

    deinit {
        if let raw { nghttp2_session_del(raw) }
    }

    // MARK: Bytes

    /// Takes what has come of the server; false when the session is beyond use.
    package func receive(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !isOver else { return false }
        isOver = nghttp2_session_mem_recv(raw, bytes.baseAddress, bytes.count) < 0
        return !isOver
    }

    /// Moves frames to `output`, until it holds `limit` bytes or there is nothing to send; false when the session is
    /// beyond use.
    package func fill(upTo limit: Int) -> Bool {
        guard !isOver else { return false }
        while output.count < limit {
            var frame: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(raw, &frame)
            if count == 0 { return true }
            guard count > 0, let frame else {
                isOver = true
                return false
            }
            output.append(UnsafeBufferPointer(start: frame, count: count))
        }
        return true
    }

    /// The server takes another request on this connection.
    package var takesRequests: Bool { !isOver && nghttp2_session_check_request_allowed(raw) != 0 }

    /// Nothing is to come and nothing to go.
    package var isFinished: Bool {
        isOver || (nghttp2_session_want_read(raw) == 0 && nghttp2_session_want_write(raw) == 0)
    }

    // MARK: Streams

    /// Sends a request's head.
    ///
    /// - Parameter hasContent: content follows, asked for by `HTTP2ClientEvents.contentToSend`.
    /// - Returns: the stream; nil when none can be opened.
    package func submitRequest(_ fields: borrowing FieldList, slot: Int, hasContent: Bool) -> Int32? {
        guard !isOver else { return nil }
        var provider = HTTP2ClientSession.contentProvider(slot: slot)
        let mark = UnsafeMutableRawPointer(bitPattern: slot + 1)
        let stream = fields.withPairs(&pairs) { list, count in
            guard hasContent else { return nghttp2_submit_request(raw, nil, list, count, nil, mark) }
            return nghttp2_submit_request(raw, nil, list, count, &provider, mark)
        }
        return stream > 0 ? stream : nil
    }

    /// Sends trailers; called when the last content is about to go.
    package func submitTrailers(_ fields: borrowing FieldList, on stream: Int32) {
        guard !isOver else { return }
        _ = fields.withPairs(&pairs) { nghttp2_submit_trailer(raw, stream, $0, $1) }
    }

    /// There is content again after `HTTP2Content.later`.
    package func resume(_ stream: Int32) {
        guard !isOver else { return }
        nghttp2_session_resume_data(raw, stream)
    }

    /// Content of a stream has been taken: its window opens again.
    package func consume(_ count: Int, on stream: Int32) {
        guard !isOver, count > 0 else { return }
        nghttp2_session_consume(raw, stream, count)
    }

    /// Ends a stream at once.
    package func reset(_ stream: Int32, _ code: HTTP2ErrorCode) {
        guard !isOver else { return }
        nghttp2_submit_rst_stream(raw, 0, stream, code.rawValue)
    }

    func slot(of stream: Int32) -> Int? {
        guard let mark = nghttp2_session_get_stream_user_data(raw, stream) else { return nil }
        return Int(bitPattern: mark) - 1
    }
}
