/// Parses request heads (RFC 9112) strictly and without I/O: the input is bytes, the output is a head.
///
/// The states are `start` (one empty line is allowed here, RFC 9112 2.2), `requestLine`, `fields` and `done`. The
/// parser checks a line when its LF has arrived. The parser finds control bytes, a bare CR or LF and an exceeded limit
/// earlier. Laws:
/// - The result depends on the bytes alone, never on how reads split them. The parser examines every byte a bounded
///   number of times.
/// - Two recipients must not see different requests in one head. The parser rejects every ambiguous head.
/// - A failure is final: after it, the recipient can't find the next message on the connection.
///
/// The parser does not read the content. `BodyDecoder` does.
package struct RequestParser: Sendable {
    private enum State: UInt8 {
        case start, requestLine, fields, done
    }

    /// Longest accepted method, in bytes. The longest registered method has 17 bytes (UPDATEREDIRECTREF). A longer
    /// method than this bound yields 501, as RFC 9112 3 recommends for methods longer than any that a server
    /// implements.
    static let maximumMethodLength = 32

    private let limits: HTTPLimits
    private var state = State.start
    private var reader = LineReader()
    private var section = FieldSection(isRequest: true)
    private var outcome = ParseResult.needMore

    package init(limits: HTTPLimits = .standard) { self.limits = limits }

    /// True when a byte of a request head has arrived. An empty line before the head does not count. The time limit of
    /// a head starts with its first byte; the idle timeout runs until then.
    package var hasStarted: Bool { state.rawValue > State.requestLine.rawValue || reader.scanned > reader.lineStart }

    /// Restarts the parser for the next head.
    package mutating func reset() {
        state = .start
        reader = LineReader()
        section = FieldSection(isRequest: true)
        outcome = .needMore
    }

    /// Parses the received bytes of a request head.
    ///
    /// - Parameters:
    ///   - bytes: all received bytes since the end of the previous message: the bytes of the previous call, then the
    ///     bytes that have arrived since.
    ///   - head: the same head in every call for one request; filled when the result is `.complete`.
    /// - Returns: after `.complete` and `.failed`, the same result until `reset()`.
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

    /// Parses `method SP request-target SP HTTP-version` (RFC 9112 3), with exactly one space in each place.
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

    /// Combines the fields after the empty line.
    private mutating func finish(_ head: inout RequestHead) -> ParseResult {
        let seen = section.seen
        let isCurrent = head.minorVersion == 1
        // RFC 9112 3.2: HTTP/1.1 requires one Host field, even if the target has an authority.
        guard seen.contains(.host) || !isCurrent else { return fail(.missingHost) }
        if head.authority.isEmpty { head.authority = section.host }

        if seen.contains(.transferEncoding) {
            // RFC 9112 6.1: Transfer-Encoding in HTTP/1.0 makes the framing faulty, whatever its value.
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
                isCurrent && head.method == .get && (head.framing == .none || head.framing == .length(0))
                && seen.isSuperset(of: [.upgradeOption, .webSocket, .webSocketKey])
                && !seen.contains(.repeatedWebSocketKey)
            // A length of 0 says the same as no length (RFC 9110 8.6). The next hop gets the handshake without it.
            if head.upgradesToWebSocket { head.framing = .none }
        }
        head.count = reader.lineStart
        state = .done
        outcome = .complete(headLength: head.count)
        return outcome
    }
}
