import Foundation

/// A request in the one form that the proxy writes: one space between two words, one after a colon, CRLF, plain names,
/// one way to find the end, chunks without leading zeros and extensions.
///
/// This parser is independent of the proxy's own parser. A fault would have to be in both to go unnoticed.
struct CanonicalRequest: Sendable {
    enum Reading {
        case whole(CanonicalRequest, rest: Data)
        case incomplete
        case violation(String)
    }

    /// Start line and fields as received, with the empty line.
    private(set) var head = Data()
    var method = ""
    var target = ""
    /// Names as received, in order.
    var fields: [(name: String, value: String)] = []
    var content = Data()
    /// The trailers after the last chunk.
    var trailers: [(name: String, value: String)] = []

    func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// Method, target and field lines, without the lines that identify the request.
    var lines: [String] {
        let generated: Set = ["x-request-id", "traceparent", "tracestate"]
        return ["\(method) \(target)"]
            + fields.filter { !generated.contains($0.name.lowercased()) }.map { "\($0.name): \($0.value)" }
    }

    static func read(from input: Data) -> Reading {
        guard let end = input.range(of: Data("\r\n\r\n".utf8)) else { return .incomplete }
        let head = Array(input[input.startIndex..<end.lowerBound])
        guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x0D || $0 == 0x0A || $0 == 0x09 }) else {
            return .violation("a control byte in a head")
        }
        var request = CanonicalRequest()
        request.head = Data(input[..<end.upperBound])
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        if lines.contains(where: { $0.utf8.contains(0x0D) || $0.utf8.contains(0x0A) || $0.isEmpty }) {
            return .violation("an odd line end")
        }
        let words = lines[0].components(separatedBy: " ")
        guard words.count == 3, words[2] == "HTTP/1.1", words.allSatisfy({ !$0.isEmpty }) else {
            return .violation("an odd start line")
        }
        (request.method, request.target) = (words[0], words[1])
        guard let fields = fields(in: lines.dropFirst()) else { return .violation("an odd field") }
        request.fields = fields
        guard request.values("host").count == 1 else { return .violation("not one Host") }
        return request.readContent(Data(input[end.upperBound...]))
    }

    private static func fields(in lines: ArraySlice<String>) -> [(name: String, value: String)]? {
        var fields: [(name: String, value: String)] = []
        for line in lines {
            guard let colon = line.range(of: ": "), isName(line[..<colon.lowerBound]) else { return nil }
            let value = String(line[colon.upperBound...])
            guard value.trimmingCharacters(in: .whitespaces) == value else { return nil }
            fields.append((String(line[..<colon.lowerBound]), value))
        }
        return fields
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) }
    }

    private mutating func readContent(_ bytes: Data) -> Reading {
        let (lengths, codings) = (values("content-length"), values("transfer-encoding"))
        switch (lengths.count, codings.count) {
        case (0, 0): return .whole(self, rest: bytes)
        case (1, 0):
            guard let length = Int(lengths[0]), String(length) == lengths[0] else { return .violation("an odd length") }
            guard bytes.count >= length else { return .incomplete }
            content = Data(bytes.prefix(length))
            return .whole(self, rest: Data(bytes.dropFirst(length)))
        case (0, 1):
            guard codings[0] == "chunked" else { return .violation("an odd coding") }
            return readChunks(bytes)
        default: return .violation("two ways to find the end")
        }
    }

    private mutating func readChunks(_ bytes: Data) -> Reading {
        var rest = bytes
        while true {
            guard let end = rest.range(of: Data("\r\n".utf8)) else { return .incomplete }
            let line = String(decoding: rest[rest.startIndex..<end.lowerBound], as: UTF8.self)
            guard let size = Int(line, radix: 16), String(size, radix: 16) == line else {
                return .violation("an odd chunk")
            }
            if size == 0 { return readTrailers(rest) }
            rest = Data(rest[end.upperBound...])
            guard rest.count >= size + 2 else { return .incomplete }
            guard rest[rest.startIndex + size] == 0x0D, rest[rest.startIndex + size + 1] == 0x0A else {
                return .violation("a chunk without its end")
            }
            content += rest.prefix(size)
            rest = Data(rest.dropFirst(size + 2))
        }
    }

    /// - Parameter bytes: begins with the line of the last chunk.
    private mutating func readTrailers(_ bytes: Data) -> Reading {
        guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else { return .incomplete }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        guard let fields = Self.fields(in: lines.dropFirst()) else { return .violation("an odd trailer") }
        trailers = fields
        return .whole(self, rest: Data(bytes[end.upperBound...]))
    }
}
