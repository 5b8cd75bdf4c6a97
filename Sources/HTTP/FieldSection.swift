/// The header fields of one head, parsed line by line.
///
/// The section checks each line when the line is complete. The section records the meaning of the fields for the
/// message, so no later code searches the fields again.
///
/// Laws:
/// - A field that decides framing or routing (Content-Length, Transfer-Encoding, Host) may appear once. RFC 9110 8.6
///   permits merging equal Content-Length fields. The section rejects repeated fields instead: no honest sender repeats
///   these fields, and a rule without exceptions has one reading.
/// - A line that does not match the grammar fails the head. The section repairs nothing (RFC 9112 5).
///
/// The section does not see the start line. The head parsers decide everything that depends on the method, the version
/// or the status.
struct FieldSection: Sendable {
    struct Seen: OptionSet, Sendable {
        let rawValue: UInt16
        static let host = Seen(rawValue: 1 << 0)
        static let contentLength = Seen(rawValue: 1 << 1)
        static let transferEncoding = Seen(rawValue: 1 << 2)
        static let expectContinue = Seen(rawValue: 1 << 3)
        /// Options of the Connection field.
        static let close = Seen(rawValue: 1 << 4)
        static let keepAlive = Seen(rawValue: 1 << 5)
        static let upgradeOption = Seen(rawValue: 1 << 6)
        static let nominations = Seen(rawValue: 1 << 7)
        /// The head has exactly one Upgrade field so far, and its value is `websocket`.
        static let webSocket = Seen(rawValue: 1 << 8)
        static let upgrade = Seen(rawValue: 1 << 9)
        static let webSocketKey = Seen(rawValue: 1 << 10)
        static let repeatedWebSocketKey = Seen(rawValue: 1 << 11)
        /// The TE field lists `trailers`.
        static let trailers = Seen(rawValue: 1 << 12)
    }

    enum Progress {
        case needMore
        /// The section has read the empty line that ends the head.
        case end
        case failed(HTTPError)
    }

    /// Most options in all Connection fields of a head together. Marking takes time proportional to options times
    /// fields, so every option counts, `close` too. No real sender comes near 32.
    private static let maximumConnectionOptions = 32

    private(set) var seen: Seen = []
    private(set) var contentLength: UInt64 = 0
    private(set) var host = ByteRange()
    private var connectionOptions = 0
    private let isRequest: Bool

    init(isRequest: Bool) { self.isRequest = isRequest }

    /// Parses all complete lines in the input.
    ///
    /// - Parameters:
    ///   - base: the first of `count` bytes, at the start of the head.
    ///   - fields: receives the fields of the complete lines.
    mutating func parse(
        _ base: UnsafePointer<UInt8>, count: Int, limits: HTTPLimits, reader: inout LineReader,
        into fields: inout [Field]
    ) -> Progress {
        while true {
            switch reader.next(base, count: count, limit: limits.head) {
            case .needMore: return .needMore
            case .tooLong: return .failed(.headTooLarge)
            case .failed(let error): return .failed(error)
            case .line(let start, let end):
                if start == end {
                    if seen.contains(.nominations) { markNominated(base, &fields) }
                    return .end
                }
                guard fields.count < limits.fields else { return .failed(.tooManyFields) }
                if let error = readLine(base, from: start, to: end, into: &fields) { return .failed(error) }
            }
        }
    }

    /// Parses `field-name ":" OWS field-value OWS` (RFC 9112 5).
    @inline(__always)
    private mutating func readLine(
        _ base: UnsafePointer<UInt8>, from start: Int, to end: Int, into fields: inout [Field]
    ) -> HTTPError? {
        let token = ByteSet.token
        var colon = start
        while colon < end, token.contains(base[colon]) { colon &+= 1 }
        guard colon > start, colon < end, base[colon] == 0x3A else {
            return Self.nameError(base, start, colon, end)
        }
        var valueStart = colon &+ 1
        while valueStart < end, ByteScan.isBlank(base[valueStart]) { valueStart &+= 1 }
        var valueEnd = end
        while valueEnd > valueStart, ByteScan.isBlank(base[valueEnd &- 1]) { valueEnd &-= 1 }

        return take(
            base, name: ByteRange(from: start, to: colon), value: ByteRange(from: valueStart, to: valueEnd),
            into: &fields)
    }

    /// Adds a field. The name must be a token, and the value must contain no control byte except HTAB.
    @inline(__always)
    mutating func take(
        _ base: UnsafePointer<UInt8>, name: ByteRange, value: ByteRange, into fields: inout [Field]
    ) -> HTTPError? {
        var hasUnderscore = false
        var known = KnownField.lookup(base + Int(name.start), count: Int(name.count), hasUnderscore: &hasUnderscore)
        var isHopByHop = false
        // Spellings with an underscore matter only in requests, where a client could disguise a field. A worker's
        // response is trusted, so such a name has no special meaning there.
        if hasUnderscore, !isRequest { known = .other }
        if known != .other {
            if hasUnderscore {
                if known.decidesFramingOrRouting { return .ambiguousFieldName }
            } else if let error = interpret(known, base, Int(value.start), Int(value.end)) {
                return error
            }
            isHopByHop = known.isHopByHop
        }
        fields.append(Field(name: name, value: value, known: known, isHopByHop: isHopByHop))
        return nil
    }

    /// Why the line is not a field name followed by a colon. `stop` is the offset of the first byte that is not a token
    /// byte.
    private static func nameError(_ base: UnsafePointer<UInt8>, _ start: Int, _ stop: Int, _ end: Int) -> HTTPError {
        if ByteScan.isBlank(base[start]) { return .obsoleteFold }
        if stop == end { return .missingColon }
        if ByteScan.isBlank(base[stop]) {
            var index = stop
            while index < end, ByteScan.isBlank(base[index]) { index &+= 1 }
            if index < end, base[index] == 0x3A { return .whitespaceBeforeColon }
        }
        return .invalidFieldName
    }

