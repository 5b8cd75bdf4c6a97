/// Every known smuggling attempt, with its one expected result.
extension SmugglingCase {
    private static let counted: Outcome = .served(["POST /post", "host: a", "content-length: 5"], content: "abcde")
    private static let chunked: Outcome = .served(
        ["POST /post", "host: a", "transfer-encoding: chunked"], content: "abcde")
    private static let chunkedBody = "5\nabcde\n0\n\n"

    static let lengths: [SmugglingCase] = [
        .post("Content-Length: 5", counted),
        .post("content-length:5", counted),
        .post("Content-Length: \t5 \t", counted),
        .post("Content-Length: 005", counted),
        .post("Content-Length: 5\nTransfer-Encoding: chunked", .refused(400), body: "0\n\n" + hidden),
        .post("Transfer-Encoding: chunked\nContent-Length: 5", .refused(400), body: "0\n\n" + hidden),
        .post("Content-Length: 5\nContent-Length: 5", .refused(400)),
        .post("Content-Length: 5\nContent-Length: 6", .refused(400)),
        .post("Content-Length: 0\nContent-Length: 52", .refused(400), body: hidden),
        .post("Content-Length: 5, 5", .refused(400)),
        .post("Content-Length: 5,6", .refused(400)),
        .post("Content-Length: +5", .refused(400)),
        .post("Content-Length: -5", .refused(400)),
        .post("Content-Length: 0x5", .refused(400)),
        .post("Content-Length: 5e0", .refused(400)),
        .post("Content-Length: 5\u{B}", .refused(400)),
        .post("Content-Length: 5 6", .refused(400)),
        .post("Content-Length:", .refused(400)),
        .post("Content-Length: 9223372036854775808", .refused(413)),
        .post("Content-Length: 18446744073709551621", .refused(413)),
        .post("Content-Length : 5", .refused(400)),
        .post("Content-Length\t: 5", .refused(400)),
        .post("Content-Length\u{B}: 5", .refused(400)),
        .post("Content_Length: 5", .refused(400)),
        .post("Content-Length: 0\n\u{20}52", .refused(400), body: hidden),
        .post("X: y\n\u{20}Content-Length: 52", .refused(400), body: hidden),
        .post("\u{20}Content-Length: 5", .refused(400)),
        .post("X: y\rContent-Length: 52", .refused(400), body: hidden),
        .post(
            "Connection: Content-Length\nContent-Length: 52",
            .served(
                ["POST /post", "host: a", "content-length: 52"], content: wire(hidden)), body: hidden),
    ]

