internal import CNGHTTP2

/// Checks the header of each frame of a client before nghttp2 gets it. It counts the frame and finds the faults that
/// nghttp2 ignores.
///
/// nghttp2 forgets a stream when it closes and then ignores its frames. With its priority tree off it ignores PRIORITY
/// frames. In both cases it sends the client no error and does not count the frames.
extension HTTP2Session {
    enum Verdict {
        case fine
        /// The connection ends (RFC 9113 5.4.1).
        case fault(HTTP2ErrorCode)
        case flood(HTTP2Flood)
    }

    /// SETTINGS_MAX_FRAME_SIZE of this side, which is the initial value. Bytes.
    private static let maximumFrame = 1 << 14

    /// Returns whether the decision depends on the stream's state. If so, nghttp2 first needs all earlier bytes.
    func needsState(_ frame: FrameScanner.Head) -> Bool {
        switch frame.type {
        case FrameType.data, FrameType.headers: frame.stream <= history.highest && frame.stream & 1 == 1
        default: false
        }
    }

    func judge(_ frame: FrameScanner.Head) -> Verdict {
        // RFC 9113 4.2. Such a length must not count as the weight of a frame: nghttp2 reads nothing behind it.
        guard frame.length <= HTTP2Session.maximumFrame else { return .fault(.frameSizeError) }
        // nghttp2 detects any other frame in the middle of a header block.
        if isBlockOpen && frame.type != FrameType.continuation { return .fine }
        switch frame.type {
        case FrameType.headers:
            isLatestHeaders = true
            isBlockOpen = frame.flags & FrameFlag.endHeaders == 0
            continuations = 0
            guard frame.stream <= history.highest else {
                // It is useful if the request is taken.
                if frame.stream & 1 == 1 { history.begin(frame.stream) }
                return .fine
            }
            // nghttp2 decompresses the block of a closed stream too.
            return judgeContent(frame, isUseful: true, weight: 1 + frame.length / HTTP2Session.cheapBlock)
        case FrameType.continuation:
            isBlockOpen = isBlockOpen && frame.flags & FrameFlag.endHeaders == 0
            continuations += 1
            return continuations <= limits.continuations ? .fine : .flood(.continuation)
        default:
            isLatestHeaders = false
            return judgeOther(frame)
        }
    }

    private func judgeOther(_ frame: FrameScanner.Head) -> Verdict {
        switch frame.type {
        case FrameType.data:
            let isEnd = frame.flags & FrameFlag.endStream != 0
            return judgeContent(frame, isUseful: frame.length > frame.padding || isEnd)
        case FrameType.resetStream:
            if frame.stream <= history.highest { history.givenUpByClient(frame.stream) }
            return budget.allowsReset() ? .fine : .flood(.reset)
        case FrameType.settings: return budget.allowsSettings() ? .fine : .flood(.settings)
        case FrameType.ping: return idle(.ping)
        case FrameType.windowUpdate: return idle(.windowUpdate)
        case FrameType.priority where frame.stream == 0 || frame.dependency == frame.stream:
            // RFC 9113 6.3. RFC 7540 5.3.1 forbids a stream that depends on itself.
            return .fault(.protocolError)
        default: return idle(.ignored)
        }
    }

    private func idle(_ flood: HTTP2Flood, weight: Int = 1) -> Verdict {
        budget.allowsIdleFrame(weight: weight) ? .fine : .flood(flood)
    }

    /// The part of a useless header block that counts as a frame. Bytes.
    private static let cheapBlock = 256

    /// Decides on HEADERS and DATA for an earlier stream or an idle one.
    private func judgeContent(_ frame: FrameScanner.Head, isUseful: Bool, weight: Int = 1) -> Verdict {
        // nghttp2 detects frames for an idle stream and for a stream of this side.
        guard needsState(frame) else { return .fine }
        if nghttp2_session_get_stream_remote_close(raw, frame.stream) >= 0 {
            guard isUseful else { return idle(.emptyData) }
            budget.countUseful()
            return .fine
        }
        switch history.past(of: frame.stream) {
        case .givenUpByUs: break
        case .givenUpByClient:
            faultFound(on: frame.stream)
            if let flood { return .flood(flood) }
            _ = submitReset(frame.stream, .streamClosed)
        case .ended: return .fault(.streamClosed)
        case .passedOver: return .fault(.protocolError)
        }
        return idle(.closedStream, weight: weight)
    }
}
