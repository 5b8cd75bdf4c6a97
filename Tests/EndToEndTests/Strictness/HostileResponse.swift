import Foundation

/// A response of a broken or hostile application, and the expected result at the client.
struct HostileResponse: Sendable {
    enum Outcome: Sendable {
        /// 502, and the client's connection continues.
        case refused
        /// The response begins and then breaks off, so that the client can detect it; or it is a 502.
        case broken(String)
        /// This status and content, complete.
        case passed(Int, String)
    }

    var name: String
    var bytes: Data
    var closes: Bool
    var method: String
    var outcome: Outcome

    /// - Parameters:
    ///   - text: `\n` stands for CRLF.
    ///   - closes: the application closes the connection after it.
    init(_ name: String, _ text: String, closes: Bool = false, method: String = "GET", _ outcome: Outcome) {
        self.init(name, exactly: text.replacing("\n", with: "\r\n"), closes: closes, method: method, outcome)
    }

    init(_ name: String, exactly text: String, closes: Bool = false, method: String = "GET", _ outcome: Outcome) {
        self.name = name
        self.bytes = Data(text.utf8)
        self.closes = closes
        self.method = method
        self.outcome = outcome
    }

    /// A 200 with these field lines.
    static func fields(_ lines: String, _ outcome: Outcome, body: String = "ok") -> Self {
        Self(lines.debugDescription, "HTTP/1.1 200 OK\n\(lines)\n\n\(body)", outcome)
    }

