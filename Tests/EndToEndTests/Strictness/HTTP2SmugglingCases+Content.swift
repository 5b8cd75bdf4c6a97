import TestSupport

/// Content of a wrong length, bytes after it, and tunnel requests.
extension HTTP2SmugglingCase {
    private static let hidden = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n"
    private static let hiddenLength = "\(hidden.utf8.count)"
    private static let counted: Outcome = .served(["POST /case", "host: a", "content-length: 5"], content: "abcde")
    private static let chunked = ["POST /case", "host: a", "transfer-encoding: chunked"]

    private static func length(_ value: String) -> (String, String) { ("content-length", value) }

    static let lengths: [HTTP2SmugglingCase] = [
        .post([length("5")], counted),
        .post([length("5")], data: ["ab", "cde"], counted),
        .post([length("5")], data: ["", "abcde", ""], counted),
        .post([], .served(chunked, content: "abcde")),
        .post([], data: ["ab", "cde"], .served(chunked, content: "abcde")),
        .post([], data: [""], .served(chunked)),
        .post([length("6")], .reset),
        .post([length("4")], .reset),
        .post([length("0")], data: [hidden], .reset),
        .post([length("5")], data: ["abcde" + hidden], .reset),
        .post([length("5")], data: ["abcde", hidden], .reset),
        .post([length("5")], data: [""], .reset),
        .init("a length and no content", head("POST", with: [length("5")]), .reset),
        .init("a GET's length and no content", head(with: [length(hiddenLength)]), .reset),
        .post([length("5"), length("5")], .reset),
        .post([length("5"), length("6")], .reset),
        .post([length("5"), length("0")], data: [hidden], .reset),
        .post([length("5, 5")], .reset),
        .post([length("+5")], .reset),
        .post([length("-5")], .reset),
        .post([length("0x5")], .reset),
        .post([length(" 5")], .refused(400)),
        .post([length("5 ")], .refused(400)),
        .post([length("5\r\nx-smuggled: yes")], .refused(400)),
        .post([length("")], .reset),
        .post([length("five")], .reset),
        .post([length("9223372036854775808")], .reset),
        .post([length("18446744073709551621")], .reset),
        .post([length("005")], counted),
        .post([length("5"), ("transfer-encoding", "chunked")], .reset),
        .post([("transfer-encoding", "chunked")], data: ["0\r\n\r\n" + hidden], .reset),
        .post([("content_length", "5")], .refused(400)),
        .init(
            "an empty POST", head("POST"), .served(["POST /case", "host: a", "content-length: 0"])),
        // Bytes that look like chunks or like a request are content.
        .post([], data: ["0\r\n\r\n" + hidden], .served(chunked, content: "0\r\n\r\n" + hidden)),
        .post([], data: ["5\r\nabcde\r\n0\r\n\r\n"], .served(chunked, content: "5\r\nabcde\r\n0\r\n\r\n")),
        .post(
            [length(hiddenLength)], data: [hidden],
            .served(["POST /case", "host: a", "content-length: \(hiddenLength)"], content: hidden)),
        .init(
            "a request in a GET's content", head(), data: [hidden],
            .served(["GET /case", "host: a", "transfer-encoding: chunked"], content: hidden)),
        .init(
            "a request in a HEAD's content", head("HEAD", with: [length(hiddenLength)]), data: [hidden],
            .served(["HEAD /case", "host: a", "content-length: \(hiddenLength)"], content: hidden)),
        // The trailers would end the content before its announced length.
        .post([length("6")], trailers: [("x", "y")], .reset),
        .post(
            [length("5")], trailers: [("x", "y")],
            .served(["POST /case", "host: a", "content-length: 5"], content: "abcde", trailers: ["x: y"])),
    ]

    static let trailers: [HTTP2SmugglingCase] =
        [
            ("content_length", "52"), ("host", "b"), ("trailer", "x"), ("authorization", "x"), ("cookie", "a=b"),
            ("understudy-epoch", "9"), ("x-forwarded-for", "6.6.6.6"), ("x_forwarded_for", "6.6.6.6"), ("proxy", "x"),
            ("expect", "100-continue"), ("content-encoding", "gzip"),
        ].map { field in
            .post([], trailers: [field, ("x", "y")], .served(chunked, content: "abcde", trailers: ["x: y"]))
        }
        + [
            ("transfer-encoding", "chunked"), ("connection", "close"), ("keep-alive", "x"), ("upgrade", "h2c"),
            ("te", "gzip"), (":path", "/smuggled"), (":method", "GET"), (":x", "y"), ("X", "y"), ("x y", "z"),
            ("x:y", "z"), ("x\r\nx-smuggled", "z"), ("x", "y\r\nx-smuggled: yes"), ("x", "y\0"),
            ("x", "y\r\n\r\n" + hidden), ("content-length", "52"),
        ].map { field in .post([], trailers: [field], .reset) }

