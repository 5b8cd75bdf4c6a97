/// The state machine of `Transfer-Encoding: chunked` (RFC 9112 7.1), with one state for each position in the grammar.
///
/// Each step takes one byte, except in content, which is returned in the longest possible pieces.
///
///     chunk         = 1*HEXDIG *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ) CRLF data CRLF
///     last-chunk    = 1*"0" …the same extensions… CRLF
///     trailer       = *( token ":" OWS value OWS CRLF ) CRLF
///
/// The decoder checks extensions and drops them, as RFC 9112 7.1.1 requires. The check is necessary because another
/// recipient might read loosely skipped bytes as the next chunk. BWS is valid only before another element: white space
/// before the CR of a size line is an error. The decoder checks the trailer section and keeps the fields that
/// `TrailerRule` allows.
struct ChunkedDecoder: Sendable {
    private enum State: UInt8 {
        /// Size line: before the first digit, in the digits, and in the extensions.
        case sizeStart, size, beforeSemicolon, beforeName, name, afterName
        case beforeValue, value, quoted, quotedPair, afterQuoted, sizeLineFeed
        case content, contentReturn, contentLineFeed
        /// Trailer section: at the first byte of a line, in a name, in a value, and at line ends.
        case trailerStart, trailerName, trailerValue, trailerLineFeed, finalLineFeed
        case finished
    }

    /// Most digits of a chunk size: 16 digits fill a UInt64. A longer size with leading zeros has no honest use.
    private static let maximumDigits: Int32 = 16

    private let limits: HTTPLimits
    private var state = State.sizeStart
    /// Bytes of the chunk that are not decoded yet; while the size line is read, the size so far.
    private var remaining: UInt64 = 0
    private var digits: Int32 = 0
    /// Bytes of the present size line so far.
    private var lineLength = 0
    /// Bytes of the extensions of all chunks so far.
    private var extensions = 0
    /// Bytes and field lines of the trailer section so far.
    private var trailerLength = 0
    private var trailerFields = 0
    /// The trailer fields; complete once the decoder has finished.
    private(set) var trailers = TrailerSection()

    init(limits: HTTPLimits) { self.limits = limits }

    /// Restarts the decoder for the next body and keeps its memory.
    mutating func reset() {
        state = .sizeStart
        remaining = 0
        digits = 0
        lineLength = 0
        extensions = 0
        trailerLength = 0
        trailerFields = 0
        trailers.removeAll()
    }

    /// Performs the next step. Do not call it after `.end` or `.failed`.
    mutating func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> BodyStep {
        var index = 0
        while index < bytes.count {
            if state == .content {
                let count = Int(min(remaining, UInt64(bytes.count &- index)))
                remaining &-= UInt64(count)
                if remaining == 0 { state = .contentReturn }
                return .data(offset: index, count: count, consumed: index &+ count)
            }
            if let error = step(bytes[index]) { return .failed(error) }
            index &+= 1
            if state == .finished { return .end(consumed: index) }
        }
        return .needMore(consumed: index)
    }

    @inline(__always)
    private mutating func step(_ byte: UInt8) -> HTTPError? {
        switch state {
        case .sizeStart, .size, .sizeLineFeed:
            lineLength &+= 1
            guard lineLength <= limits.chunkLine else { return .chunkLineTooLong }
            return stepSize(byte)
        case .contentReturn:
            guard byte == ByteScan.carriageReturn else { return .missingChunkEnd }
            state = .contentLineFeed
            return nil
        case .contentLineFeed:
            guard byte == ByteScan.lineFeed else { return .missingChunkEnd }
            state = .sizeStart
            return nil
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .finalLineFeed:
            trailerLength &+= 1
            guard trailerLength <= limits.trailer else { return .trailerTooLarge }
            return stepTrailer(byte)
        case .content, .finished:
            return nil
        default:
            lineLength &+= 1
            extensions &+= 1
            guard lineLength <= limits.chunkLine else { return .chunkLineTooLong }
            guard extensions <= limits.chunkExtensions else { return .chunkExtensionsTooLong }
            return stepExtension(byte)
        }
    }

