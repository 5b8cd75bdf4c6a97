import TestSupport

/// A request as an upstream received it.
struct SeenRequest: Sendable {
    /// Start line and fields, each with its CRLF; the empty line too.
    let head: String
    /// Without chunk framing.
    let body: [UInt8]
    /// The number of the upstream's connection, from 0.
    let connection: Int

    var line: String { String(head.prefix { $0 != "\r\n" }) }
    var method: String { String(line.prefix { $0 != " " }) }

    /// The values of a field, in order.
    func values(of name: String) -> [String] { RawHead.values(of: name, in: head) }
}

/// Parses heads without the product's code.
enum RawHead {
    static func values(of name: String, in head: String) -> [String] {
        // A CRLF is one Character.
        head.split(separator: "\r\n").dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { return nil }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
    }
}

extension RawSocket {
    /// The announced content of a head, without framing.
    func receiveContent(after head: String) throws(RawSocketError) -> [UInt8] {
        if RawHead.values(of: "transfer-encoding", in: head) == ["chunked"] {
            var body: [UInt8] = []
            while true {
                let line = try receive(until: "\r\n")
                guard let size = Int(line.dropLast(1), radix: 16) else { throw .malformed(line) }
                body += try receive(count: size)
                let end = try receive(until: "\r\n")
                guard end == "\r\n" else { throw .malformed(end) }
                if size == 0 { return body }
            }
        }
        guard let length = RawHead.values(of: "content-length", in: head).first else { return [] }
        guard let count = Int(length) else { throw .malformed(length) }
        return try receive(count: count)
    }
}
