import Foundation

/// One case of llhttp's Markdown tables: the input, and llhttp's events from its log.
struct LlhttpCase: Sendable, CustomStringConvertible {
    var name: String
    /// `request` or `response`. The lenient kinds are not read.
    var type: String
    var input: [UInt8]
    var log: LlhttpLog

    var description: String { name }

    static func all(in folder: String, type: String) -> [LlhttpCase] {
        VectorFolder.files(folder, ".md").flatMap { file in
            read(String(decoding: file.input, as: UTF8.self), file: file.name).filter { $0.type == type }
        }
    }

    private static func read(_ markdown: String, file: String) -> [LlhttpCase] {
        var cases: [LlhttpCase] = []
        var used: [String: Int] = [:]
        var heading = ""
        var type: String?
        var block: (kind: String, lines: [String])?
        var input: [UInt8] = []
        for line in markdown.components(separatedBy: "\n") {
            if let open = block {
                guard line == "```" else {
                    block?.lines.append(line)
                    continue
                }
                block = nil
                if open.kind == "http" {
                    input = decode(open.lines.joined(separator: "\n"))
                } else if open.kind == "log", let kind = type {
                    let base = "\(kind)/\(file): \(heading)"
                    let count = (used[base] ?? 0) + 1
                    used[base] = count
                    let log = LlhttpLog(open.lines, of: input, isRequest: kind == "request")
                    cases.append(
                        LlhttpCase(name: count > 1 ? "\(base) (\(count))" : base, type: kind, input: input, log: log))
                    type = nil
                }
            } else if line.hasPrefix("```") {
                block = (String(line.dropFirst(3)), [])
            } else if line.hasPrefix("<!-- meta="), let meta = line.range(of: "\"type\":") {
                type = line[meta.upperBound...].split(separator: "\"").dropFirst().first.map(String.init)
            } else if line.hasPrefix("#") {
                heading = String(line.drop { $0 == "#" || $0 == " " })
            }
        }
        return cases
    }

    /// Joins lines that end in a backslash, converts line ends to CRLF, and resolves the escapes. A number above 127
    /// becomes the UTF-8 of its code point, as in llhttp's own runner, because the logs' offsets assume that.
    private static func decode(_ block: String) -> [UInt8] {
        let source = Array(
            block.replacingOccurrences(of: "\\\n", with: "").replacingOccurrences(of: "\n", with: "\r\n").utf8)
        let simple: [UInt8: UInt8] = [0x72: 0x0D, 0x6E: 0x0A, 0x74: 0x09, 0x66: 0x0C]
        var bytes: [UInt8] = []
        var index = 0
        while index < source.count {
            let rest = source[(index + 1)...]
            let hexadecimal = rest.first == 0x78 ? Array(rest.dropFirst().prefix(2)) : []
            let octal = Array(rest.prefix(3).prefix { (0x30...0x37).contains($0) })
            if source[index] != 0x5C {
                bytes.append(source[index])
                index += 1
            } else if let byte = rest.first.flatMap({ simple[$0] }) {
                bytes.append(byte)
                index += 2
            } else if let byte = UInt8(String(decoding: hexadecimal, as: UTF8.self), radix: 16) {
                bytes += String(UnicodeScalar(byte)).utf8
                index += 4
            } else if let byte = UInt8(String(decoding: octal, as: UTF8.self), radix: 8) {
                bytes += String(UnicodeScalar(byte)).utf8
                index += 1 + octal.count
            } else {
                bytes.append(0x5C)
                index += 1
            }
        }
        return bytes
    }
}
