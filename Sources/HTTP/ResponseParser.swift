/// Parses response heads (RFC 9112), strictly and without I/O: bytes in, a head out.
///
/// States: `statusLine`, `fields`, `done`. The laws are those of `RequestParser`. No empty line is tolerated before a
/// status line: RFC 9112 2.2 grants that to requests only, and a stray line here means that the body before it ended
/// elsewhere than we think.
///
/// It must be told the method of the request that the response answers, and doesn't know which request that is.
package struct ResponseParser: Sendable {
    private enum State: UInt8 {
        case statusLine, fields, done
    }

    private let limits: HTTPLimits
    private var state = State.statusLine
    private var reader = LineReader()
    private var section = FieldSection(isRequest: false)
    private var outcome = ParseResult.needMore

    package init(limits: HTTPLimits = .standard) { self.limits = limits }

    /// Makes it ready for the next head.
    package mutating func reset() {
        state = .statusLine
        reader = LineReader()
        section = FieldSection(isRequest: false)
        outcome = .needMore
    }

    /// Parses what has come of a response's head.
    ///
    /// - Parameters:
    ///   - bytes: everything received and not consumed since the end of the previous message.
    ///   - method: of the request that is answered; never CONNECT, which we don't send.
    ///   - head: the same head in every call for one response; filled when the result is `.complete`.
    /// - Returns: after `.complete` and `.failed` the same again until `reset()`.
    package mutating func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, answering method: Method, into head: inout ResponseHead
    ) -> ParseResult {
        guard let base = bytes.baseAddress, state != .done else { return outcome }
        if state == .statusLine {
            let limit = min(limits.requestLine, limits.head)
            switch reader.next(base, count: bytes.count, limit: limit) {
            case .needMore: return .needMore
            case .tooLong: return fail(.headTooLarge)
            case .failed(let error): return fail(error)
            case .line(let start, let end):
                head.clear()
                if let error = Self.readStatusLine(base, from: start, to: end, into: &head) { return fail(error) }
                state = .fields
            }
        }
        switch section.parse(base, count: bytes.count, limits: limits, reader: &reader, into: &head.fields) {
        case .needMore: return .needMore
        case .failed(let error): return fail(error)
        case .end: return finish(&head, answering: method)
        }
    }

    private mutating func fail(_ error: HTTPError) -> ParseResult {
        state = .done
        outcome = .failed(error)
        return outcome
    }

    /// `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 4). The second space may be missing when there is
    /// no phrase: servers do that, and it can be read in one way only.
    private static func readStatusLine(
        _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, into head: inout ResponseHead
    ) -> HTTPError? {
        guard start < end else { return .emptyStartLine }
        guard end &- start >= 12, base[start &+ 8] == ByteScan.space else { return .malformedStatusLine }
        guard let minor = HTTPVersion.minor(base, from: start, to: start &+ 8) else {
            return HTTPVersion.isNamed(base, from: start, to: start &+ 8) ? .unsupportedVersion : .malformedStatusLine
        }
        head.minorVersion = minor
        var status: UInt16 = 0
        for index in start &+ 9..<start &+ 12 {
            let digit = base[index] &- 0x30
            guard digit < 10 else { return .malformedStatusLine }
            status = status &* 10 &+ UInt16(digit)
        }
        guard status >= 100 else { return .malformedStatusLine }
        head.status = status
        if end > start &+ 12 {
            guard base[start &+ 12] == ByteScan.space else { return .malformedStatusLine }
            head.reason = ByteRange(from: start &+ 13, to: end)
        }
        return nil
    }

    /// What the fields together mean, once the empty line was read (RFC 9112 6.3).
    private mutating func finish(_ head: inout ResponseHead, answering method: Method) -> ParseResult {
        let seen = section.seen
        let isCurrent = head.minorVersion == 1
        if seen.contains(.transferEncoding), !isCurrent { return fail(.transferEncodingInOldVersion) }
        if seen.contains(.contentLength) { head.contentLength = section.contentLength }
        if method == .head || head.status < 200 || head.status == 204 || head.status == 304 {
            head.framing = .none
        } else if seen.contains(.transferEncoding) {
            head.framing = .chunked
        } else if seen.contains(.contentLength) {
            head.framing = .length(section.contentLength)
        } else {
            head.framing = .untilClose
        }
        head.isPersistent =
            head.framing != .untilClose && !seen.contains(.close) && (isCurrent || seen.contains(.keepAlive))
        head.switchesToWebSocket = head.status == 101 && isCurrent && seen.isSuperset(of: [.upgradeOption, .webSocket])
        head.count = reader.lineStart
        state = .done
        outcome = .complete(headLength: head.count)
        return outcome
    }
}
