import Foundation
import Proxy
import TestSupport
import Testing

/// A request head at a worker: it has the client's fields, except the forbidden ones.
@Suite(.timeLimit(.minutes(5))) struct RequestHeadTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let sent: String
        /// The start line and the fields up to the proxy's own, without line ends.
        let seen: [String]
        var host = "test"
        var method = "GET"
    }

    private static let cases = [
        Case(
            testDescription: "a plain request", sent: "GET /a/b?c=d&e HTTP/1.1\r\nHost: test\r\nAccept: */*\r\n\r\n",
            seen: ["GET /a/b?c=d&e HTTP/1.1", "host: test", "Accept: */*"]),
        Case(
            testDescription: "hop-by-hop fields",
            sent: "GET / HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\n"
                + "TE: trailers\r\nTrailer: X-End\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\nProxy-Connection: close\r\n"
                + "Proxy-Authorization: Basic eA==\r\nX-Public: 2\r\n\r\n",
            seen: [
                "GET / HTTP/1.1", "host: test", "Trailer: X-End", "X-Public: 2", "te: trailers", "connection: te",
            ]),
        Case(
            testDescription: "fields nominated before and after, in any case",
            sent:
                "GET / HTTP/1.1\r\nx-one: 1\r\nHost: test\r\nCONNECTION: X-ONE\r\nconnection: x-two\r\nX-Two: 2\r\n\r\n",
            seen: ["GET / HTTP/1.1", "host: test"]),
        Case(
            testDescription: "a nomination of what has to stay",
            sent: "GET / HTTP/1.1\r\nHost: test\r\nConnection: host, content-length\r\nContent-Length: 0\r\n\r\n",
            seen: ["GET / HTTP/1.1", "host: test", "content-length: 0"]),
        Case(
            testDescription: "forged forwarding",
            sent: "GET / HTTP/1.1\r\nHost: test\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\n"
                + "X-Forwarded-Proto: https\r\nX-Forwarded-Host: bank\r\nX-Forwarded-Prefix: /x\r\nX-Real-IP: 1.2.3.4\r\n"
                + "X_Forwarded_For: 1.2.3.4\r\nx-forwarded_for: 1.2.3.4\r\n\r\n",
            seen: ["GET / HTTP/1.1", "host: test"]),
        Case(
            testDescription: "forged certificates",
            sent: "GET / HTTP/1.1\r\nHost: test\r\nClient-Cert: :AAAA:\r\nClient-Cert-Chain: x\r\nX-Client-Cert: y\r\n"
                + "X-SSL-Client-Verify: SUCCESS\r\nSSL-Client-S-DN: CN=root\r\nX-Forwarded-Client-Cert: z\r\n"
                + "X_SSL_CLIENT_VERIFY: SUCCESS\r\n\r\n",
            seen: ["GET / HTTP/1.1", "host: test"]),
        Case(
            testDescription: "our own fields, forged",
            sent: "GET / HTTP/1.1\r\nHost: test\r\nUnderstudy-Epoch: 99\r\nUNDERSTUDY-PROBE: 1\r\nunderstudy-x: 1\r\n"
                + "Understudy_Epoch: 99\r\n\r\n",
            seen: ["GET / HTTP/1.1", "host: test"]),
        Case(
            testDescription: "absolute form",
            sent: "GET http://other:8080/x?y HTTP/1.1\r\nHost: test\r\n\r\n",
            seen: ["GET /x?y HTTP/1.1", "host: other:8080"], host: "other:8080"),
        Case(
            testDescription: "absolute form without a path",
            sent: "GET HTTPS://other?q=1 HTTP/1.1\r\nHost: test\r\n\r\n",
            seen: ["GET /?q=1 HTTP/1.1", "host: other"], host: "other"),
        Case(
            testDescription: "asterisk form", sent: "OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n",
            seen: ["OPTIONS * HTTP/1.1", "host: test"], method: "OPTIONS"),
        Case(
            testDescription: "HTTP/1.0", sent: "GET /x HTTP/1.0\r\nHost: test\r\nConnection: keep-alive\r\n\r\n",
            seen: ["GET /x HTTP/1.1", "host: test"]),
        Case(
            testDescription: "HTTP/1.0 without Host", sent: "GET /x HTTP/1.0\r\n\r\n",
            seen: ["GET /x HTTP/1.1", "host: localhost"], host: ""),
        Case(
            testDescription: "HEAD", sent: "HEAD /x HTTP/1.1\r\nHost: test\r\n\r\n",
            seen: ["HEAD /x HTTP/1.1", "host: test"], method: "HEAD"),
        Case(
            testDescription: "a method that we do not know",
            sent: "PROPFIND /x HTTP/1.1\r\nHost: test\r\nDepth: 1\r\n\r\n",
            seen: ["PROPFIND /x HTTP/1.1", "host: test", "Depth: 1"], method: "PROPFIND"),
        Case(
            testDescription: "a length",
            sent: "POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 003\r\nContent-Type: text/plain\r\n\r\nabc",
            seen: ["POST /x HTTP/1.1", "host: test", "Content-Type: text/plain", "content-length: 3"], method: "POST"),
        Case(
            testDescription: "chunks",
            sent: "POST /x HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: Chunked\r\nTrailer: X-End\r\n\r\n"
                + "2;a=b\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            seen: ["POST /x HTTP/1.1", "host: test", "Trailer: X-End", "transfer-encoding: chunked"], method: "POST"),
        Case(
            testDescription: "an expectation",
            sent: "POST /x HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
            seen: ["POST /x HTTP/1.1", "host: test", "content-length: 3", "expect: 100-continue"], method: "POST"),
        Case(
            testDescription: "white space around values",
            sent: "GET / HTTP/1.1\r\nHost: \t test \r\nX-A:  a\t b \r\nX-Empty:\r\n\r\n",
            seen: ["GET / HTTP/1.1", "host: test", "X-A: a\t b", "X-Empty: "]),
        Case(
            testDescription: "what looks like ours and is not",
            sent: "GET / HTTP/1.1\r\nHost: test\r\nX-Understudy-Epoch: 1\r\nX-Forwarded: 1\r\nConnections: x\r\n"
                + "Cookie: a=b\r\nCookie: c=d\r\n\r\n",
            seen: [
                "GET / HTTP/1.1", "host: test", "X-Understudy-Epoch: 1", "X-Forwarded: 1", "Connections: x",
                "Cookie: a=b",
                "Cookie: c=d",
            ]),
    ]

    /// The fields that the edge adds.
    private static func ours(host: String) -> [String] {
        ["x-forwarded-for: 127.0.0.1", "x-forwarded-proto: http"] + (host.isEmpty ? [] : ["x-forwarded-host: \(host)"])
            + ["understudy-epoch: 7"]
    }

    @Test(arguments: cases) func theWorkerSees(_ test: Case) throws {
        let upstream = try ScriptedUpstream()
        let policy = ProxyPolicy(edge: EdgeDuties(scheme: "http"))
        policy.epoch = 7
        let proxy = try ProxyHarness([upstream.worker()], policy: policy)
        let client = try proxy.client()
        try client.send(test.sent)
        var response = try client.receiveResponse(to: test.method)
        if response.status == 100 { response = try client.receiveResponse(to: test.method) }
        #expect(response.status == 200)
        let request = try #require(upstream.requests.first)
        let expected = (test.seen + RequestHeadTests.ours(host: test.host)).map { $0 + "\r\n" }.joined() + "\r\n"
        // Another test covers the ids of a request.
        let names = ["x-request-id: ", "traceparent: "]
        let lines = request.head.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
        let others = lines.filter { line in !names.contains { line.hasPrefix($0) } }
        #expect(lines.count == others.count + names.count)
        #expect(others.joined(separator: "\r\n") == expected)
        #expect(String(decoding: request.body, as: UTF8.self) == (test.method == "POST" ? "abc" : ""))
    }

    @Test func anEpochOfNoneIsNotSent() throws {
        let upstream = try ScriptedUpstream()
        let proxy = try ProxyHarness([upstream.worker()])
        #expect(try proxy.client().exchange("GET", "/").status == 200)
        #expect(try #require(upstream.requests.first).values(of: "understudy-epoch") == [])
    }

    @Test func theSchemeIsThePolicys() throws {
        let upstream = try ScriptedUpstream()
        let proxy = try ProxyHarness([upstream.worker()], policy: ProxyPolicy(edge: EdgeDuties(scheme: "https")))
        #expect(try proxy.client().exchange("GET", "/").status == 200)
        #expect(try #require(upstream.requests.first).values(of: "x-forwarded-proto") == ["https"])
    }

    @Test func aWorkerPassesOnTheBalancersFieldsAboutTheClient() throws {
        let upstream = try ScriptedUpstream()
        let proxy = try ProxyHarness([upstream.worker()], policy: ProxyPolicy(edge: nil))
        let fields =
            "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nForwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\n"
            + "Understudy-Epoch: 3\r\nClient-Cert: x\r\nX-Forwarded-Client-Cert: y\r\nKeep-Alive: 5\r\n"
        #expect(try proxy.client().exchange("GET", "/", fields: fields).status == 200)
        #expect(
            upstream.requests.first?.head
                == "GET / HTTP/1.1\r\nhost: test\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n"
                + "Forwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\n\r\n")
    }

    @Test func pipelinedRequestsKeepTheirOrder() throws {
        let upstream = try ScriptedUpstream { peer in
            while true {
                let request = try peer.request()
                try peer.answer(request.line)
            }
        }
        let proxy = try ProxyHarness([upstream.worker()])
        let client = try proxy.client()
        try client.send(
            RawClient.request("GET", "/1") + RawClient.request("POST", "/2", body: "two")
                + RawClient.request("GET", "/3"))
        for line in ["GET /1 HTTP/1.1", "POST /2 HTTP/1.1", "GET /3 HTTP/1.1"] {
            #expect(try client.receiveResponse().text == line)
        }
        // One after another over one kept connection.
        #expect(upstream.requests.map(\.connection) == [0, 0, 0])
        #expect(upstream.requests.map(\.body) == [[], Array("two".utf8), []])
    }
}