    /// Records the meaning of a known field.
    private mutating func interpret(
        _ known: KnownField, _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
    ) -> HTTPError? {
        switch known {
        case .host where isRequest:
            guard !seen.contains(.host) else { return .repeatedHost }
            seen.insert(.host)
            guard Authority.isValid(base, from: start, to: end) else { return .invalidHost }
            host = ByteRange(from: start, to: end)
        case .contentLength:
            return readContentLength(base, start, end)
        case .transferEncoding:
            return readTransferEncoding(base, start, end)
        case .connection:
            return readConnection(base, start, end)
        case .expect where isRequest:
            guard ByteScan.equals(base + start, end &- start, ignoringCase: "100-continue") else {
                return .unknownExpectation
            }
            seen.insert(.expectContinue)
        case .te where isRequest:
            if Self.listHasTrailers(base, start, end) { seen.insert(.trailers) }
        case .upgrade:
            let isFirst = !seen.contains(.upgrade)
            seen.insert(.upgrade)
            if isFirst, ByteScan.equals(base + start, end &- start, ignoringCase: "websocket") {
                seen.insert(.webSocket)
            } else {
                seen.remove(.webSocket)
            }
        case .secWebSocketKey:
            if start == end || seen.contains(.webSocketKey) { seen.insert(.repeatedWebSocketKey) }
            seen.insert(.webSocketKey)
        default:
            break
        }
        return nil
    }

    /// True when a TE value (`#t-codings`, RFC 9110 10.1.4) lists `trailers`. The function ignores codings and their
    /// weights.
    private static func listHasTrailers(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var index = start
        while index < end {
            var first = index
            while index < end, base[index] != 0x2C { index &+= 1 }
            var last = index
            while first < last, ByteScan.isBlank(base[first]) { first &+= 1 }
            while last > first, ByteScan.isBlank(base[last &- 1]) { last &-= 1 }
            if ByteScan.equals(base + first, last &- first, ignoringCase: "trailers") { return true }
            index &+= 1
        }
        return false
    }

    /// Parses `1*DIGIT`, at most `Int64.max` (RFC 9110 8.6). A list of lengths is invalid.
    private mutating func readContentLength(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> HTTPError? {
        guard !seen.contains(.contentLength) else { return .repeatedContentLength }
        guard !seen.contains(.transferEncoding) else { return .contentLengthWithTransferEncoding }
        seen.insert(.contentLength)
        guard start < end else { return .invalidContentLength }
        var length: UInt64 = 0
        var isTooLarge = false
        var index = start
        while index < end {
            let digit = base[index] &- 0x30
            guard digit < 10 else { return .invalidContentLength }
            // While the length is at most this bound, ten times the length plus nine fits into a UInt64.
            if length > UInt64(Int64.max) / 10 { isTooLarge = true }
            length = length &* 10 &+ UInt64(digit)
            if length > UInt64(Int64.max) { isTooLarge = true }
            index &+= 1
        }
        guard !isTooLarge else { return .contentLengthTooLarge }
        contentLength = length
        return nil
    }

    /// Accepts `chunked` alone, once (RFC 9112 6.1). Any other coding is not implemented and yields 501.
    private mutating func readTransferEncoding(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> HTTPError? {
        guard !seen.contains(.transferEncoding) else { return .repeatedTransferEncoding }
        guard !seen.contains(.contentLength) else { return .contentLengthWithTransferEncoding }
        seen.insert(.transferEncoding)
        guard ByteScan.equals(base + start, end &- start, ignoringCase: "chunked") else {
            return .unsupportedTransferCoding
        }
        return nil
    }

    /// Parses `#connection-option` (RFC 9110 7.6.1).
    private mutating func readConnection(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> HTTPError? {
        var list = TokenList(base, from: start, to: end)
        while true {
            switch list.next() {
            case .end: return nil
            case .invalid: return .invalidConnection
            case .token(let start, let end):
                connectionOptions &+= 1
                guard connectionOptions <= Self.maximumConnectionOptions else { return .tooManyConnectionOptions }
                seen.insert(Self.meaning(ofOption: base + start, end &- start))
            }
        }
    }

    /// `nominations` if the option is the name of a field.
    @inline(__always)
    private static func meaning(ofOption token: UnsafePointer<UInt8>, _ count: Int) -> Seen {
        if ByteScan.equals(token, count, ignoringCase: "keep-alive") { return .keepAlive }
        if ByteScan.equals(token, count, ignoringCase: "close") { return .close }
        if ByteScan.equals(token, count, ignoringCase: "upgrade") { return .upgradeOption }
        return .nominations
    }

    /// Marks the fields that Connection nominates, wherever they stand. Called once, after the last field.
    private func markNominated(_ base: UnsafePointer<UInt8>, _ fields: inout [Field]) {
        for index in fields.indices where fields[index].known == .connection {
            let value = fields[index].value
            var list = TokenList(base, from: Int(value.start), to: Int(value.end))
            while case .token(let start, let end) = list.next() {
                guard Self.meaning(ofOption: base + start, end &- start) == .nominations else { continue }
                for other in fields.indices where Int(fields[other].name.count) == end &- start {
                    let name = base + Int(fields[other].name.start)
                    if ByteScan.equals(name, base + start, end &- start), !fields[other].known.resistsNomination {
                        fields[other].isHopByHop = true
                    }
                }
            }
        }
    }
}