    /// A chunked 200 with this body.
    static func chunks(_ body: String, closes: Bool = false, _ outcome: Outcome) -> Self {
        Self(body.debugDescription, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n\(body)", closes: closes, outcome)
    }

    private static let hidden = "HTTP/1.1 200 OK\nContent-Length: 8\n\nsmuggled"

    static let heads: [HostileResponse] = [
        .fields("Content-Length: 2\nTransfer-Encoding: chunked", .refused),
        .fields("Transfer-Encoding: chunked\nContent-Length: 2", .refused, body: "0\n\n" + hidden),
        .fields("Content-Length: 2\nContent-Length: 2", .refused),
        .fields("Content-Length: 2\nContent-Length: 3", .refused),
        .fields("Content-Length: 2, 2", .refused),
        .fields("Content-Length: -2", .refused),
        .fields("Content-Length: 0x2", .refused),
        .fields("Content-Length: 18446744073709551618", .refused),
        .fields("Transfer-Encoding: gzip", .refused),
        .fields("Transfer-Encoding: chunked, gzip", .refused),
        .fields("Transfer-Encoding: chunked\nTransfer-Encoding: chunked", .refused, body: "0\n\n"),
        .fields("Content-Length: 2\nX: y\n z", .refused),
        .fields("Content-Length: 2\nX : y", .refused),
        .fields("Content-Length: 2\n: y", .refused),
        .fields("Content-Length: 2\nX", .refused),
        .fields("Content-Length: 2\nX: \u{0}", .refused),
        .fields("Content-Length: 2\nX: y\rSet-Cookie: evil", .refused),
        HostileResponse("LF", exactly: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", .refused),
        HostileResponse("LF in a value", exactly: "HTTP/1.1 200 OK\r\nX: y\nContent-Length: 2\r\n\r\nok", .refused),
        HostileResponse("HTTP/1.0 in chunks", "HTTP/1.0 200 OK\nTransfer-Encoding: chunked\n\n0\n\n", .refused),
        HostileResponse("HTTP/2", "HTTP/2 200\nContent-Length: 2\n\nok", .refused),
        HostileResponse("ICY", "ICY 200 OK\nContent-Length: 2\n\nok", .refused),
        HostileResponse("no version", "200 OK\nContent-Length: 2\n\nok", .refused),
        HostileResponse("status 99", "HTTP/1.1 99 Low\nContent-Length: 2\n\nok", .refused),
        HostileResponse("status 2000", "HTTP/1.1 2000 High\nContent-Length: 2\n\nok", .refused),
        HostileResponse("status 20x", "HTTP/1.1 20x OK\nContent-Length: 2\n\nok", .refused),
        HostileResponse("an empty line first", "\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok", .refused),
        HostileResponse("another protocol", "SSH-2.0-OpenSSH_9.2\n", .refused),
        HostileResponse(
            "101 unasked", "HTTP/1.1 101 Switching Protocols\nUpgrade: x\nConnection: upgrade\n\nraw", .refused),
        HostileResponse("an endless field", "HTTP/1.1 200 OK\nX: " + String(repeating: "y", count: 40_000), .refused),
        HostileResponse(
            "endless fields", "HTTP/1.1 200 OK\n" + String(repeating: "X: y\n", count: 101) + "\n", .refused),
        HostileResponse(
            "endless interim responses", String(repeating: "HTTP/1.1 102 Processing\n\n", count: 20_000), .refused),
        HostileResponse("interim responses and an end", "HTTP/1.1 103 Early Hints\n\n", closes: true, .refused),
        HostileResponse("nothing", "", closes: true, .refused),
        HostileResponse("half a head", "HTTP/1.1 200 OK\nContent-Le", closes: true, .refused),
    ]

    static let contents: [HostileResponse] = [
        HostileResponse("content cut", "HTTP/1.1 200 OK\nContent-Length: 20\n\ncut", closes: true, .broken("cut")),
        .chunks("3\nabc\n", closes: true, .broken("abc")),
        .chunks("3\nabc\n0\n", closes: true, .broken("abc")),
        .chunks("3\nabc\nzz\n", .broken("abc")),
        .chunks("3\nabcd\n0\n\n", .broken("abc")),
        .chunks("3\nabc\n8000000000000000\n", .broken("abc")),
        .chunks("3\nabc\n0;\n\n", .broken("abc")),
        .chunks("3\nabc\n0\nX : y\n\n", .broken("abc")),
        .chunks("3\nabc\n0\nX: \u{0}\n\n", .broken("abc")),
        .chunks("3\nabc\n0\n" + String(repeating: "X: y\n", count: 101) + "\n", .broken("abc")),
        .chunks("3;a=b\nabc\n0\nSet-Cookie: evil\nContent-Length: 9\n\n", .passed(200, "abc")),
        .chunks("3\nabc\n0\n\n" + hidden, .passed(200, "abc")),
        HostileResponse("a second response", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok" + hidden, .passed(200, "ok")),
        HostileResponse("content in a 204", "HTTP/1.1 204 No Content\nContent-Length: 8\n\nsmuggled", .passed(204, "")),
        HostileResponse(
            "a response in a 304", "HTTP/1.1 304 Not Modified\nContent-Length: 50\n\n" + hidden, .passed(304, "")),
        HostileResponse(
            "a response in a HEAD's", "HTTP/1.1 200 OK\nContent-Length: 50\n\n" + hidden, method: "HEAD",
            .passed(200, "")),
        HostileResponse(
            "until the end", "HTTP/1.1 200 OK\n\n" + "to the end", closes: true, .passed(200, "to the end")),
        HostileResponse("HTTP/1.0", "HTTP/1.0 200 OK\n\n" + "to the end", closes: true, .passed(200, "to the end")),
        HostileResponse("no reason", "HTTP/1.1 200\nContent-Length: 2\n\nok", .passed(200, "ok")),
        HostileResponse(
            "our own fields", "HTTP/1.1 409 Conflict\nUnderstudy-Fenced: 4000000000\nContent-Length: 2\n\nno",
            .passed(409, "no")),
        HostileResponse(
            "hop-by-hop fields",
            "HTTP/1.1 200 OK\nConnection: X-Secret, keep-alive\nX-Secret: 1\nKeep-Alive: timeout=9\nUpgrade: h2c\n"
                + "Proxy-Authenticate: Basic\nContent-Length: 2\n\nok", .passed(200, "ok")),
    ]
}
