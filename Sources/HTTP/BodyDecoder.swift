/// Finds the content in a message's body (RFC 9112 6 and 7), without I/O. The decoder stores only the trailers of the
/// body.
///
/// The states are: a counted body with its remaining length, a body until the connection's end, a chunked body (see
/// `ChunkedDecoder`), finished, and failed. Unlike the head parsers, the decoder consumes its input: the caller does
/// not pass consumed bytes again. Law: the content and the end of the body depend on the bytes alone, never on how
/// reads split them.
package struct BodyDecoder: Sendable {
    private enum State: Equatable {
        case counted(remaining: UInt64)
        case untilClose
        case chunked
        case finished
        case failed(HTTPError)
    }

    private var state: State
    private var chunks: ChunkedDecoder

    /// A finished decoder for a message without content.
    package init() { self.init(.none) }

    package init(_ framing: BodyFraming, limits: HTTPLimits = .standard) {
        chunks = ChunkedDecoder(limits: limits)
        state = Self.start(framing)
    }

    private static func start(_ framing: BodyFraming) -> State {
        switch framing {
        case .none, .length(0): .finished
        case .length(let length): .counted(remaining: length)
        case .chunked: .chunked
        case .untilClose: .untilClose
        }
    }

    /// Restarts the decoder for the next body. The limits and the memory stay the same.
    package mutating func begin(_ framing: BodyFraming) {
        state = Self.start(framing)
        chunks.reset()
    }

    /// The trailer section after the last chunk, once `isFinished`; nil if it has no fields, as in nearly every
    /// message.
    ///
    /// The method is `mutating` so that the caller reads the decoder in place: copying the decoder costs more than this
    /// test.
    package mutating func trailers() -> TrailerSection? { chunks.trailers.isEmpty ? nil : chunks.trailers }

    /// True when the body is complete.
    ///
    /// The value becomes true when the last byte of a counted body is returned, or when the empty line after a chunked
    /// body is read.
    package var isFinished: Bool { state == .finished }

    /// Performs the next step. Call it until it returns something other than `.data`.
    ///
    /// - Parameter bytes: the received bytes that are not consumed yet.
    /// - Returns: `.end(consumed: 0)` for every call after the end of the body.
    package mutating func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> BodyStep {
        switch state {
        case .finished:
            return .end(consumed: 0)
        case .failed(let error):
            return .failed(error)
        case .untilClose:
            guard !bytes.isEmpty else { return .needMore(consumed: 0) }
            return .data(offset: 0, count: bytes.count, consumed: bytes.count)
        case .counted(let remaining):
            guard !bytes.isEmpty else { return .needMore(consumed: 0) }
            let count = Int(min(remaining, UInt64(bytes.count)))
            let rest = remaining &- UInt64(count)
            state = rest == 0 ? .finished : .counted(remaining: rest)
            return .data(offset: 0, count: count, consumed: count)
        case .chunked:
            let step = chunks.decode(bytes)
            switch step {
            case .end: state = .finished
            case .failed(let error): state = .failed(error)
            case .data, .needMore: break
            }
            return step
        }
    }

    /// Records the end of the connection.
    ///
    /// - Returns: true if the message is complete; false if the connection's end truncates it (RFC 9112 8).
    package mutating func endOfInput() -> Bool {
        if state == .untilClose { state = .finished }
        return state == .finished
    }
}
