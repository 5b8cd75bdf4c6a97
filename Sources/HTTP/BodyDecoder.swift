/// Finds the content in a message's body (RFC 9112 6 and 7), without I/O and without keeping a byte of it but trailers.
///
/// States: a counted body with so much to come, an open one that ends with the connection, a chunked one (its own
/// machine, `ChunkedDecoder`), finished, failed. Unlike the head parsers it consumes as it goes: what a step reports as
/// consumed is never shown to it again. Law: the content handed out, and how the body ends, depend on the bytes alone,
/// not on how they were cut.
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

    /// A decoder of no content, finished.
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

    /// Makes it the decoder of the next body, within the same limits and in the same memory.
    package mutating func begin(_ framing: BodyFraming) {
        state = Self.start(framing)
        chunks.reset()
    }

    /// What came behind the last chunk, once `isFinished`; nil when there was nothing, as nearly always.
    ///
    /// Asks for exclusive access so that the decoder is looked at in place: a copy of it costs more than the question.
    package mutating func trailers() -> TrailerSection? { chunks.trailers.isEmpty ? nil : chunks.trailers }

    /// Nothing of the message is left to come. True as soon as the last byte of a counted body was handed out, or the
    /// empty line behind a chunked one was read.
    package var isFinished: Bool { state == .finished }

    /// Takes the next step; call it until it gives something else than `.data`.
    ///
    /// - Parameter bytes: what was received and not consumed.
    /// - Returns: `.end(consumed: 0)` again and again once the body is over.
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

    /// Takes in that the connection has ended.
    ///
    /// - Returns: true when the message is complete with that; false when it was cut off (RFC 9112 8).
    package mutating func endOfInput() -> Bool {
        if state == .untilClose { state = .finished }
        return state == .finished
    }
}