    static let codings: [SmugglingCase] = [
        .post("Transfer-Encoding: chunked", chunked, body: chunkedBody),
        .post("transfer-encoding:\tCHUNKED\t", chunked, body: chunkedBody),
        .post("Transfer-Encoding: xchunked", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: chunkedx", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: chunked, identity", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: identity, chunked", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: gzip, chunked", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: identity", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: chunked,", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: ,chunked", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: chunked;q=1", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: \"chunked\"", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: chun ked", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding:", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: chunked\nTransfer-Encoding: chunked", .refused(400), body: chunkedBody),
        .post("Transfer-Encoding: chunked\nTransfer-Encoding: identity", .refused(400), body: chunkedBody),
        .post("Transfer-Encoding: identity\nTransfer-Encoding: chunked", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding : chunked", .refused(400), body: chunkedBody),
        .post("Transfer-Encoding\t: chunked", .refused(400), body: chunkedBody),
        .post("Transfer-Encoding:\n chunked", .refused(501), body: chunkedBody),
        .post("Transfer-Encoding: \u{B}chunked", .refused(400), body: chunkedBody),
        .post("Transfer-Encoding: chunked\u{C}", .refused(400), body: chunkedBody),
        .post("Transfer-Encoding: \u{0}chunked", .refused(400), body: chunkedBody),
        .post("Transfer-Encoding\u{0}: chunked", .refused(400), body: chunkedBody),
        .post("\u{20}Transfer-Encoding: chunked", .refused(400), body: chunkedBody),
        .post("X: y\rTransfer-Encoding: chunked", .refused(400), body: chunkedBody),
        .post("Transfer_Encoding: chunked", .refused(400), body: chunkedBody),
        .post("Transfer-Encoding: chun\u{212A}ed", .refused(501), body: chunkedBody),
        SmugglingCase(
            "HTTP/1.0 with Transfer-Encoding",
            "POST /post HTTP/1.0\nHost: a\nConnection: keep-alive\nTransfer-Encoding: chunked\n\n0\n\n" + hidden,
            .refused(400)),
        // Although nominated, the transfer coding still counts.
        .post("Connection: Transfer-Encoding\nTransfer-Encoding: chunked", chunked, body: chunkedBody),
    ]

    static let chunkBodies: [SmugglingCase] = {
        let taken: Outcome = .served(["POST /chunks", "host: a", "transfer-encoding: chunked"], content: "abcde")
        return [
            .chunks("5\nabcde\n0\n\n", taken),
            .chunks("0000000000000005\nabcde\n000\n\n", taken),
            .chunks("2;x=y\nab\n3;z\ncde\n0;last\n\n", taken),
            .chunks(
                "5\nabcde\n0\nContent-Length: 52\nTransfer-Encoding: x\nHost: b\nX: y\nUnderstudy-Epoch: 9\n"
                    + "X-Forwarded-For: 6.6.6.6\nX_Forwarded_For: 6.6.6.6\nAuthorization: x\nProxy: x\nCookie: a=b\n\n",
                .served(
                    ["POST /chunks", "host: a", "transfer-encoding: chunked"], content: "abcde", trailers: ["X: y"])),
            .chunks("5;a=\"\\\"0\"\nabcde\n0\n\n", taken),
            // An end inside a quoted string, or behind half a line end.
            .chunks("5;a=\"\n0\n\n" + hidden, .refused(400)),
            .chunks("5;\nabcde\n0\n\n", .refused(400)),
            .chunks("5;a\u{B}\nabcde\n0\n\n", .refused(400)),
            SmugglingCase("LF behind an extension", exactly: chunkedHead + "5;a\nabcde\r\n0\r\n\r\n", .refused(400)),
            SmugglingCase(
                "CR inside an extension", exactly: chunkedHead + "5;a\rb\r\nabcde\r\n0\r\n\r\n", .refused(400)),
            SmugglingCase("LF behind a size", exactly: chunkedHead + "5\nabcde\r\n0\r\n\r\n", .refused(400)),
            SmugglingCase("CR behind a size", exactly: chunkedHead + "5\rabcde\r\n0\r\n\r\n", .refused(400)),
            SmugglingCase("LF behind a chunk", exactly: chunkedHead + "5\r\nabcde\n0\r\n\r\n", .refused(400)),
            SmugglingCase("two bytes behind a chunk", exactly: chunkedHead + "5\r\nabcdeXX0\r\n\r\n", .refused(400)),
            SmugglingCase("LF for the last line end", exactly: chunkedHead + "0\r\n\n", .refused(400)),
            .chunks("5\nabcdef\n0\n\n", .refused(400)),
            .chunks("6\nabcde\n0\n\n", .refused(400)),
            .chunks("\n5\nabcde\n0\n\n", .refused(400)),
            .chunks(" 5\nabcde\n0\n\n", .refused(400)),
            .chunks("5 \nabcde\n0\n\n", .refused(400)),
            .chunks("+5\nabcde\n0\n\n", .refused(400)),
            .chunks("-5\nabcde\n0\n\n", .refused(400)),
            .chunks("0x5\nabcde\n0\n\n", .refused(400)),
            .chunks("5,5\nabcde\n0\n\n", .refused(400)),
            .chunks("g\nabcde\n0\n\n", .refused(400)),
            .chunks("00000000000000005\nabcde\n0\n\n", .refused(413)),
            .chunks("10000000000000005\nabcde\n0\n\n", .refused(413)),
            .chunks("8000000000000000\nabcde\n0\n\n", .refused(413)),
            .chunks("ffffffffffffffff\nabcde\n0\n\n", .refused(413)),
            .chunks("0\n" + hidden, .refused(400)),
            .chunks("0\nX : y\n\n", .refused(400)),
            .chunks("0\n X: y\n\n", .refused(400)),
            .chunks("0\nX: y\n z\n\n", .refused(400)),
            .chunks("0\nX: y\rz\n\n", .refused(400)),
            .chunks("0\nX: \u{0}\n\n", .refused(400)),
            .chunks(
                "0\n" + String(repeating: "X: \(String(repeating: "y", count: 90))\n", count: 100) + "\n", .refused(431)
            ),
            .chunks(
                String(repeating: "5;" + String(repeating: "a", count: 240) + "\nabcde\n", count: 80) + "0\n\n",
                .refused(400)),
        ]
    }()

    static let lineEnds: [SmugglingCase] = [
        SmugglingCase("LF everywhere", exactly: "GET / HTTP/1.1\nHost: a\n\n", .refused(400)),
        SmugglingCase("LF behind the start line", exactly: "GET / HTTP/1.1\nHost: a\r\n\r\n", .refused(400)),
        SmugglingCase("LF behind a field", exactly: "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", .refused(400)),
        SmugglingCase("LF for the empty line", exactly: "GET / HTTP/1.1\r\nHost: a\r\n\n", .refused(400)),
        SmugglingCase("CR behind the start line", exactly: "GET / HTTP/1.1\rHost: a\r\n\r\n", .refused(400)),
        SmugglingCase("CR in a value", exactly: "GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n", .refused(400)),
        SmugglingCase("CR before CRLF", exactly: "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\r\n\r\n", .refused(400)),
        SmugglingCase("NUL in a value", exactly: "GET / HTTP/1.1\r\nHost: a\r\nX: y\u{0}z\r\n\r\n", .refused(400)),
        SmugglingCase("NUL in a name", exactly: "GET / HTTP/1.1\r\nHost: a\r\nX\u{0}: y\r\n\r\n", .refused(400)),
        SmugglingCase("NUL in the target", exactly: "GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        SmugglingCase("DEL in a value", exactly: "GET / HTTP/1.1\r\nHost: a\r\nX: \u{7F}\r\n\r\n", .refused(400)),
        SmugglingCase(
            "a byte above ASCII in a name",
            bytes: Array("GET / HTTP/1.1\r\nHost: a\r\nX".utf8) + [0xE9]
                + Array(": y\r\n\r\n".utf8), .refused(400)),
        SmugglingCase("a name without a colon", "GET / HTTP/1.1\nHost: a\nX\n\n", .refused(400)),
        SmugglingCase("an empty name", "GET / HTTP/1.1\nHost: a\n: y\n\n", .refused(400)),
        SmugglingCase("a folded value", "GET / HTTP/1.1\nHost: a\nX: y\n z\n\n", .refused(400)),
        SmugglingCase("a folded value, by a tab", "GET / HTTP/1.1\nHost: a\nX: y\n\tz\n\n", .refused(400)),
        SmugglingCase("an empty line first", "\nGET /get HTTP/1.1\nHost: a\n\n", .served(["GET /get", "host: a"])),
        SmugglingCase("two empty lines first", "\n\nGET / HTTP/1.1\nHost: a\n\n", .refused(400)),
    ]

    private static let chunkedHead = "POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// `\n` as CRLF, as sent.
    private static func wire(_ text: String) -> String { text.replacing("\n", with: "\r\n") }
}
