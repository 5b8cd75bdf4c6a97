import HTTP

/// Reads a head like a careless recipient.
///
/// Any LF ends a line. White space and control bytes around a name are dropped. Case does not matter. Behind CGI or
/// WSGI, an underscore is a dash. A forwarded head must have the same meaning for this reader as for the proxy:
/// otherwise request smuggling is possible.
struct LenientReader {
    private(set) var lines = 0
    private(set) var contentLengths: [[UInt8]] = []
    private(set) var transferEncodings: [[UInt8]] = []
    private(set) var hosts = 0
    /// Number of spaces and tabs in the start line.
    private(set) var blanksInStartLine = 0

    private let takesUnderscores: Bool

    /// - Parameters:
    ///   - head: a head with its empty line.
    ///   - takesUnderscores: true for a recipient that reads an underscore as a dash. Clients do not.
    init(_ head: [UInt8], takesUnderscores: Bool) {
        self.takesUnderscores = takesUnderscores
        check(!head.contains(0), "a head with a NUL was sent on")
        let lines = head.split(separator: 0x0A, omittingEmptySubsequences: false)
        check(lines.last?.isEmpty == true && lines.dropLast().last == [0x0D], "a head without an end")
        for (index, line) in lines.dropLast(2).enumerated() {
            check(line.last == 0x0D, "a line that ends with a bare LF was sent on")
            let line = line.dropLast()
            check(!line.isEmpty && !line.contains(0x0D), "an empty line or a bare CR inside a head was sent on")
            if index == 0 {
                blanksInStartLine = line.count { $0 == 0x20 || $0 == 0x09 }
            } else {
                readField(line)
            }
            self.lines += 1
        }
    }

    private mutating func readField(_ line: ArraySlice<UInt8>) {
        check(line.first.map { $0 > 0x20 } == true, "a folded line was sent on")
        let parts = line.split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
        check(parts.count == 2, "a field without a colon was sent on")
        let name = parts[0].filter { $0 > 0x20 && $0 < 0x7F }.map { byte in
            takesUnderscores && byte == 0x5F ? 0x2D : (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
        }
        let value = parts[1].filter { $0 > 0x20 }
        switch String(decoding: name, as: UTF8.self) {
        case "": check(false, "a field without a name was sent on")
        case "content-length": contentLengths.append(value)
        case "transfer-encoding": transferEncodings.append(value)
        case "host": hosts += 1
        default: break
        }
    }

    /// Checks that the head gives exactly one way to find the message's end, and that it is `framing`.
    func checkFraming(_ framing: BodyFraming) {
        let length = contentLengths.map { String(decoding: $0, as: UTF8.self) }
        let encoding = transferEncodings.map { String(decoding: $0, as: UTF8.self) }
        switch framing {
        case .length(let count):
            check(length == [String(count)] && encoding == [], "\(length) \(encoding), not \(count)")
        case .chunked: check(length == [] && encoding == ["chunked"], "\(length) \(encoding), not chunked")
        case .none, .untilClose: check(length == [] && encoding == [], "\(length) \(encoding) instead of none")
        }
    }
}
