internal import CNGHTTP2
internal import HTTP

/// Translates nghttp2's callbacks to events.
extension HTTP2Session {
    /// One set for all sessions: nghttp2 copies it.
    nonisolated(unsafe) static let callbacks: OpaquePointer? = {
        guard let callbacks = NGHTTP2Session.makeCallbacks() else { return nil }
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
            return session.invalidPairReceived(frame.pointee) ? 0 : HTTP2Session.abort
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
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) { _, frame, _, context in
            guard let session = HTTP2Session.of(context), let frame else { return 0 }
            // A refused stream never opens, so nghttp2 does not know it at the next frame.
            session.faultFound(on: frame.pointee.hd.stream_id)
            return session.flood == nil ? 0 : HTTP2Session.abort
        }
        return callbacks
    }()

    nonisolated(unsafe) static let options = NGHTTP2Session.makeOptions()

    private static let abort = Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTTP2Session? {
        context.map { Unmanaged<HTTP2Session>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Frames in

    /// - Returns: false.
    func floods(_ kind: HTTP2Flood) -> Bool {
        if flood == nil { flood = kind }
        return false
    }

    /// A fault of the client ends a stream. It counts now: a client that reads nothing may prevent that RST_STREAM leaves.
    func faultFound(on stream: Int32) {
        history.givenUpByUs(stream)
        if !budget.allowsReset() { _ = floods(.reset) }
    }

    private func isRequest(_ frame: nghttp2_frame) -> Bool { frame.headers.cat == NGHTTP2_HCAT_REQUEST }

    private func blockBegan(_ frame: nghttp2_frame) {
        blockFields = 0
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
        guard allowsField() else { return false }
        if isRequest(frame) {
            assembler.add(name: name, value: value, to: &head)
            // Few bytes may refer to many table entries. Dropped fields cost time too.
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

    private func invalidPairReceived(_ frame: nghttp2_frame) -> Bool {
        if isRequest(frame) { assembler.fail(.invalidFieldName) } else { trailerError = .invalidFieldName }
        return allowsField()
    }

    /// Counts a field of the block. One byte may be a field, and dropped fields cost time too.
    private func allowsField() -> Bool {
        blockFields += 1
        return blockFields <= HTTP2Session.blockFieldsForEach &* limits.http.fields || floods(.headerList)
    }

    /// The fields of a block that end the connection, as a multiple of the fields that are accepted.
    private static let blockFieldsForEach = 8
    /// The part of a refused head that counts as a frame without use. Bytes.
    private static let cheapHead = 4 << 10

    private func frameReceived(_ frame: nghttp2_frame) {
        let stream = frame.hd.stream_id
        let isEnd = frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch Int32(frame.hd.type) {
        case Int32(NGHTTP2_HEADERS.rawValue):
            if isRequest(frame) {
                requestReceived(stream, isEnd: isEnd)
            } else if !trailersReceived(stream) {
                return
            }
            if isEnd, let slot = slot(of: stream) { events.requestEnded(slot: slot) }
        case Int32(NGHTTP2_DATA.rawValue):
            if isEnd, let slot = slot(of: stream) { events.requestEnded(slot: slot) }
        case Int32(NGHTTP2_PING.rawValue):
            if frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 { pingAnswered(frame.ping) }
        default: break
        }
    }

    /// An acknowledgement of a PING that this side never sent means nothing (RFC 9113 6.7).
    private func pingAnswered(_ frame: nghttp2_ping) {
        let isOurs = withUnsafeBytes(of: frame.opaque_data) { $0.elementsEqual(HTTP2Session.shutdownPing) }
        guard awaitsShutdownAnswer, isOurs else { return }
        awaitsShutdownAnswer = false
        events.shutdownSeen()
    }

    private func requestReceived(_ stream: Int32, isEnd: Bool) {
        if let error = assembler.finish(&head, isEnd: isEnd) {
            // The content of the answer will allow some frames.
            let weight = 1 + limits.idleFramesForEach + assembler.listSize / HTTP2Session.cheapHead
            guard budget.allowsIdleFrame(weight: weight) || floods(.refusedHead) else { return }
            setSlot(events.requestRefused(error, on: stream), of: stream)
        } else {
            budget.countUseful()
            setSlot(events.requestReceived(head, assembler.bytes, on: stream, isEnd: isEnd), of: stream)
        }
        assembler.releaseLargeHead()
    }

    /// - Returns: false if the trailers make the message malformed (RFC 9113 8.1.1). It then never becomes complete.
    private func trailersReceived(_ stream: Int32) -> Bool {
        guard let slot = slot(of: stream) else { return true }
        guard trailerError == nil else {
            faultFound(on: stream)
            if flood == nil { _ = submitReset(stream, .protocolError) }
            return false
        }
        if !trailers.isEmpty {
            events.trailersReceived(trailers, slot: slot)
            trailers = TrailerSection()
        }
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
        case Int32(NGHTTP2_RST_STREAM.rawValue):
            // nghttp2 resets only the stream whose window a new initial size overflows, and reports no invalid frame. It
            // is an error of the connection (RFC 9113 6.9.2).
            let code = HTTP2ErrorCode(rawValue: frame.rst_stream.error_code)
            guard history.past(of: frame.hd.stream_id) != .givenUpByUs else { return }
            // nghttp2 did not report the fault. If this is a flood, the client's next bytes end the connection.
            faultFound(on: frame.hd.stream_id)
            if code == .flowControlError { fail(code) }
        default: break
        }
    }
}
