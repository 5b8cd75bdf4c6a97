import Foundation
import TestSupport
import Testing

/// A worker's response at the client.
@Suite(.timeLimit(.minutes(5))) struct ResponseHeadTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// The worker's bytes.
        let sent: String
        /// The head as the client receives it, without line ends and without the proxy's Date.
        let seen: [String]
        /// The content without framing.
        var body = ""
        var request = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"
        /// The worker closes its connection after the response.
        var closes = false
        /// The client's connection ends with the response.
        var ends = false
    }

    private static let head10 = "GET / HTTP/1.0\r\nHost: test\r\n\r\n"
    private static let head10Kept = "GET / HTTP/1.0\r\nHost: test\r\nConnection: keep-alive\r\n\r\n"
    private static let headRequest = "HEAD / HTTP/1.1\r\nHost: test\r\n\r\n"

    private static let cases = [
        Case(
            testDescription: "a plain response", sent: "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok",
            seen: ["HTTP/1.1 200 OK", "X-A: b", "content-length: 2"], body: "ok"),
        Case(
            testDescription: "hop-by-hop fields",
            sent: "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\n"
                + "Upgrade: h2c\r\nTrailer: X\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\nX-Public: 2\r\n\r\n",
            seen: ["HTTP/1.1 200 OK", "Trailer: X", "X-Public: 2", "content-length: 0"]),
        Case(
            testDescription: "426 with its protocols",
            sent: "HTTP/1.1 426 Upgrade Required\r\nUpgrade: HTTP/3.0, websocket\r\nConnection: Upgrade\r\n"
                + "Content-Length: 0\r\n\r\n",
            seen: [
                "HTTP/1.1 426 Upgrade Required", "upgrade: HTTP/3.0, websocket", "connection: upgrade",
                "content-length: 0",
            ]),
        Case(
            testDescription: "a later minor version", sent: "HTTP/1.3 200 OK\r\nContent-Length: 2\r\n\r\nok",
            seen: ["HTTP/1.1 200 OK", "content-length: 2"], body: "ok"),
        Case(
            testDescription: "our own fields",
            sent:
                "HTTP/1.1 200 OK\r\nX-Request-Id: another\r\nUnderstudy-Node: worker-1\r\nunderstudy-fenced: 3\r\nContent-Length: 0\r\n\r\n",
            seen: ["HTTP/1.1 200 OK", "content-length: 0"]),
        Case(
            testDescription: "the worker's date",
            sent: "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
            seen: ["HTTP/1.1 200 OK", "Date: Thu, 01 Jan 1970 00:00:00 GMT", "content-length: 0"]),
        Case(
            testDescription: "repeated fields",
            sent: "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 0\r\n\r\n",
            seen: ["HTTP/1.1 200 OK", "Set-Cookie: a=b", "Set-Cookie: c=d", "content-length: 0"]),
        Case(
            testDescription: "an unusual status", sent: "HTTP/1.1 299 Why not\r\nContent-Length: 1\r\n\r\nx",
            seen: ["HTTP/1.1 299 ", "content-length: 1"], body: "x"),
        Case(
            testDescription: "chunks",
            sent:
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nHost: 1\r\n\r\n",
            seen: ["HTTP/1.1 200 OK", "transfer-encoding: chunked"], body: "abcde"),
        Case(
            testDescription: "no chunk at all",
            sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            seen: ["HTTP/1.1 200 OK", "transfer-encoding: chunked"]),
        Case(
            testDescription: "content until the close", sent: "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nto the end",
            seen: ["HTTP/1.1 200 OK", "X-A: b", "transfer-encoding: chunked"], body: "to the end", closes: true),
        Case(
            testDescription: "HTTP/1.0 from the worker", sent: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            seen: ["HTTP/1.1 200 OK", "content-length: 2"], body: "ok", closes: true),
        Case(
            testDescription: "chunks for HTTP/1.0",
            sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            seen: ["HTTP/1.1 200 OK", "connection: close"], body: "abc", request: head10Kept, ends: true),
        Case(
            testDescription: "content until the close for HTTP/1.0", sent: "HTTP/1.1 200 OK\r\n\r\nabc",
            seen: ["HTTP/1.1 200 OK", "connection: close"], body: "abc", request: head10, closes: true, ends: true),
        Case(
            testDescription: "a length for HTTP/1.0", sent: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            seen: ["HTTP/1.1 200 OK", "content-length: 2", "connection: close"], body: "ok", request: head10, ends: true
        ),
        Case(
            testDescription: "a length for HTTP/1.0 that keeps the connection",
            sent: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            seen: ["HTTP/1.1 200 OK", "content-length: 2", "connection: keep-alive"], body: "ok", request: head10Kept),
        Case(
            testDescription: "HEAD with a length", sent: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
            seen: ["HTTP/1.1 200 OK", "content-length: 1000"], request: headRequest),
        Case(
            testDescription: "HEAD without a length", sent: "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n",
            seen: ["HTTP/1.1 200 OK", "X-A: b"], request: headRequest),
        Case(
            testDescription: "HEAD of chunks", sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            seen: ["HTTP/1.1 200 OK"], request: headRequest),
        Case(
            testDescription: "204", sent: "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
            seen: ["HTTP/1.1 204 No Content", "X-A: b"]),
        Case(
            testDescription: "204 with a length", sent: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
            seen: ["HTTP/1.1 204 No Content"]),
        Case(
            testDescription: "304 with a length",
            sent: "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nETag: \"x\"\r\n\r\n",
            seen: ["HTTP/1.1 304 Not Modified", "ETag: \"x\"", "content-length: 1000"]),
        Case(
            testDescription: "304 without a length", sent: "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
            seen: ["HTTP/1.1 304 Not Modified", "ETag: \"x\""]),
        Case(
            testDescription: "a 100 that nobody asked for before it",
            sent: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n"
                + "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nLocation: /x\r\n\r\nok",
            seen: ["HTTP/1.1 201 Created", "Location: /x", "content-length: 2"], body: "ok"),
        Case(
            testDescription: "connection close from the worker",
            sent: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            seen: ["HTTP/1.1 200 OK", "content-length: 2"], body: "ok", closes: true),
        Case(
            testDescription: "connection close from the client",
            sent: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            seen: ["HTTP/1.1 200 OK", "content-length: 2", "connection: close"], body: "ok",
            request: "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", ends: true),
    ]

    @Test(arguments: cases, [false, true]) func theClientSees(_ test: Case, byteByByte: Bool) throws {
        let upstream = try ScriptedUpstream { peer in
            while true {
                try peer.request()
                // Only the first response is odd. The next one must be in step.
                if peer.index == 0 {
                    if byteByByte { try peer.socket.sendByteByByte(test.sent) } else { try peer.send(test.sent) }
                    if test.closes { return }
                } else {
                    try peer.answer("next")
                }
                try peer.request()
                try peer.answer("next")
            }
        }
        let proxy = try ProxyHarness([upstream.worker()])
        let client = try proxy.client()
        try client.send(test.request)
        let head = try client.receive(until: "\r\n\r\n")
        var lines = head.split(separator: "\r\n").map(String.init)
        if RawHead.values(of: "date", in: test.sent).isEmpty {
            #expect(RawHead.values(of: "date", in: head).count == 1)
            lines.removeAll { $0.hasPrefix("date: ") }
        }
        #expect(RawHead.values(of: "x-request-id", in: head).map(\.count) == [32])
        lines.removeAll { $0.hasPrefix("x-request-id: ") }
        #expect(lines == test.seen)
        if test.ends {
            #expect(String(decoding: try client.receiveToEnd(), as: UTF8.self) == test.body)
            return
        }
        if !test.body.isEmpty || head.contains("chunked") {
            #expect(String(decoding: try client.receiveContent(after: head), as: UTF8.self) == test.body)
        }
        #expect(try client.exchange("GET", "/next").text == "next")
        #expect(upstream.connectionCount == (test.closes ? 2 : 1))
    }

    /// RFC 9113 8.2.2 forbids the field. The client of a 426 learns the protocols from its content.
    @Test func overHTTP2A426HasNoUpgradeField() throws {
        let upstream = try ScriptedUpstream { peer in
            try peer.request()
            try peer.answer(
                "use websocket", status: "426 Upgrade Required", fields: "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            )
        }
        let proxy = try ProxyHarness([upstream.worker()])
        let response = try HTTP2Client(port: proxy.server.port).exchange()
        #expect(response.status == 426 && response.text == "use websocket")
        #expect(response.fields["upgrade"] == nil && response.fields["connection"] == nil)
    }
}
