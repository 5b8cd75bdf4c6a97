internal import CNGHTTP2
package import HTTP

/// What both sides of an HTTP/2 connection do alike with libnghttp2: frames out, content by streams, windows, ends of streams.
///
/// Streams are known to the owner by a number that it gives them, their slot.
package class NGHTTP2Session {
    /// Frames to send; the owner consumes them. Holds whole frames only.
    package final var output = ByteBuffer()

    /// nghttp2's session; nil only when there was no memory for it.
    final var raw: OpaquePointer?
    /// Nothing more may be asked of nghttp2.
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

    /// Nothing is to come and nothing to go: the connection ends when `output` is sent.
    package final var isFinished: Bool {
        isOver || (nghttp2_session_want_read(raw) == 0 && nghttp2_session_want_write(raw) == 0)
    }

    /// Says what this side wants: the first frame.
    ///
    /// - Parameter window: bytes of content that the peer may send on all streams together before some is consumed.
    final func submitSettings(_ settings: [(id: nghttp2_settings_id, value: Int)], window: Int) {
        let entries = settings.map {
            nghttp2_settings_entry(settings_id: Int32($0.id.rawValue), value: UInt32(clamping: $0.value))
        }
        nghttp2_submit_settings(raw, flags, entries, entries.count)
        nghttp2_session_set_local_window_size(raw, flags, 0, Int32(clamping: window))
    }

    /// Moves frames to `output`, until it holds `limit` bytes or there is nothing to send.
    ///
    /// - Returns: false when the session is beyond use.
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

    /// Calls `body` with the fields as nghttp2 takes them.
    final func withPairs(
        of fields: borrowing FieldList, _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Int32
    ) -> Int32 {
        fields.withPairs(&pairs, body)
    }

    /// Content of a stream has been taken: its window opens again.
    package final func consume(_ count: Int, on stream: Int32) {
        guard !isOver, count > 0 else { return }
        nghttp2_session_consume(raw, stream, count)
    }

    /// Sends trailers; called when the last content is about to go.
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

    /// - Returns: whether a frame will go.
    final func submitReset(_ stream: Int32, _ code: HTTP2ErrorCode) -> Bool {
        !isOver && nghttp2_submit_rst_stream(raw, flags, stream, code.rawValue) == 0
    }

    final func slot(of stream: Int32) -> Int? {
        NGHTTP2Session.slot(mark: nghttp2_session_get_stream_user_data(raw, stream))
    }

    // MARK: What nghttp2 calls

    /// How nghttp2 carries a slot: one more, since nil is none.
    static func mark(_ slot: Int) -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: slot + 1) }

    private static func slot(mark: UnsafeMutableRawPointer?) -> Int? { mark.map { Int(bitPattern: $0) - 1 } }

    /// Bytes of a frame before its payload (RFC 9113, 4.1).
    private static let frameHeaderSize = 9

    /// A set of callbacks with that for content in it; nil when there is no memory.
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

    /// The options that both sides want; nil when there is no memory.
    static func makeOptions() -> OpaquePointer? {
        var options: OpaquePointer?
        guard nghttp2_option_new(&options) == 0 else { return nil }
        // Windows open as content is taken, not as it comes.
        nghttp2_option_set_no_auto_window_update(options, 1)
        // Closed streams are remembered for priorities only.
        nghttp2_option_set_no_closed_streams(options, 1)
        return options
    }

    /// Where nghttp2 asks for the content of a stream.
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
