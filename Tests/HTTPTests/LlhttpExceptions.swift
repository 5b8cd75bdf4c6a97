/// Cases in which this parser differs from llhttp on purpose, with the reason. A listed case that does not differ fails
/// the test.
enum LlhttpExceptions {
    static let table: [String: String] = [
        // This parser is stricter
        "request/connection.md: CRLF between requests, implicit `keep-alive`": secondEmptyLine,
        "request/method.md: CONNECT request": connect,
        "request/method.md: CONNECT request with CAPS": connect,
        "request/method.md: CONNECT with body": connect,
        "request/uri.md: Underscore in hostname": connect,
        "request/method.md: M-SEARCH request": "`*` is a target of OPTIONS only (RFC 9112 3.2.4)",
        "request/method.md: PRI request HTTP2": "HTTP/2 isn't spoken on this codec; its preface is an error",
        "request/method.md: OPTIONS request with RTSP": otherProtocol,
        "request/method.md: ANNOUNCE request with RTSP": otherProtocol,
        "request/method.md: SOURCE request with ICE": otherProtocol,
        "request/sample.md: No HTTP version": "HTTP/0.9 has no framing and isn't spoken",
        "request/uri.md: Fragment in URI": fragment,
        "request/transfer-encoding.md: POST with `chunked` as last transfer-encoding": fragment,
        "request/transfer-encoding.md: POST with `chunked` as last transfer-encoding (multiple headers)": fragment,
        "request/uri.md: `host:port` and basic auth": "user information in a target's authority is refused",
        "response/connection.md: HTTP 304 with Content-Length": emptyLineBeforeStatus,
        "response/connection.md: HTTP 100 first, then 400": emptyLineBeforeStatus,
        "response/pipelining.md: Should parse multiple events": emptyLineBeforeStatus,
        "response/sample.md: Response starting with CRLF": emptyLineBeforeStatus,
        "response/sample.md: RTSP response": otherProtocol,
        "response/sample.md: ICE response": otherProtocol,
        "response/sample.md: HTTP version 0.9": "only HTTP/1.0 and HTTP/1.1",
        "response/transfer-encoding.md: `chunked` before other transfer-encoding": coding,
        "response/transfer-encoding.md: `chunkedchunked` transfer-encoding does not enable chunked enconding": coding,
        "response/transfer-encoding.md: multiple transfer-encoding where chunked is not the last one": coding,

        // Other differences
        "request/invalid.md: HTTP protocol and ANNOUNCE method": anyMethod,
        "request/invalid.md: Invalid method": anyMethod,
        "request/invalid.md: Invalid HTTP version": unfinishedLine,
        "request/invalid.md: Invalid space after start line": unfinishedLine,
        "response/invalid.md: Invalid space after start line": unfinishedLine,
        "response/invalid.md: Extra space between status code and reason": "a reason phrase may begin with a space",
        "request/content-length.md: Content-Length reset when no body is received": skippedBody,
        "response/content-length.md: Content-Length reset when no body is received": skippedBody,
    ]

    private static let connect = "CONNECT is refused: this is no forward proxy"
    private static let secondEmptyLine = "one empty line before a request is tolerated, not two (RFC 9112 2.2)"
    private static let emptyLineBeforeStatus =
        "no empty line before a status line: RFC 9112 2.2 tolerates it in front of requests only"
    private static let otherProtocol = "other protocols that look like HTTP aren't spoken"
    private static let fragment = "a request target has no fragment (RFC 9112 3.2.1)"
    private static let coding = "any transfer coding but `chunked` fails the response instead of running until close"
    private static let anyMethod = "methods that we don't know are passed on"
    private static let unfinishedLine = "the input ends within the line, and lines are judged when they are complete"
    private static let skippedBody = "llhttp's runner is told to skip the content here"
}
