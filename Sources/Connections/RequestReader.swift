internal import HTTP

/// Reads the requests of one HTTP/1.1 connection: a head, then the content that the head announces.
struct RequestReader: ~Copyable {
    /// The head of the present request. It is filled when `readHead` returns `.complete`.
    private(set) var head = RequestHead()
    private var parser: RequestParser
    private var decoder: BodyDecoder

    /// The limits of the present request, or of the previous one. A reload may have given the server newer ones.
    private(set) var limits: LimitsInForce

    init(limits: LimitsInForce) {
        self.limits = limits
        parser = RequestParser(limits: limits.values.http)
        decoder = BodyDecoder(.none, limits: limits.values.http)
    }

    /// Reads under other limits. No request is in progress.
    mutating func adopt(_ limits: LimitsInForce) {
        self.limits = limits
        parser = RequestParser(limits: limits.values.http)
        decoder = BodyDecoder(.none, limits: limits.values.http)
    }

    /// A part of the next head has arrived. An empty line before the head does not count.
    var hasPartOfHead: Bool { parser.hasStarted }

    /// Forgets the part of a head.
    mutating func forgetPartOfHead() { parser.reset() }

    /// - Parameter bytes: all received bytes since the end of the previous request.
    mutating func readHead(_ bytes: UnsafeBufferPointer<UInt8>) -> ParseResult {
        let result = parser.parse(bytes, into: &head)
        if case .complete = result { parser.reset() }
        return result
    }

    /// Begins the content that the head announces.
    ///
    /// - Returns: false if the request has no content.
    mutating func beginContent() -> Bool {
        guard head.framing != .none && head.framing != .length(0) else { return false }
        decoder.begin(head.framing)
        return true
    }

    mutating func readContent(_ bytes: UnsafeBufferPointer<UInt8>) -> BodyStep { decoder.decode(bytes) }

    /// The trailer fields of a complete request; nil if there are none.
    mutating func trailers() -> TrailerSection? { decoder.trailers() }
}
