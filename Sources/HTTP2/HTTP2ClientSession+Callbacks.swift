internal import CNGHTTP2
internal import HTTP

/// Translates nghttp2's callbacks to events.
extension HTTP2ClientSession {
    /// One set for all sessions: nghttp2 copies it.
    nonisolated(unsafe) static let callbacks: OpaquePointer? = {
        guard let callbacks = NGHTTP2Session.makeCallbacks() else { return nil }
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, context in
            guard let session = HTTP2ClientSession.of(context), let frame else { return 0 }
            session.blockBegan(frame.pointee)
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, _, name, nameCount, value, valueCount, _, context in
            guard let session = HTTP2ClientSession.of(context) else { return 0 }
            session.pairReceived(
                UnsafeBufferPointer(start: name, count: nameCount), UnsafeBufferPointer(start: value, count: valueCount)
            )
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
            guard let session = HTTP2ClientSession.of(context), let frame else { return 0 }
            session.frameReceived(frame.pointee)
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, bytes, count, context in
            guard let session = HTTP2ClientSession.of(context) else { return 0 }
            if let slot = session.slot(of: stream) {
                session.events.contentReceived(UnsafeBufferPointer(start: bytes, count: count), slot: slot)
            } else {
                session.consume(count, on: stream)
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, code, context in
            guard let session = HTTP2ClientSession.of(context), let slot = session.slot(of: stream) else { return 0 }
            session.events.streamClosed(slot: slot, code: HTTP2ErrorCode(rawValue: code))
            return 0
        }
        return callbacks
    }()

    nonisolated(unsafe) static let options = NGHTTP2Session.makeOptions()

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTTP2ClientSession? {
        context.map { Unmanaged<HTTP2ClientSession>.fromOpaque($0).takeUnretainedValue() }
    }

    private func blockBegan(_ frame: nghttp2_frame) {
        isHead = slot(of: frame.hd.stream_id).map { events.awaitsHead(slot: $0) } ?? true
        if isHead {
            assembler.begin(&head)
        } else {
            trailers.removeAll()
            isTrailerBroken = false
        }
    }

    private func pairReceived(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        if isHead {
            assembler.add(name: name, value: value, to: &head)
        } else if trailers.fields.count >= limits.http.fields || trailers.take(name: name, value: value) != nil {
            isTrailerBroken = true
        }
    }

    private func frameReceived(_ frame: nghttp2_frame) {
        let type = Int32(frame.hd.type)
        if type == Int32(NGHTTP2_SETTINGS.rawValue), frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0 {
            events.settingsReceived()
        }
        let isHeaders = type == Int32(NGHTTP2_HEADERS.rawValue)
        guard isHeaders || type == Int32(NGHTTP2_DATA.rawValue), let slot = slot(of: frame.hd.stream_id) else { return }
        let isEnd = frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        if isHeaders && isHead {
            if let error = assembler.finish(&head, isEnd: isEnd) {
                reset(frame.hd.stream_id, .protocolError)
                events.headRefused(error, slot: slot)
                return
            }
            events.headReceived(head, assembler.bytes, slot: slot)
        } else if isHeaders {
            guard !isTrailerBroken else { return reset(frame.hd.stream_id, .protocolError) }
            if !trailers.isEmpty { events.trailersReceived(trailers, slot: slot) }
        }
        if isEnd { events.responseEnded(slot: slot) }
    }
}
