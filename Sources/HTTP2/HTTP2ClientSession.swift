internal import CNGHTTP2
package import HTTP

/// The client's side of one HTTP/2 connection without I/O and without a clock, towards a server that is trusted not to
/// flood: an application on the own host.
package final class HTTP2ClientSession: NGHTTP2Session {
    unowned let events: any HTTP2ClientEvents
    let limits: HTTP2Limits
    var assembler: ResponseAssembler
    var head = ResponseHead()
    var trailers = TrailerSection()
    var isTrailerBroken = false
    /// The block that comes is a head, not a trailer section.
    var isHead = false

    /// Nil when there is no memory for a session.
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

    /// Takes what has come of the server; false when the session is beyond use.
    package func receive(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !isOver else { return false }
        isOver = nghttp2_session_mem_recv(raw, bytes.baseAddress, bytes.count) < 0
        return !isOver
    }

    /// Moves frames to `output`, until it holds `limit` bytes or there is nothing to send; false when the session is
    /// beyond use.
    package func fill(upTo limit: Int) -> Bool {
        !isOver && moveFrames(upTo: limit)
    }

    /// The server takes another request on this connection.
    package var takesRequests: Bool { !isOver && nghttp2_session_check_request_allowed(raw) != 0 }

    // MARK: Streams

    /// Sends a request's head.
    ///
    /// - Parameter hasContent: content follows, asked for by `HTTP2ClientEvents.contentToSend`.
    /// - Returns: the stream; nil when none can be opened.
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
