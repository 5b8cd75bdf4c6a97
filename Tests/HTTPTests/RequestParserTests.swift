import HTTP
import Testing

/// The requests that the parser accepts, and its results for them.
@Suite struct RequestParserTests {
    static let accepted: [Sample] = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "M-SEARCH /a HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /with_\"quotes\"?a=|{}<>^`\\ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET ///a//b?c=http://d/?e HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET HTTP://a:80/ HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX:\r\nY:   \r\nZ: \t a \t b \t \r\n!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: caf\u{e9} \u{1f600} \u{80}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: ,, close ,\t, x,\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 00005\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n",
    ].map { Sample($0.debugDescription, $0) }

    static let hosts = [
        "a", "localhost:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:443", "[2001:db8::192.0.2.1]", "a:", "a:0",
        "a:65535", "0.0.0.0=5000", "a_b~c!$&'()*+,;=", "%41bc", "xn--bcher-kva.example.", "A.Example",
    ]

    @Test(arguments: accepted)
    func accepts(_ sample: Sample) {
        let (conversation, difference) = Conversation.fedEveryWay(.client, sample.input)
        #expect(conversation.ending == .clean)
        #expect(!conversation.messages.isEmpty)
        #expect(conversation.complete.count == conversation.messages.count)
        #expect(difference == nil)
    }

    @Test(arguments: hosts)
    func acceptsHost(_ host: String) throws {
        let message = try parse("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(message.authority == host)
        let absolute = try parse("GET http://\(host)/ HTTP/1.1\r\nHost: other\r\n\r\n")
        #expect(absolute.authority == host)
    }

    struct Target: Sendable {
        var line: String
        var path: String
        var authority: String
        var sent: String
    }

    @Test(arguments: [
        Target(line: "GET /x?y=z", path: "/x?y=z", authority: "h:1", sent: "/x?y=z"),
        Target(line: "GET //x", path: "//x", authority: "h:1", sent: "//x"),
        Target(line: "OPTIONS *", path: "", authority: "h:1", sent: "*"),
        Target(line: "OPTIONS http://b", path: "", authority: "b", sent: "*"),
        Target(line: "OPTIONS http://b/", path: "/", authority: "b", sent: "/"),
        Target(line: "GET http://b:2", path: "", authority: "b:2", sent: "/"),
        Target(line: "GET https://b:2?q=/", path: "?q=/", authority: "b:2", sent: "/?q=/"),
        Target(line: "GET HtTpS://[::1]:2/p?q", path: "/p?q", authority: "[::1]:2", sent: "/p?q"),
    ])
    func takesTargetsApart(_ target: Target) throws {
        let input = Array("\(target.line) HTTP/1.1\r\nHost: h:1\r\n\r\n".utf8)
        let message = try #require(Conversation(.client, input).messages.first)
        #expect(message.path == target.path)
        #expect(message.authority == target.authority)
        var head = RequestHead()
        var parser = RequestParser()
        var out = ByteBuffer()
        input.withUnsafeBufferPointer {
            _ = parser.parse($0, into: &head)
            out.appendTarget(of: head, in: $0)
        }
        #expect(text(out) == target.sent)
    }

    @Test(arguments: [
        ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: x, CLOSE\r\n", false),
        ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", false), ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true), ("1.0", "Connection: keep-alive, close\r\n", false),
        ("1.1", "Connection: closed\r\n", true), ("1.1", "Proxy-Connection: close\r\n", true),
    ])
    func knowsPersistence(_ version: String, _ lines: String, _ isPersistent: Bool) throws {
        let message = try parse("GET / HTTP/\(version)\r\nHost: a\r\n\(lines)\r\n")
        #expect(message.isPersistent == isPersistent)
        #expect(message.minorVersion == (version == "1.1" ? 1 : 0))
    }

    @Test(arguments: [
        ("1.1", "Expect: 100-continue\r\nContent-Length: 5\r\n", true),
        ("1.1", "Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", true),
        ("1.1", "Expect: 100-continue\r\nContent-Length: 0\r\n", false), ("1.1", "Expect: 100-continue\r\n", false),
        ("1.0", "Expect: 100-continue\r\nContent-Length: 5\r\n", false), ("1.1", "Content-Length: 5\r\n", false),
    ])
    func knowsExpectation(_ version: String, _ lines: String, _ expects: Bool) throws {
        let message = try parse("POST / HTTP/\(version)\r\nHost: a\r\n\(lines)\r\n")
        #expect(message.expectsContinue == expects)
    }

    static let webSocket = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: x==\r\n"

    @Test(arguments: [
        ("GET", "1.1", webSocket, true), ("POST", "1.1", webSocket, false), ("GET", "1.0", webSocket, false),
        ("GET", "1.2", webSocket, true), ("GET", "1.1", webSocket + "Content-Length: 0\r\n", true),
        ("GET", "1.1", "Content-Length: 00\r\n" + webSocket, true),
        ("GET", "1.1", webSocket + "Content-Length: 3\r\n", false),
        ("GET", "1.1", webSocket + "Transfer-Encoding: chunked\r\n", false),
        ("GET", "1.1", webSocket + "Upgrade: h2c\r\n", false),
        ("GET", "1.1", webSocket + "Upgrade: websocket\r\n", false),
        ("GET", "1.1", webSocket + "Sec-WebSocket-Key: y\r\n", false),
        ("GET", "1.1", "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key:\r\n", false),
        ("GET", "1.1", "Connection: upgrade\r\nUpgrade: websocket\r\n", false),
        ("GET", "1.1", "Upgrade: websocket\r\nSec-WebSocket-Key: x==\r\n", false),
        ("GET", "1.1", "Connection: upgrade\r\nUpgrade: websocket, h2c\r\nSec-WebSocket-Key: x\r\n", false),
        ("GET", "1.1", "Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n", false),
    ])
    func knowsWebSocket(_ method: String, _ version: String, _ lines: String, _ upgrades: Bool) throws {
        let message = try parse("\(method) / HTTP/\(version)\r\nHost: a\r\n\(lines)\r\n")
        #expect(message.upgradesToWebSocket == upgrades)
    }

    /// RFC 9110 2.5: a higher minor version means what the highest known one means.
    @Test(arguments: ["1.1", "1.2", "1.9"]) func aLaterMinorVersionIsReadAsHTTP11(_ version: String) throws {
        let message = try parse("POST / HTTP/\(version)\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        #expect(message.minorVersion == 1 && message.isPersistent && message.framing == .chunked)
    }

    @Test func marksNominatedFieldsWhereverTheyStand() throws {
        let message = try parse(
            "GET / HTTP/1.1\r\nX-Before: 1\r\nHost: a\r\nConnection: x-AFTER, Host, close, x-before\r\nX-After: 1\r\n"
                + "X-Other: 1\r\nUnderstudy-Epoch: 3\r\nConnection: understudy-epoch, content-length, cookie\r\n"
                + "Content-Length: 0\r\nCookie: a\r\n\r\n")
        let dropped = message.fields.filter(\.isHopByHop).map(\.name)
        #expect(dropped == ["X-Before", "Connection", "X-After", "Connection", "Cookie"])
        #expect(!message.isPersistent)
    }

    @Test(arguments: [
        ("Connection: x", KnownField.connection, true), ("keep-alive: x", .keepAlive, true),
        ("Proxy-Connection: x", .proxyConnection, true), ("TE: trailers", .te, true), ("Trailer: x", .trailer, false),
        ("Upgrade: h2c", .upgrade, true), ("HTTP2-Settings: x", .http2Settings, true),
        ("Proxy-Authorization: x", .proxyAuthorization, true), ("Proxy-Authenticate: x", .proxyAuthenticate, true),
        ("Transfer-Encoding: chunked", .transferEncoding, true), ("Content-Length: 0", .contentLength, false),
        ("Expect: 100-continue", .expect, false), ("Forwarded: x", .forwarded, false),
        ("X-Forwarded-For: x", .xForwarded, false), ("x-forwarded-: x", .xForwarded, false),
        ("X_FORWARDED_PROTO: x", .xForwarded, false), ("X-Forwarded: x", .other, false),
        ("X-Real-IP: x", .xRealIP, false), ("x_real_ip: x", .xRealIP, false), ("X-Request-Id: x", .xRequestID, false),
        ("traceparent: x", .traceparent, false), ("Via: x", .via, false), ("Date: x", .date, false),
        ("Server: x", .server, false), ("Retry-After: x", .retryAfter, false), ("Content-Type: x", .contentType, false),
        ("Understudy-Epoch: x", .understudy, false), ("understudy_epoch: x", .understudy, false),
        ("Understudy: x", .other, false), ("Client-Cert: x", .clientCertificate, false),
        ("Client-Cert-Chain: x", .clientCertificate, false), ("X-Client-Cert: x", .clientCertificate, false),
        ("X-Client-Certificate: x", .clientCertificate, false), ("X-SSL-Client-Verify: x", .clientCertificate, false),
        ("SSL-Client-S-DN: x", .clientCertificate, false), ("SSL_CLIENT_CERT: x", .clientCertificate, false),
        ("X-Forwarded-Client-Cert: x", .clientCertificate, false), ("Sec-WebSocket-Key: x", .secWebSocketKey, false),
        ("Cookie: x", .cookie, false), ("Cookies: x", .other, false), ("Cooki: x", .other, false),
        ("T: x", .other, false),
        ("Content-Lengti: 1", .other, false), ("Dontent-Length: 1", .other, false), ("a: x", .other, false),
        ("Transfer-encodxng: x", .other, false), ("Transfex-encoding: x", .other, false), ("~ost: x", .other, false),
        ("X-Forwarded-Client-Cerz: x", .xForwarded, false), ("Proxy-authxrization: x", .other, false),
    ])
    func knowsFields(_ line: String, _ known: KnownField, _ isHopByHop: Bool) throws {
        let message = try parse("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n")
        #expect(message.fields.last?.known == known)
        #expect(message.fields.last?.isHopByHop == isHopByHop)
    }

    @Test(arguments: [
        ("GET", HTTP.Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete),
        ("OPTIONS", .options), ("TRACE", .trace), ("PATCH", .patch), ("PROPFIND", .other), ("GETS", .other),
        ("AAAAAGET", .other), ("AAAAAAAAAAGET", .other), ("AOPTIONS", .other), ("M-SEARCH", .other), ("X_1", .other),
    ])
    func knowsMethods(_ name: String, _ method: HTTP.Method) throws {
        let message = try parse("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(message.method == method)
        #expect(message.start[0] == name)
    }

    @Test func knowsIdempotentMethods() {
        #expect(Method.allCases.filter(\.isIdempotent) == [.get, .head, .put, .delete, .options, .trace])
    }

    /// Tries every byte in one position of a valid request. The test spells out the grammar's character classes.
    @Test func classifiesEveryByte() {
        let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        let digits = "0123456789"
        let token = Set((letters + digits + "!#$%&'*+-.^_`|~").utf8)
        let method = Set(("ABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits + "-_").utf8)
        let host = Set((letters + digits + "-._~!$&'()*+,;=" + ":").utf8)
        for byte in UInt8.min...UInt8.max {
            func takes(_ before: String, _ after: String) -> Bool {
                Conversation(.client, Array(before.utf8) + [byte] + Array(after.utf8)).ending == .clean
            }
            #expect(takes("GET / HTTP/1.1\r\nHost: a\r\nX", "Y: z\r\n\r\n") == (token.contains(byte) || byte == 0x3A))
            #expect(takes("A", "B / HTTP/1.1\r\nHost: a\r\n\r\n") == method.contains(byte))
            #expect(
                takes("GET / HTTP/1.1\r\nHost: a", "\r\n\r\n") == (host.contains(byte) || [0x09, 0x20].contains(byte)))
            let target = byte > 0x20 && byte < 0x7F && byte != 0x23
            #expect(takes("GET /", " HTTP/1.1\r\nHost: a\r\n\r\n") == target)
            #expect(takes("GET /0123456", "89abcdefgh HTTP/1.1\r\nHost: a\r\n\r\n") == target)
            let value = byte == 0x09 || (byte >= 0x20 && byte != 0x7F)
            #expect(takes("GET / HTTP/1.1\r\nHost: a\r\nX: a", "b\r\n\r\n") == value)
            #expect(takes("GET / HTTP/1.1\r\nHost: a\r\nX: 01234", "56789abcdefghijk\r\n\r\n") == value)
        }
    }

    @Test func knowsWhenARequestHasStarted() {
        var parser = RequestParser()
        var head = RequestHead()
        let input = Array("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        #expect(!parser.hasStarted)
        for count in 1...input.count {
            _ = input[..<count].withUnsafeBufferPointer { parser.parse($0, into: &head) }
            #expect(parser.hasStarted == (count > 2))
        }
        parser.reset()
        #expect(!parser.hasStarted)
    }

    @Test func repeatsItsVerdictUntilReset() {
        var parser = RequestParser()
        var head = RequestHead()
        let good = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        let bad = Array("GET / HTTP/1.1\r\nHost: a b\r\n".utf8)
        func parse(_ input: [UInt8]) -> ParseResult { input.withUnsafeBufferPointer { parser.parse($0, into: &head) } }
        #expect(parse(good) == .complete(headLength: good.count))
        #expect(parse(good) == .complete(headLength: good.count))
        parser.reset()
        #expect(parse(bad) == .failed(.invalidHost))
        #expect(parse(good) == .failed(.invalidHost))
        parser.reset()
        #expect(parse(good) == .complete(headLength: good.count))
        #expect(head.count == good.count)
    }

    @Test func keepsTheMemoryOfItsFields() {
        var parser = RequestParser()
        var head = RequestHead()
        let input = Array("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n".utf8)
        func address() -> UnsafeRawPointer? { head.fields.withUnsafeBytes { $0.baseAddress } }
        input.withUnsafeBufferPointer { bytes in
            _ = parser.parse(bytes, into: &head)
            let first = address()
            for _ in 0..<3 {
                parser.reset()
                _ = parser.parse(bytes, into: &head)
                #expect(head.fields.count == 3)
                #expect(address() == first)
            }
        }
    }

    private func parse(_ input: String) throws -> Conversation.Message {
        try #require(Conversation(.client, Array(input.utf8)).messages.first)
    }
}

/// The readable bytes as text.
func text(_ buffer: borrowing ByteBuffer) -> String { String(decoding: buffer.readable, as: UTF8.self) }
