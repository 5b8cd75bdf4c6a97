/// Parses request heads (RFC 9112), strictly and without I/O: bytes in, a head out.
///
/// States: `start` (perhaps one empty line, RFC 9112 2.2), `requestLine`, `fields`, `done`. A line is judged when its
/// LF is there; control bytes, a bare CR or LF and a limit passed are found before that. Laws:
/// - The outcome depends on the bytes alone, not on how they were cut; and every byte is looked at a bounded number of
///   times, however it arrives.
/// - Two readers must not be able to see different requests in one head. Whatever could be read in two ways is refused.
/// - A failure is final: the framing of the connection is lost with it.
///
/// It doesn't know the content that follows: `BodyDecoder` does.
package struct RequestParser: Sendable {
    private enum State: UInt8 {
        case start, requestLine, fields, done
    }

    /// The longest method that is looked at. No registered one has more than 17 bytes (UPDATEREDIRECTREF); beyond it
    /// 501, as RFC 9112 3 says of a method longer than any that a server implements.
    static let maximumMethodLength = 32

    private let limits: HTTPLimits
    private var state = State.start
    private var reader = LineReader()
    private var section = FieldSection(isRequest: true)
    private var outcome = ParseResult.needMore

    package init(limits: HTTPLimits = .standard) { self.limits = limits }

    /// A byte of a request's head has been seen. An empty line before it doesn't count: time limits for a whole head
    /// start with its first byte, the idle time runs until then.
    package var hasStarted: Bool { state.rawValue > State.requestLine.rawValue || reader.scanned > reader.lineStart }

    /// Makes it ready for the next head.
    package mutating func reset() {
        state = .start
        reader = LineReader()
        section = FieldSection(isRequest: true)
        outcome = .needMore
    }

    /// Parses what has come of a request's head.
    ///
    /// - Parameters:
    ///   - bytes: everything received and not consumed since the end of the previous message: the same bytes as in the
    ///     call before, with what came since behind them.
    ///   - head: the same head in every call for one request; filled when the result is `.complete`.
    /// - Returns: after `.complete` and `.failed` the same again until `reset()`.
    package mutating func parse(_ bytes: UnsafeBufferPointer<UInt8>, into head: inout RequestHead) -> ParseResult {
        guard let base = bytes.baseAddress, state != .done else { return outcome }
        while state != .fields {
            let limit = min(reader.lineStart &+ limits.requestLine, limits.head)
            switch reader.next(base, count: bytes.count, limit: limit) {
            case .needMore: return .needMore
            case .tooLong: return fail(limit == limits.head ? .headTooLarge : .requestLineTooLong)
            case .failed(let error): return fail(error)
            case .line(let start, let end):
                if start == end {
                    guard state == .start else { return fail(.emptyStartLine) }
                    state = .requestLine
                } else {
                    head.clear()
                    if let error = Self.readRequestLine(base, from: start, to: end, into: &head) { return fail(error) }
                    state = .fields
                }
            }
        }
        switch section.parse(base, count: bytes.count, limits: limits, reader: &reader, into: &head.fields) {
        case .needMore: return .needMore
        case .failed(let error): return fail(error)
        case .end: return finish(&head)
        }
    }

    private mutating func fail(_ error: HTTPError) -> ParseResult {
        state = .done
        outcome = .failed(error)
        return outcome
    }

    /// `method SP request-target SP HTTP-version` (RFC 9112 3), with exactly one space each.
    @inline(__always)
    private static func readRequestLine(
        _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, into head: inout RequestHead
    ) -> HTTPError? {
        let allowed = ByteSet.method
        var packed: UInt64 = 0
        var index = start
        while index < end, allowed.contains(base[index]) {
            packed = packed &<< 8 | UInt64(base[index])
            index &+= 1
        }
        guard index < end else { return .malformedRequestLine }
        guard index > start, base[index] == ByteScan.space else { return .invalidMethod }
        guard index &- start <= maximumMethodLength else { return .methodTooLong }
        head.method = Method(packed: packed)
        head.methodName = ByteRange(from: start, to: index)
        guard head.method != .connect else { return .connectNotSupported }

        let target = index &+ 1
        let targetEnd = ByteScan.endOfTarget(base, from: target, to: end)
        guard targetEnd < end else { return .malformedRequestLine }
        guard base[targetEnd] == ByteScan.space else { return .invalidTarget }
        if let error = RequestTarget.read(base, from: target, to: targetEnd, into: &head) { return error }

        let version = targetEnd &+ 1
        guard let minor = HTTPVersion.minor(base, from: version, to: end) else {
            return HTTPVersion.isNamed(base, from: version, to: end) ? .unsupportedVersion : .malformedRequestLine
        }
        head.minorVersion = minor
        return nil
    }

    /// What the fields together mean, once the empty line was read.
    private mutating func finish(_ head: inout RequestHead) -> ParseResult {
        let seen = section.seen
        let isCurrent = head.minorVersion == 1
        // RFC 9112 3.2: Host once in HTTP/1.1, even when the target has an authority of its own.
        guard seen.contains(.host) || !isCurrent else { return fail(.missingHost) }
        if head.authority.isEmpty { head.authority = section.host }

        if seen.contains(.transferEncoding) {
            // RFC 9112 6.1: in HTTP/1.0 the framing is faulty, whatever the value.
            guard isCurrent else { return fail(.transferEncodingInOldVersion) }
            head.framing = .chunked
        } else if seen.contains(.contentLength) {
            head.framing = .length(section.contentLength)
        } else {
            head.framing = .none
        }
        head.isPersistent = !seen.contains(.close) && (isCurrent || seen.contains(.keepAlive))
        if seen.contains(.expectContinue) {
            head.expectsContinue = isCurrent && head.framing != .none && head.framing != .length(0)
        }
        head.acceptsTrailers = seen.contains(.trailers)
        if seen.contains(.upgrade) {
            head.upgradesToWebSocket =
                isCurrent && head.method == .get && head.framing == .none
                && seen.isSuperset(of: [.upgradeOption, .webSocket, .webSocketKey])
                && !seen.contains(.repeatedWebSocketKey)
        }
        head.count = reader.lineStart
        state = .done
        outcome = .complete(headLength: head.count)
        return outcome
    }
}
