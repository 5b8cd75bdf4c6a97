internal import CNGHTTP2
internal import HTTP

/// From nghttp2's calls to events.
extension HTTP2Session {
    /// One set for all sessions: nghttp2 copies what it needs.
    nonisolated(unsafe) static let callbacks: OpaquePointer? = {
        guard let callbacks = NGHTTP2Session.makeCallbacks() else { return nil }
        nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks) { _, header, context in
            guard let session = HTTP2Session.of(context), let header else { return 0 }
            return session.frameBegan(header.pointee) ? 0 : HTTP2Session.abort
        }
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, context in
            guard let session = HTTP2Session.of(context), let frame else { return 0 }
            session.blockBegan(frame.pointee)
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, frame, name, nameCount, value, valueCount, _, context in
            guard let session = HTTP2Session.of(context), let frame else { return 0 }
            let isFine = session.pairReceived(
                frame.pointee, UnsafeBufferPointer(start: name, count: nameCount),
                UnsafeBufferPointer(start: value, count: valueCount))
            return isFine ? 0 : HTTP2Session.abort
        }
        nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) { _, frame, _, _, _, _, _, context in
            guard let session = HTTP2Session.of(context), let frame else { return 0 }
            session.invalidPairReceived(frame.pointee)
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
            guard let session = HTTP2Session.of(context), let frame else { return 0 }
            session.frameReceived(frame.pointee)
            return session.flood == nil ? 0 : HTTP2Session.abort
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, bytes, count, context in
            guard let session = HTTP2Session.of(context) else { return 0 }
            session.contentReceived(stream, UnsafeBufferPointer(start: bytes, count: count))
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, code, context in
            guard let session = HTTP2Session.of(context) else { return 0 }
            guard let slot = session.slot(of: stream) else {
                session.events.malformedStreamClosed()
                return 0
            }
            if code == HTTP2ErrorCode.none.rawValue { session.budget.countAnswered() }
            session.events.streamClosed(slot: slot, code: HTTP2ErrorCode(rawValue: code))
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, context in
            guard let session = HTTP2Session.of(context), let frame else { return 0 }
            session.frameSent(frame.pointee)
            return 0
        }
        // Frames of unknown types are counted, and dropped unread.
        nghttp2_session_callbacks_set_on_extension_chunk_recv_callback(callbacks) { _, _, _, _, _ in
            Int32(NGHTTP2_ERR_CANCEL.rawValue)
        }
        nghttp2_session_callbacks_set_unpack_extension_callback(callbacks) { _, _, _, _ in
            Int32(NGHTTP2_ERR_CANCEL.rawValue)
        }
        return callbacks
    }()

    nonisolated(unsafe) static let options: OpaquePointer? = {
        guard let options = NGHTTP2Session.makeOptions() else { return nil }
        // Else nghttp2 would not tell of them.
        for type in HTTP2Session.firstUnknownType...UInt8.max {
            nghttp2_option_set_user_recv_extension_type(options, type)
        }
        return options
    }()

    private static let abort = Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    /// Behind those of RFC 9113.
    private static let firstUnknownType: UInt8 = 0xA

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTTP2Session? {
        context.map { Unmanaged<HTTP2Session>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Frames in

    /// A frame's header has come: what is counted is counted before its content is looked at.
    private func frameBegan(_ header: nghttp2_frame_hd) -> Bool {
        switch Int32(header.type) {
        case Int32(NGHTTP2_HEADERS.rawValue):
            isInHeaderBlock = header.flags & UInt8(NGHTTP2_FLAG_END_HEADERS.rawValue) == 0
            continuations = 0
            budget.countUseful()
        case Int32(NGHTTP2_CONTINUATION.rawValue):
            continuations += 1
            guard continuations <= limits.continuations else { return floods(.continuation) }
        case Int32(NGHTTP2_DATA.rawValue):
            let isEnd = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            if header.length > 0 || isEnd {
                budget.countUseful()
            } else if !budget.allowsIdleFrame() {
                return floods(.emptyData)
            }
        case Int32(NGHTTP2_RST_STREAM.rawValue):
            guard budget.allowsReset() else { return floods(.reset) }
        case Int32(NGHTTP2_SETTINGS.rawValue):
            guard budget.allowsSettings() else { return floods(.settings) }
        case Int32(NGHTTP2_PING.rawValue):
            guard budget.allowsIdleFrame() else { return floods(.ping) }
        case Int32(NGHTTP2_WINDOW_UPDATE.rawValue):
            guard budget.allowsIdleFrame() else { return floods(.windowUpdate) }
        default:
            guard budget.allowsIdleFrame() else { return floods(.ignored) }
        }
        return true
    }

    private func floods(_ kind: HTTP2Flood) -> Bool {
        if flood == nil { flood = kind }
        return false
    }

    private func isRequest(_ frame: nghttp2_frame) -> Bool { frame.headers.cat == NGHTTP2_HCAT_REQUEST }

    private func blockBegan(_ frame: nghttp2_frame) {
        if isRequest(frame) {
            assembler.begin(&head)
        } else {
            trailers.removeAll()
            trailerError = nil
            trailerSize = 0
        }
    }

    private func pairReceived(
        _ frame: nghttp2_frame, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        if isRequest(frame) {
            assembler.add(name: name, value: value, to: &head)
            // A few bytes on the wire may name many from the table; what is not kept still costs time.
            return assembler.listSize <= max(limits.headerList, limits.http.head) || floods(.headerList)
        }
        trailerSize += name.count + value.count + 4
        guard trailerSize <= max(limits.headerList, limits.http.head) else { return floods(.headerList) }
        guard trailerError == nil else { return true }
        if trailerSize > limits.http.trailer {
            trailerError = .trailerTooLarge
        } else if trailers.fields.count >= limits.http.fields {
            trailerError = .tooManyFields
        } else {
            trailerError = trailers.take(name: name, value: value)
        }
        return true
    }

    private func invalidPairReceived(_ frame: nghttp2_frame) {
        if isRequest(frame) { assembler.fail(.invalidFieldName) } else { trailerError = .invalidFieldName }
    }

    private func frameReceived(_ frame: nghttp2_frame) {
        let stream = frame.hd.stream_id
        let isEnd = frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch Int32(frame.hd.type) {
        case Int32(NGHTTP2_HEADERS.rawValue):
            isInHeaderBlock = false
            if isRequest(frame) {
                requestReceived(stream, isEnd: isEnd)
            } else if !trailersReceived(stream) {
                return
            }
            if isEnd, let slot = slot(of: stream) { events.requestEnded(slot: slot) }
        case Int32(NGHTTP2_DATA.rawValue):
            if isEnd, let slot = slot(of: stream) { events.requestEnded(slot: slot) }
        case Int32(NGHTTP2_PING.rawValue):
            if frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 { events.shutdownSeen() }
        default: break
        }
    }

    private func requestReceived(_ stream: Int32, isEnd: Bool) {
        if let error = assembler.finish(&head, isEnd: isEnd) {
            setSlot(events.requestRefused(error, on: stream), of: stream)
        } else {
            setSlot(events.requestReceived(head, assembler.bytes, on: stream, isEnd: isEnd), of: stream)
        }
    }

    /// - Returns: false when the message is malformed by them (RFC 9113 8.1.1): it never becomes whole, and nobody may take it for that.
    private func trailersReceived(_ stream: Int32) -> Bool {
        guard let slot = slot(of: stream) else { return true }
        guard trailerError == nil else {
            reset(stream, .protocolError)
            return false
        }
        if !trailers.isEmpty { events.trailersReceived(trailers, slot: slot) }
        return true
    }

    private func contentReceived(_ stream: Int32, _ bytes: UnsafeBufferPointer<UInt8>) {
        if let slot = slot(of: stream) {
            events.contentReceived(bytes, slot: slot)
        } else {
            consumeOfConnection(bytes.count)
        }
    }

    // MARK: Frames out

    private func frameSent(_ frame: nghttp2_frame) {
        switch Int32(frame.hd.type) {
        case Int32(NGHTTP2_HEADERS.rawValue), Int32(NGHTTP2_DATA.rawValue):
            if Int32(frame.hd.type) == Int32(NGHTTP2_DATA.rawValue) { budget.countUseful() }
            guard frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 else { return }
            if let slot = slot(of: frame.hd.stream_id) { events.responseSent(slot: slot) }
        case Int32(NGHTTP2_RST_STREAM.rawValue): resetSent()
        default: break
        }
    }

    private func resetSent() {
        if expectedResets > 0 {
            expectedResets -= 1
        } else if !budget.allowsReset() {
            // Found while sending: the next bytes of the client end it.
            flood = .reset
        }
    }
}
