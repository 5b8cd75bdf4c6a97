import Foundation

/// Bytes of a client that another parser could read as a different request.
struct SmugglingCase: Sendable {
    enum Outcome: Sendable {
        /// This status and the end of the connection. The application sees no complete request.
        case refused(Int)
        /// 200, and the application sees exactly this: method and target, then the fields in any order, without the
        /// proxy's fields for every request.
        case served([String], content: String = "", trailers: [String] = [])
    }

    var name: String
    var bytes: Data
    var outcome: Outcome

    /// - Parameter text: a client's bytes, with `\n` for CRLF.
    init(_ name: String, _ text: String, _ outcome: Outcome) {
        self.init(name, exactly: text.replacing("\n", with: "\r\n"), outcome)
    }

    init(_ name: String, exactly text: String, _ outcome: Outcome) {
        self.init(name, bytes: Array(text.utf8), outcome)
    }

    init(_ name: String, bytes: [UInt8], _ outcome: Outcome) {
        self.name = name
        self.bytes = Data(bytes)
        self.outcome = outcome
    }

    /// A POST of `abcde` with these field lines.
    static func post(_ lines: String, _ outcome: Outcome, body: String = "abcde") -> Self {
        Self(lines.debugDescription, "POST /post HTTP/1.1\nHost: a\n\(lines)\n\n\(body)", outcome)
    }

    /// A chunked POST with this body.
    static func chunks(_ body: String, _ outcome: Outcome) -> Self {
        Self(body.debugDescription, "POST /chunks HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n\(body)", outcome)
    }

    /// A GET with these field lines.
    static func get(_ lines: String, _ outcome: Outcome) -> Self {
        Self(lines.debugDescription, "GET /get HTTP/1.1\nHost: a\n\(lines)\n\n", outcome)
    }

    /// A request with this start line.
    static func line(_ line: String, _ outcome: Outcome) -> Self {
        Self(line.debugDescription, "\(line)\nHost: a\n\n", outcome)
    }

    /// A second request, which only a fooled parser sees.
    static let hidden = "GET /smuggled HTTP/1.1\nHost: a\nX-Smuggled: yes\n\n"
}
