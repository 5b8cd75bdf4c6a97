internal import HTTP

/// Reads the responses of one HTTP/1.1 connection: bytes in, one step at a time out.
struct ResponseReader: ~Copyable {
    /// The meaning of the next bytes.
    enum Step {
        /// Nothing complete. So many bytes are used.
        case needMore(used: Int)
        /// A response head, which stands in `head`.
        case head(used: Int)
        case content(offset: Int, count: Int, used: Int)
        /// The response is complete.
        case end(used: Int)
        case failed(HTTPError)
    }

    private(set) var head = ResponseHead()
    private var parser: ResponseParser
    private var decoder: BodyDecoder
    private var isInContent = false

    init(limits: HTTPLimits) {
        parser = ResponseParser(limits: limits)
        decoder = BodyDecoder(.none, limits: limits)
    }

    /// A response to the next request follows.
    mutating func reset() {
        parser.reset()
        isInContent = false
    }

    /// The head was the final one.
    mutating func beginContent(_ framing: BodyFraming) {
        decoder.begin(framing)
        isInContent = true
    }

    mutating func next(_ bytes: UnsafeBufferPointer<UInt8>, answering method: Method) -> Step {
        if isInContent { return nextOfContent(bytes) }
        guard !bytes.isEmpty else { return .needMore(used: 0) }
        switch parser.parse(bytes, answering: method, into: &head) {
        case .needMore: return .needMore(used: 0)
        case .complete(let length):
            parser.reset()
            return .head(used: length)
        case .failed(let error): return .failed(error)
        }
    }

    private mutating func nextOfContent(_ bytes: UnsafeBufferPointer<UInt8>) -> Step {
        switch decoder.decode(bytes) {
        case .data(let offset, let count, let consumed): .content(offset: offset, count: count, used: consumed)
        case .needMore(let consumed): .needMore(used: consumed)
        case .end(let consumed): .end(used: consumed)
        case .failed(let error): .failed(error)
        }
    }

    /// The trailer fields of a complete response; nil if there are none.
    mutating func trailers() -> TrailerSection? { decoder.trailers() }

    /// The upstream sends no more.
    ///
    /// - Returns: true if the response is complete.
    mutating func endOfInput() -> Bool { isInContent && decoder.endOfInput() }
}
