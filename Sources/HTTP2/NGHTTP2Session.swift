internal import CNGHTTP2
package import HTTP

/// The common part of both sides of an HTTP/2 connection with libnghttp2: outgoing frames, content of streams, windows,
/// ends of streams.
///
/// The owner identifies a stream by a number that it assigns, the slot.
package class NGHTTP2Session {
    /// Outgoing frames. The owner consumes them. It holds complete frames only.
    package final var output = ByteBuffer()

    /// nghttp2's session; nil only if there was no memory for it.
    final var raw: OpaquePointer?
    /// nghttp2 must not be called any more.
    final var isOver = false
    private unowned let source: any HTTP2ContentSource
    private final var pairs: [nghttp2_nv] = []

    init(source: any HTTP2ContentSource) {
        self.source = source
    }

    deinit {
        if let raw { nghttp2_session_del(raw) }
    }

    final var flags: UInt8 { UInt8(NGHTTP2_FLAG_NONE.rawValue) }

    /// There is no more input or output. The connection ends when `output` is sent.
    package final var isFinished: Bool {
        isOver || (nghttp2_session_want_read(raw) == 0 && nghttp2_session_want_write(raw) == 0)
    }

    /// Sends this side's settings as the first frame.
    ///
    /// - Parameter window: the bytes of content that the peer may send on all streams together before some are
    ///   consumed.
    final func submitSettings(_ settings: [(id: nghttp2_settings_id, value: Int)], window: Int) {
        let entries = settings.map {
            nghttp2_settings_entry(settings_id: Int32($0.id.rawValue), value: UInt32(clamping: $0.value))
        }
        nghttp2_submit_settings(raw, flags, entries, entries.count)
        nghttp2_session_set_local_window_size(raw, flags, 0, Int32(clamping: window))
    }

    /// Moves frames to `output`, until it holds `limit` bytes or there is nothing to send.
    ///
    /// - Returns: false if the session is unusable.
    final func moveFrames(upTo limit: Int) -> Bool {
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

    // MARK: Streams

    /// Calls `body` with the fields in nghttp2's format.
    final func withPairs(
        of fields: borrowing FieldList, _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Int32
    ) -> Int32 {
        fields.withPairs(&pairs, body)
    }

    /// Content of a stream was read or dropped. This opens the stream's window and the connection's window. After the
    /// end of the stream it opens the connection's window.
    package final func consume(_ count: Int, on stream: Int32) {
        guard !isOver, count > 0 else { return }
        nghttp2_session_consume(raw, stream, count)
    }

    /// Content was dropped. This opens the connection's window. The stream's window does not change.
    package final func consumeOfConnection(_ count: Int) {
        guard !isOver, count > 0 else { return }
        nghttp2_session_consume_connection(raw, count)
    }

    /// Sends trailers. Call this when the last content is about to leave.
    package final func submitTrailers(_ fields: borrowing FieldList, on stream: Int32) {
        guard !isOver else { return }
        _ = withPairs(of: fields) { nghttp2_submit_trailer(raw, stream, $0, $1) }
    }

    /// There is content again after `HTTP2Content.later`.
    package final func resume(_ stream: Int32) {
        guard !isOver else { return }
        nghttp2_session_resume_data(raw, stream)
    }

    /// Ends a stream at once.
    package func reset(_ stream: Int32, _ code: HTTP2ErrorCode) {
        _ = submitReset(stream, code)
    }

    /// - Returns: true if a frame will be sent.
    final func submitReset(_ stream: Int32, _ code: HTTP2ErrorCode) -> Bool {
        !isOver && nghttp2_submit_rst_stream(raw, flags, stream, code.rawValue) == 0
    }

    /// The stream has begun and has not ended. A request that waits in the session has not begun.
    package final func isOpen(_ stream: Int32) -> Bool { slot(of: stream) != nil }

    final func slot(of stream: Int32) -> Int? {
        NGHTTP2Session.slot(mark: nghttp2_session_get_stream_user_data(raw, stream))
    }

    // MARK: What nghttp2 calls

    /// nghttp2 stores a slot plus one, because nil means none.
    static func mark(_ slot: Int) -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: slot + 1) }

    private static func slot(mark: UnsafeMutableRawPointer?) -> Int? { mark.map { Int(bitPattern: $0) - 1 } }

    /// The size of a frame header in bytes (RFC 9113, 4.1).
    private static let frameHeaderSize = 9

    /// Creates callbacks with the one for content; nil if there is no memory.
    static func makeCallbacks() -> OpaquePointer? {
        var callbacks: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0 else { return nil }
        nghttp2_session_callbacks_set_send_data_callback(callbacks) { _, _, header, count, source, context in
            guard let context, let header, let slot = NGHTTP2Session.slot(mark: source?.pointee.ptr) else { return 0 }
            let session = Unmanaged<NGHTTP2Session>.fromOpaque(context).takeUnretainedValue()
            session.output.append(UnsafeBufferPointer(start: header, count: NGHTTP2Session.frameHeaderSize))
            if count > 0 { session.source.moveContent(slot: slot, count: count, to: &session.output) }
            return 0
        }
        return callbacks
    }

    /// Creates the options of both sides; nil if there is no memory.
    static func makeOptions() -> OpaquePointer? {
        var options: OpaquePointer?
        guard nghttp2_option_new(&options) == 0 else { return nil }
        // Windows open when content is read, not when it arrives.
        nghttp2_option_set_no_auto_window_update(options, 1)
        // nghttp2 stores closed streams only for priorities.
        nghttp2_option_set_no_closed_streams(options, 1)
        return options
    }

    /// nghttp2's callback for the content of a stream.
    static func contentProvider(slot: Int) -> nghttp2_data_provider {
        var provider = nghttp2_data_provider()
        provider.source.ptr = mark(slot)
        provider.read_callback = { _, _, _, limit, flags, source, context in
            guard let context, let slot = NGHTTP2Session.slot(mark: source?.pointee.ptr), let flags else {
                return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
            }
            let session = Unmanaged<NGHTTP2Session>.fromOpaque(context).takeUnretainedValue()
            switch session.source.contentToSend(slot: slot, atMost: limit) {
            case .later: return Int(NGHTTP2_ERR_DEFERRED.rawValue)
            case .bytes(let count, let isLast, let hasTrailers):
                flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_NO_COPY.rawValue)
                if isLast { flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue) }
                if isLast && hasTrailers { flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue) }
                return count
            }
        }
        return provider
    }
}