    /// CONNECT requests a tunnel. The application accepts none.
    static let tunnels: [HTTP2SmugglingCase] = [
        .init("CONNECT", [(":method", "CONNECT"), (":authority", "a:443")], .refused(501)),
        .init(
            "CONNECT with content", [(":method", "CONNECT"), (":authority", "a:443")], data: [hidden], .refused(501)),
        .init("CONNECT with a path", head("CONNECT", authority: "a:443"), .reset),
        .init("a protocol without CONNECT", [(":protocol", "websocket")] + head(), data: [hidden], .reset),
        .init("an unknown protocol", extended("h2c"), data: [hidden], .refused(501)),
        .init("an empty protocol", extended(""), data: [hidden], .reset),
        .init("a line in the protocol", extended("websocket\r\nx-smuggled: yes"), data: [hidden], .reset),
        .init("two protocols", [(":protocol", "h2c")] + extended("websocket"), data: [hidden], .reset),
        .init("no path", [(":protocol", "websocket")] + head("CONNECT", nil), data: [hidden], .reset),
        .init("no scheme", [(":protocol", "websocket")] + head("CONNECT", scheme: nil), data: [hidden], .reset),
        .init("a tunnel that ends at once", extended("websocket"), .refused(400)),
        .init(
            "a length of a tunnel", extended("websocket", [length(hiddenLength)]), data: [hidden], .refused(400)),
        .init("an upgrade of a tunnel", extended("websocket", [("upgrade", "h2c")]), data: [hidden], .reset),
        .init(
            "a coding of a tunnel", extended("websocket", [("transfer-encoding", "chunked")]), data: [hidden], .reset),
    ]

    static func extended(_ name: String, _ fields: Block = []) -> Block {
        [(":protocol", name)] + head("CONNECT", with: fields)
    }

    /// Frames in a wrong order, which end the connection. Before each a request is served.
    static let disorder: [(String, [HTTP2Frame])] = [
        ("a frame within a head", [part, .data(3, Array(hidden.utf8), isEnd: true), continued]),
        ("another head within a head", [part, .headers(5, head("GET", "/smuggled"))]),
        ("another stream's continuation", [part, HTTP2Frame(continued.kind, flags: 4, stream: 5, continued.payload)]),
        ("a continuation of nothing", [continued]),
        ("a head on stream 0", [.headers(0, head("GET", "/smuggled"))]),
        ("content on stream 0", [.data(0, Array(hidden.utf8))]),
        ("a server's stream", [.headers(2, head("GET", "/smuggled"))]),
        ("content of a stream that nobody opened", [.data(3, Array(hidden.utf8), isEnd: true)]),
        ("content behind the end", [.headers(3, head("GET", "/x")), .data(3, Array(hidden.utf8), isEnd: true)]),
        ("a block that can't be unfolded", [HTTP2Frame(HTTP2Frame.Kind.headers, flags: 5, stream: 3, [0xFF, 0xFF])]),
        ("a stream that was passed over", [.headers(5, head("GET", "/x")), .headers(3, head("GET", "/smuggled"))]),
        ("a name from beyond the table", [HTTP2Frame(HTTP2Frame.Kind.headers, flags: 5, stream: 3, [0xFE])]),
    ]

    /// Frames that are harmless or late, and have no effect (RFC 9113 5.1, 5.5).
    static let ignored: [(String, [HTTP2Frame])] = [
        ("a frame of HTTP/1.1", [HTTP2Frame(0x47, flags: 0x54, stream: 0x2F73_6D75, Array(hidden.utf8))])
    ]

    private static let part = HTTP2Frame.headers(3, head("GET", "/smuggled"), isWhole: false)
    private static let continued = HTTP2Frame(
        HTTP2Frame.Kind.continuation, flags: HTTP2Frame.endHeaders, stream: 3, HTTP2Frame.block([("x", "y")]))

    /// A head in fragments is the same head.
    static let pieces: HTTP2SmugglingCase = {
        let block = HTTP2Frame.block(head("GET", "/pieces", with: [("x", "y")]))
        let size = (block.count + 7) / 8
        let pieces = stride(from: 0, to: block.count, by: size).map { Array(block[$0..<min($0 + size, block.count)]) }
        let frames = pieces.enumerated().map { index, piece in
            HTTP2Frame(
                index == 0 ? HTTP2Frame.Kind.headers : HTTP2Frame.Kind.continuation,
                flags: (index == 0 ? 1 : 0) | (index == pieces.count - 1 ? HTTP2Frame.endHeaders : 0), stream: 1, piece)
        }
        return HTTP2SmugglingCase(
            "a head in eight pieces", frames: frames, .served(["GET /pieces", "host: a", "x: y"]))
    }()
}
