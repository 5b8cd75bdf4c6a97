import HTTP
import HTTP2
import TestSupport
import Testing

/// The translation of a header block to a request, and its rejections.
@Suite struct RequestRuleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fields: [(String, String)]
        /// The event; nil if nghttp2 finds the request malformed and resets the stream.
        let event: String?
        var isEnd = true
    }

    private static func with(_ fields: (String, String)...) -> [(String, String)] {
        HTTP2Frame.request("GET", "/", fields)
    }

    private static func only(_ fields: (String, String)...) -> [(String, String)] { fields }

    private static func replacing(_ name: String, _ value: String?) -> [(String, String)] {
        HTTP2Frame.request().compactMap { $0.0 == name ? value.map { (name, $0) } : $0 }
    }

    private static func authority(_ authority: String, host: String, scheme: String) -> [(String, String)] {
        only((":method", "GET"), (":scheme", scheme), (":authority", authority), (":path", "/"), ("host", host))
    }

    private static let cases = [
        Case(
            testDescription: "cookies are joined", fields: with(("cookie", "a=b"), ("x", "y"), ("cookie", "c=d")),
            event: "request GET / test x=y cookie=a=b; c=d"),
        Case(testDescription: "one cookie", fields: with(("cookie", "a=b")), event: "request GET / test cookie=a=b"),
        Case(
            testDescription: "Host alone",
            fields: only(
                (":method", "GET"), (":scheme", "http"), (":path", "/"), ("host", "a:1")),
            event: "request GET / a:1 host=a:1"),
        Case(
            testDescription: "Host as :authority", fields: with(("host", "TEST")), event: "request GET / test host=TEST"
        ),
        Case(
            testDescription: "Host that differs", fields: with(("host", "other")),
            event: "refused hostDiffersFromAuthority"),
        Case(
            testDescription: "Host without the default port of http",
            fields: authority("test:80", host: "TEST", scheme: "http"), event: "request GET / test:80 host=TEST"),
        Case(
            testDescription: "Host with the default port of https",
            fields: authority("test", host: "test:443", scheme: "https"), event: "request GET / test host=test:443"),
        Case(
            testDescription: "Host with an empty port", fields: authority("[::1]", host: "[::1]:", scheme: "https"),
            event: "request GET / [::1] host=[::1]:"),
        Case(
            testDescription: "Host with the default port of another scheme",
            fields: authority("test:80", host: "test", scheme: "https"), event: "refused hostDiffersFromAuthority"),
        Case(
            testDescription: "Host with another port", fields: authority("test:4430", host: "test", scheme: "https"),
            event: "refused hostDiffersFromAuthority"),
        Case(
            testDescription: "Host with a port in its name", fields: authority("443", host: "443:443", scheme: "https"),
            event: "request GET / 443 host=443:443"),
        Case(testDescription: "no host at all", fields: replacing(":authority", nil), event: nil),
        Case(
            testDescription: "a user in :authority", fields: replacing(":authority", "u@test"),
            event: "refused invalidHost"),
        Case(testDescription: "TE trailers", fields: with(("te", "trailers")), event: "request GET / test te=trailers"),
        Case(testDescription: "another TE", fields: with(("te", "gzip")), event: nil),
        Case(testDescription: "Connection", fields: with(("connection", "close")), event: nil),
        Case(testDescription: "Keep-Alive", fields: with(("keep-alive", "5")), event: nil),
        Case(testDescription: "Transfer-Encoding", fields: with(("transfer-encoding", "chunked")), event: nil),
        Case(testDescription: "Upgrade", fields: with(("upgrade", "h2c")), event: nil),
        Case(testDescription: "upper case", fields: with(("X-Upper", "1")), event: nil),
        Case(testDescription: "a name of no token", fields: with(("x y", "1")), event: "refused invalidFieldName"),
        Case(testDescription: "a colon in a name", fields: with(("x:y", "1")), event: "refused invalidFieldName"),
        Case(
            testDescription: "a line feed in a value", fields: with(("x", "a\nb: c")), event: "refused invalidFieldName"
        ),
        Case(testDescription: "NUL in a value", fields: with(("x", "a\0b")), event: "refused invalidFieldName"),
        Case(
            testDescription: "white space around a value", fields: with(("x", " a")), event: "refused invalidFieldName"),
        Case(testDescription: "a tab in a value", fields: with(("x", "a\tb")), event: "request GET / test x=a\tb"),
        Case(
            testDescription: "a framing name in disguise", fields: with(("content_length", "5")),
            event: "refused ambiguousFieldName"),
        Case(
            testDescription: "lengths that differ", fields: with(("content-length", "0"), ("content-length", "1")),
            event: nil),
        Case(testDescription: "a length without content", fields: with(("content-length", "5")), event: nil),
        Case(testDescription: "a length of letters", fields: with(("content-length", "x")), event: nil),
        Case(testDescription: "an unknown pseudo-field", fields: [(":x", "y")] + HTTP2Frame.request(), event: nil),
        Case(testDescription: "a pseudo-field behind a field", fields: with((":path", "/x")), event: nil),
        Case(testDescription: "a repeated pseudo-field", fields: [(":path", "/x")] + HTTP2Frame.request(), event: nil),
        Case(testDescription: "no method", fields: replacing(":method", nil), event: nil),
        Case(testDescription: "no path", fields: replacing(":path", nil), event: nil),
        Case(testDescription: "an empty path", fields: replacing(":path", ""), event: nil),
        Case(testDescription: "no scheme", fields: replacing(":scheme", nil), event: nil),
        Case(
            testDescription: "another scheme", fields: replacing(":scheme", "gopher"),
            event: "refused invalidPseudoField"),
        Case(testDescription: "a path that is none", fields: replacing(":path", "x"), event: nil),
        Case(testDescription: "an absolute path", fields: replacing(":path", "http://x/"), event: nil),
        Case(testDescription: "a fragment", fields: replacing(":path", "/x#y"), event: "refused invalidTarget"),
        Case(testDescription: "a space in the path", fields: replacing(":path", "/x y"), event: nil),
        Case(testDescription: "asterisk for GET", fields: replacing(":path", "*"), event: nil),
        Case(
            testDescription: "a method in lower case", fields: replacing(":method", "get"),
            event: "refused invalidMethod"),
        Case(
            testDescription: "a long method", fields: replacing(":method", String(repeating: "A", count: 33)),
            event: "refused methodTooLong"),
        Case(
            testDescription: "CONNECT", fields: only((":method", "CONNECT"), (":authority", "test:1")),
            event: "refused connectNotSupported"),
        Case(
            testDescription: "CONNECT for something else",
            fields: [(":protocol", "connect-udp")] + replacing(":method", "CONNECT"),
            event: "refused connectNotSupported", isEnd: false),
        Case(
            testDescription: "CONNECT for WebSocket",
            fields: [(":protocol", "websocket")] + replacing(":method", "CONNECT"),
            event: "request GET / test", isEnd: false),
        Case(
            testDescription: "an unknown expectation", fields: with(("expect", "wonders")),
            event: "refused unknownExpectation"),
        Case(
            testDescription: "a long path", fields: replacing(":path", "/" + String(repeating: "x", count: 9_000)),
            event: "refused requestLineTooLong"),
        Case(
            testDescription: "a long field", fields: with(("x", String(repeating: "x", count: 16_350))),
            event: "refused headTooLarge"),
        Case(
            testDescription: "many fields", fields: HTTP2Frame.request("GET", "/", (0...100).map { ("x\($0)", "y") }),
            event: "refused tooManyFields"),
    ]

    @Test(arguments: cases) func ofABlock(_ test: Case) {
        let harness = SessionHarness.open()
        let whole = HTTP2Frame.headers(1, test.fields, isEnd: test.isEnd)
        if whole.payload.count > 16_384 {
            harness.receive(
                HTTP2Frame(
                    whole.kind, flags: whole.flags & ~HTTP2Frame.endHeaders, stream: 1, Array(whole.payload[..<16_384])),
                HTTP2Frame(
                    HTTP2Frame.Kind.continuation, flags: HTTP2Frame.endHeaders, stream: 1,
                    Array(whole.payload[16_384...])))
        } else {
            harness.receive(whole)
        }
        if let event = test.event {
            #expect(harness.events.first == event)
        } else {
            #expect(harness.events.filter { $0.hasPrefix("request") } == [])
            #expect(harness.sent(on: 1).first == "reset 1" || harness.events.first?.hasPrefix("refused") == true)
        }
        // The connection continues in any case: the tables of both sides agree.
        harness.receive(.headers(3, HTTP2Frame.request("GET", "/next")))
        #expect(harness.events.contains("request GET /next test"))
    }

    @Test func contentOfAWrongLengthIsReset() {
        for body in ["abc", "abcdef"] {
            let harness = SessionHarness.open()
            harness.receive(
                .headers(1, HTTP2Frame.request("POST", "/", [("content-length", "5")]), isEnd: false),
                .data(1, Array(body.utf8), isEnd: true))
            #expect(harness.sent(on: 1).contains("reset 1"))
            #expect(harness.events.last == "closed 1")
        }
    }

    /// nghttp2 reports only the end of such a request.
    @Test(arguments: [("connection", "close"), ("transfer-encoding", "chunked"), ("content-length", "x")])
    func aRequestThatHTTP2ForbidsIsReset(_ field: (String, String)) {
        let harness = SessionHarness.open()
        harness.receive(.headers(1, HTTP2Frame.request("GET", "/", [field])))
        #expect(harness.sent(on: 1).contains("reset 1"))
        #expect(harness.events == ["malformed closed"])
    }

    @Test(arguments: [
        [("X-Upper", "1")], [("connection", "x")], [(":path", "/")], [("x", "a\rb")],
    ])
    func malformedTrailersAreReset(_ trailers: [(String, String)]) {
        let harness = SessionHarness.open()
        harness.receive(.headers(1, HTTP2Frame.request("POST"), isEnd: false), .headers(1, trailers))
        #expect(harness.sent(on: 1).contains("reset 1"))
        #expect(!harness.events.contains { $0.hasPrefix("trailer") })
        // An end event would make the request look complete.
        #expect(!harness.events.contains { $0.hasPrefix("end") })
    }
}