    private mutating func stepSize(_ byte: UInt8) -> HTTPError? {
        switch state {
        case .sizeStart:
            guard let value = ByteScan.hexadecimalValue(byte) else { return .invalidChunkSize }
            remaining = UInt64(value)
            digits = 1
            state = .size
        case .size:
            if let value = ByteScan.hexadecimalValue(byte) {
                guard digits < Self.maximumDigits else { return .chunkSizeTooLarge }
                digits &+= 1
                remaining = remaining &<< 4 | UInt64(value)
                // Callers add sizes up, so a chunk size has the same bound as Content-Length.
                guard remaining <= UInt64(Int64.max) else { return .chunkSizeTooLarge }
            } else if byte == ByteScan.carriageReturn {
                state = .sizeLineFeed
            } else if byte == 0x3B {
                state = .beforeName
            } else if ByteScan.isBlank(byte) {
                state = .beforeSemicolon
            } else {
                return .invalidChunkSize
            }
        default:
            guard byte == ByteScan.lineFeed else { return .bareCarriageReturn }
            state = remaining == 0 ? .trailerStart : .content
            lineLength = 0
        }
        return nil
    }

    private mutating func stepExtension(_ byte: UInt8) -> HTTPError? {
        let isBlank = ByteScan.isBlank(byte)
        switch state {
        case .beforeSemicolon:
            if isBlank { return nil }
            guard byte == 0x3B else { return .invalidChunkExtension }
            state = .beforeName
        case .beforeName:
            if isBlank { return nil }
            guard ByteSet.token.contains(byte) else { return .invalidChunkExtension }
            state = .name
        case .name:
            if ByteSet.token.contains(byte) { return nil }
            if byte == 0x3D {
                state = .beforeValue
            } else {
                return endExtension(byte, isBlank, blank: .afterName)
            }
        case .afterName:
            if isBlank { return nil }
            guard byte == 0x3D || byte == 0x3B else { return .invalidChunkExtension }
            state = byte == 0x3D ? .beforeValue : .beforeName
        case .beforeValue:
            if isBlank { return nil }
            guard byte == 0x22 || ByteSet.token.contains(byte) else { return .invalidChunkExtension }
            state = byte == 0x22 ? .quoted : .value
        case .value:
            if ByteSet.token.contains(byte) { return nil }
            return endExtension(byte, isBlank, blank: .beforeSemicolon)
        case .quoted:
            if byte == 0x22 {
                state = .afterQuoted
            } else if byte == 0x5C {
                state = .quotedPair
            } else {
                return Self.isText(byte) ? nil : .invalidChunkExtension
            }
        case .quotedPair:
            guard Self.isText(byte) else { return .invalidChunkExtension }
            state = .quoted
        default:
            return endExtension(byte, isBlank, blank: .beforeSemicolon)
        }
        return nil
    }

    /// Handles the byte after an extension's name or value: the end of the line, the next extension, or white space
    /// before more.
    private mutating func endExtension(_ byte: UInt8, _ isBlank: Bool, blank next: State) -> HTTPError? {
        if byte == ByteScan.carriageReturn {
            state = .sizeLineFeed
        } else if byte == 0x3B {
            state = .beforeName
        } else if isBlank {
            state = next
        } else {
            return .invalidChunkExtension
        }
        return nil
    }

    private mutating func stepTrailer(_ byte: UInt8) -> HTTPError? {
        switch state {
        case .trailerStart:
            if byte == ByteScan.carriageReturn {
                state = .finalLineFeed
                return nil
            }
            guard !ByteScan.isBlank(byte) else { return .obsoleteFold }
            guard ByteSet.token.contains(byte) else { return .invalidFieldName }
            trailerFields &+= 1
            guard trailerFields <= limits.fields else { return .tooManyFields }
            trailers.beginLine()
            trailers.append(byte)
            state = .trailerName
        case .trailerName:
            if byte == 0x3A {
                trailers.endName()
                state = .trailerValue
            } else if ByteSet.token.contains(byte) {
                trailers.append(byte)
            } else {
                return ByteScan.isBlank(byte) ? .whitespaceBeforeColon : .invalidFieldName
            }
        case .trailerValue:
            if byte == ByteScan.carriageReturn {
                trailers.endLine()
                state = .trailerLineFeed
            } else if Self.isText(byte) {
                trailers.append(byte)
            } else {
                return byte == ByteScan.lineFeed ? .bareLineFeed : .controlByte
            }
        default:
            guard byte == ByteScan.lineFeed else { return .bareCarriageReturn }
            state = state == .finalLineFeed ? .finished : .trailerStart
        }
        return nil
    }

    /// True for the bytes of a field value and of a quoted string: HTAB, space, visible ASCII, and `obs-text`.
    private static func isText(_ byte: UInt8) -> Bool {
        byte == ByteScan.tab || (byte >= 0x20 && byte != 0x7F)
    }
}
