/// The fields of one head: read line by line, each checked when it is complete, and what they say about the message
/// kept aside, so that nobody has to search the fields for it afterwards.
///
/// Laws:
/// - What decides framing or routing (Content-Length, Transfer-Encoding, Host) may appear once. Equal repetitions of
///   Content-Length could be collapsed (RFC 9110 8.6); they are refused instead, because nobody sends them in earnest
///   and a rule without an exception can't be read in two ways.
/// - A line that doesn't match the grammar fails the head; nothing is repaired (RFC 9112 5).
///
/// It doesn't know the start line: what depends on method, version or status is decided by the head parsers.
struct FieldSection: Sendable {
    struct Seen: OptionSet, Sendable {
        let rawValue: UInt16
        static let host = Seen(rawValue: 1 << 0)
        static let contentLength = Seen(rawValue: 1 << 1)
        static let transferEncoding = Seen(rawValue: 1 << 2)
        static let expectContinue = Seen(rawValue: 1 << 3)
        /// Options of Connection.
        static let close = Seen(rawValue: 1 << 4)
        static let keepAlive = Seen(rawValue: 1 << 5)
        static let upgradeOption = Seen(rawValue: 1 << 6)
        static let nominations = Seen(rawValue: 1 << 7)
        /// Exactly one Upgrade field so far, and its value is `websocket`.
        static let webSocket = Seen(rawValue: 1 << 8)
        static let upgrade = Seen(rawValue: 1 << 9)
        static let webSocketKey = Seen(rawValue: 1 << 10)
        static let repeatedWebSocketKey = Seen(rawValue: 1 << 11)
        /// TE says `trailers`.
        static let trailers = Seen(rawValue: 1 << 12)
    }

    enum Progress {
        case needMore
        /// The empty line was read.
        case end
        case failed(HTTPError)
    }

    /// Field names that Connection nominates, beyond the options with a meaning of their own. Marking costs options
    /// times fields, so there's a bound; 32 is far above what anybody sends.
    private static let maximumNominations = 32

    private(set) var seen: Seen = []
    private(set) var contentLength: UInt64 = 0
    private(set) var host = ByteRange()
    private var nominations = 0
    private let isRequest: Bool

    init(isRequest: Bool) { self.isRequest = isRequest }

    /// Reads as many lines as there are.
    ///
    /// - Parameters:
    ///   - base: the first of `count` bytes, from the start of the head on.
    ///   - fields: gets the fields of the complete lines appended.
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

    /// `field-name ":" OWS field-value OWS` (RFC 9112 5).
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

    /// Takes a field in whose name is a token and whose value is free of control bytes.
    @inline(__always)
    mutating func take(
        _ base: UnsafePointer<UInt8>, name: ByteRange, value: ByteRange, into fields: inout [Field]
    ) -> HTTPError? {
        var hasUnderscore = false
        var known = KnownField.lookup(base + Int(name.start), count: Int(name.count), hasUnderscore: &hasUnderscore)
        var isHopByHop = false
        // A worker's response may carry what it likes: only what clients say of themselves must not take two shapes.
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

    /// Why the bytes up to `stop` and what stands there are no field name with its colon.
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

    /// Takes in what a known field says.
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

    /// Whether a TE value (`#t-codings`, RFC 9110 10.1.4) names `trailers`; codings and their weights mean nothing to us.
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

    /// `1*DIGIT`, at most `Int64.max` (RFC 9110 8.6); a list of lengths isn't a number.
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
            // Below this bound, ten times the length plus nine still fits.
            if length > UInt64(Int64.max) / 10 { isTooLarge = true }
            length = length &* 10 &+ UInt64(digit)
            if length > UInt64(Int64.max) { isTooLarge = true }
            index &+= 1
        }
        guard !isTooLarge else { return .contentLengthTooLarge }
        contentLength = length
        return nil
    }

    /// Exactly `chunked`, once (RFC 9112 6.1). Any other coding is one that we don't implement: 501.
    private mutating func readTransferEncoding(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> HTTPError? {
        guard !seen.contains(.transferEncoding) else { return .repeatedTransferEncoding }
        guard !seen.contains(.contentLength) else { return .contentLengthWithTransferEncoding }
        seen.insert(.transferEncoding)
        guard ByteScan.equals(base + start, end &- start, ignoringCase: "chunked") else {
            return .unsupportedTransferCoding
        }
        return nil
    }

    /// `#connection-option` (RFC 9110 7.6.1).
    private mutating func readConnection(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> HTTPError? {
        var list = TokenList(base, from: start, to: end)
        while true {
            switch list.next() {
            case .end: return nil
            case .invalid: return .invalidConnection
            case .token(let start, let end):
                let token = base + start
                let count = end &- start
                if ByteScan.equals(token, count, ignoringCase: "keep-alive") {
                    seen.insert(.keepAlive)
                } else if ByteScan.equals(token, count, ignoringCase: "close") {
                    seen.insert(.close)
                } else if ByteScan.equals(token, count, ignoringCase: "upgrade") {
                    seen.insert(.upgradeOption)
                } else {
                    nominations &+= 1
                    seen.insert(.nominations)
                    guard nominations <= Self.maximumNominations else { return .tooManyConnectionOptions }
                }
            }
        }
    }

    /// Marks the fields that Connection names, wherever they stand. Called once, when all fields are known.
    private func markNominated(_ base: UnsafePointer<UInt8>, _ fields: inout [Field]) {
        for index in fields.indices where fields[index].known == .connection {
            let value = fields[index].value
            var list = TokenList(base, from: Int(value.start), to: Int(value.end))
            while case .token(let start, let end) = list.next() {
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
