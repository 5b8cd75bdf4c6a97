/// Parses response heads (RFC 9112) strictly and without I/O: the input is bytes, the output is a head.
///
/// The states are `statusLine`, `fields` and `done`. The laws of `RequestParser` hold. No empty line may come before a
/// status line: RFC 9112 2.2 allows it before requests only. An empty line here means that the recipient misjudged the
/// end of the previous body.
///
/// The caller passes the request's method. The parser has no other knowledge of the request.
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

    /// Restarts the parser for the next head.
    package mutating func reset() {
        state = .statusLine
        reader = LineReader()
        section = FieldSection(isRequest: false)
        outcome = .needMore
    }

    /// Parses the received bytes of a response head.
    ///
    /// - Parameters:
    ///   - bytes: all received bytes since the end of the previous message.
    ///   - method: the method of the request; never CONNECT, which the proxy does not send.
    ///   - head: the same head in every call for one response; filled when the result is `.complete`.
    /// - Returns: after `.complete` and `.failed`, the same result until `reset()`.
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

    /// Parses `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 4). Some servers omit the second space when
    /// there is no phrase. Such a line has one reading, so the parser accepts it.
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

    /// Combines the fields after the empty line (RFC 9112 6.3).
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
