/// RFC 9112 7.1 as a recursive descent over the whole input: slow, simple, and independent of the tested decoder.
///
/// Like the decoder, it is stricter than the RFC in one point: white space is valid only before another element.
struct ChunkedGrammar {
    enum Verdict: Equatable {
        case finished
        /// The input is valid so far, but it ends too early.
        case incomplete
        case refused
    }

    private struct Stop: Error {
        let verdict: Verdict
    }

    private let input: [UInt8]
    private(set) var position = 0
    private(set) var content: [UInt8] = []

    init(_ input: [UInt8]) { self.input = input }

    mutating func read() -> Verdict {
        do {
            while try readChunk() {}
            while try readTrailerLine() {}
            return .finished
        } catch {
            return (error as? Stop)?.verdict ?? .refused
        }
    }

    /// Reads one chunk.
    ///
    /// - Returns: false after the last chunk.
    private mutating func readChunk() throws -> Bool {
        let digits = take { Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }
        guard !digits.isEmpty else { throw Stop(verdict: atEnd ? .incomplete : .refused) }
        while true {
            let blanks = take(isBlank)
            if blanks.isEmpty, !atEnd, input[position] == 0x0D { break }
            try expect(0x3B)
            try readExtension()
        }
        try expectLineEnd()
        // A size of more than 15 digits exceeds every limit.
        let significant = digits.drop { $0 == 0x30 }
        guard significant.count <= 15 else { throw Stop(verdict: .incomplete) }
        let size = Int(String(decoding: significant, as: UTF8.self), radix: 16) ?? 0
        if size == 0 { return false }
        content += input[position..<min(input.count, position + size)]
        guard input.count - position >= size else { throw Stop(verdict: .incomplete) }
        position += size
        try expectLineEnd()
        return true
    }

    /// Reads an extension after its semicolon.
    private mutating func readExtension() throws {
        _ = take(isBlank)
        try readToken()
        let mark = position
        _ = take(isBlank)
        guard !atEnd else { throw Stop(verdict: .incomplete) }
        guard input[position] == 0x3D else {
            position = mark
            return
        }
        position += 1
        _ = take(isBlank)
        guard !atEnd else { throw Stop(verdict: .incomplete) }
        if input[position] == 0x22 { try readQuoted() } else { try readToken() }
    }

    private mutating func readToken() throws {
        if take(isTokenByte).isEmpty { throw Stop(verdict: atEnd ? .incomplete : .refused) }
    }

    private mutating func readQuoted() throws {
        position += 1
        while true {
            guard !atEnd else { throw Stop(verdict: .incomplete) }
            var byte = input[position]
            position += 1
            if byte == 0x22 { return }
            if byte == 0x5C {
                guard !atEnd else { throw Stop(verdict: .incomplete) }
                byte = input[position]
                position += 1
            }
            guard isText(byte) else { throw Stop(verdict: .refused) }
        }
    }

    /// Reads one line of the trailer section.
    ///
    /// - Returns: false after the empty line.
    private mutating func readTrailerLine() throws -> Bool {
        if !atEnd, input[position] == 0x0D {
            try expectLineEnd()
            return false
        }
        try readToken()
        try expect(0x3A)
        _ = take(isText)
        try expectLineEnd()
        return true
    }

    private var atEnd: Bool { position == input.count }

    private mutating func take(_ belongs: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = input[position...].prefix(while: belongs)
        position += taken.count
        return taken
    }

    private mutating func expect(_ byte: UInt8) throws {
        guard !atEnd else { throw Stop(verdict: .incomplete) }
        guard input[position] == byte else { throw Stop(verdict: .refused) }
        position += 1
    }

    private mutating func expectLineEnd() throws {
        try expect(0x0D)
        try expect(0x0A)
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private func isText(_ byte: UInt8) -> Bool { byte == 0x09 || (byte >= 0x20 && byte != 0x7F) }

    private func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
