import Foundation
import TestSupport
import Testing

/// Trailers and interim responses on their way through the proxy.
@Suite(.timeLimit(.minutes(5))) struct TrailerTests {
    private static let chunkedPost = "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// A worker that answers every request with a chunked response and trailers.
    private static func trailing() throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            while true {
                try peer.request()
                try peer.send(
                    "HTTP/1.1 200 OK\r\nTrailer: Grpc-Status\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
                        + "Grpc-Status: 0\r\nContent-Length: 9\r\nUnderstudy-Fenced: 3\r\n\r\n")
            }
        }
    }

    @Test func ofAResponseReachTheClient() throws {
        let worker = try TrailerTests.trailing()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        for _ in 0..<2 {
            try client.send(RawClient.request("GET", "/"))
            let head = try client.receiveHead()
            #expect(head.fields["trailer"] == "Grpc-Status")
            #expect(try client.receiveChunk() == Array("ok".utf8))
            #expect(try client.receive(until: "\r\n\r\n") == "0\r\nGrpc-Status: 0\r\n\r\n")
        }
        #expect(worker.connectionCount == 1)
    }

    @Test func ofAResponseAreDroppedForHTTP10() throws {
        let worker = try TrailerTests.trailing()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send("GET / HTTP/1.0\r\nHost: test\r\n\r\n")
        #expect(String(decoding: try client.receiveToEnd(), as: UTF8.self).hasSuffix("\r\n\r\nok"))
    }

    @Test func ofARequestReachTheWorker() throws {
        let worker = try ScriptedUpstream { peer in
            let head = try peer.head()
            peer.seen(head, Array(try peer.socket.receive(until: "\r\n\r\n").utf8))
            try peer.answer()
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send(TrailerTests.chunkedPost + "3\r\nabc\r\n0\r\nX-Sum: 7\r\nHost: evil\r\n\r\n")
        #expect(try client.receiveResponse().status == 200)
        let seen = try #require(worker.requests.first)
        #expect(String(decoding: seen.body, as: UTF8.self) == "3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n")
    }

    @Test func ofARequestAreReplayed() throws {
        // The first worker closes without a response. Both attempts have to have the same content.
        let attempts = EventLog()
        let script: ScriptedUpstream.Script = { peer in
            let head = try peer.head()
            peer.seen(head, Array(try peer.socket.receive(until: "\r\n\r\n").utf8))
            attempts.add("attempt")
            if attempts.all.count > 1 { try peer.answer() }
        }
        let worker = try ScriptedUpstream(script)
        let second = try ScriptedUpstream(script)
        let proxy = try ProxyHarness([worker.worker(), second.worker("worker-2")])
        let client = try proxy.client()
        try client.send(
            TrailerTests.chunkedPost.replacingOccurrences(of: "POST", with: "PUT") + "1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n")
        #expect(try client.receiveResponse().status == 200)
        let bodies = (worker.requests + second.requests).map { String(decoding: $0.body, as: UTF8.self) }
        let body = "1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n"
        #expect(bodies == [body, body])
    }

    // MARK: Content of known length

    /// The balancer's part: it sends the length beside the chunks, and the trailers behind them.
    @Test func ofCountedContentOverHTTP2ReachTheWorkerWithItsLength() throws {
        let worker = try ScriptedUpstream { peer in
            let head = try peer.head()
            peer.seen(head, Array(try peer.socket.receive(until: "\r\n\r\n").utf8))
            try peer.answer()
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try HTTP2Client(port: proxy.server.port)
        let stream = try client.begin("POST", "/", [("content-length", "3")], isEnd: false)
        try client.send(.data(stream, Array("abc".utf8)), .headers(stream, [("x-sum", "7")]))
        #expect(try client.finish(stream).status == 200)
        let seen = try #require(worker.requests.first)
        #expect(seen.values(of: "transfer-encoding") == ["chunked"] && seen.values(of: "content-length") == [])
        #expect(seen.values(of: "understudy-length") == ["3"])
        #expect(String(decoding: seen.body, as: UTF8.self) == "3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n")
    }

    private static func counting(_ content: String, length: String) throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            while true {
                try peer.request()
                let chunk = content.isEmpty ? "" : "\(content.utf8.count)\r\n\(content)\r\n"
                try peer.send(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nUnderstudy-Length: \(length)\r\n\r\n\(chunk)0\r\n"
                        + "Grpc-Status: 0\r\n\r\n")
            }
        }
    }

    @Test(arguments: ["ok", ""]) func ofACountedResponseReachAnHTTP2Client(content: String) throws {
        let worker = try TrailerTests.counting(content, length: "\(content.utf8.count)")
        let proxy = try ProxyHarness([worker.worker()])
        let response = try HTTP2Client(port: proxy.server.port).exchange()
        #expect(response.text == content && response.trailers == ["grpc-status": "0"])
        #expect(response.fields["content-length"] == "\(content.utf8.count)")
        #expect(response.fields["understudy-length"] == nil)
    }

    @Test func anHTTP11ClientGetsTheTrailersOrTheLength() throws {
        let worker = try TrailerTests.counting("ok", length: "2")
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        let plain = try client.exchange("GET", "/")
        #expect(plain.text == "ok" && plain.fields["content-length"] == "2")
        try client.send(RawClient.request("GET", "/", fields: "TE: trailers\r\nConnection: te\r\n"))
        let head = try client.receiveHead()
        #expect(head.fields["transfer-encoding"] == "chunked" && head.fields["content-length"] == nil)
        #expect(try client.receiveChunk() == Array("ok".utf8))
        #expect(try client.receive(until: "\r\n\r\n") == "0\r\nGrpc-Status: 0\r\n\r\n")
    }

    /// A worker that contradicts itself breaks off.
    @Test(arguments: ["1", "3"]) func aCountedResponseOfAnotherLengthBreaksOff(length: String) throws {
        let worker = try TrailerTests.counting("ok", length: length)
        let proxy = try ProxyHarness([worker.worker()])
        let client = try HTTP2Client(port: proxy.server.port)
        let stream = try client.begin()
        #expect(try client.wait { $0.resetCode != nil }(stream).isWhole == false)
    }

    @Test func theWorkerLearnsWhetherTheClientAcceptsTrailers() throws {
        let worker = try ScriptedUpstream()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        #expect(try client.exchange("GET", "/", fields: "TE: gzip, trailers\r\nConnection: TE\r\n").status == 200)
        #expect(try client.exchange("GET", "/", fields: "TE: gzip\r\n").status == 200)
        #expect(worker.requests.map { $0.values(of: "te") } == [["trailers"], []])
        #expect(worker.requests.map { $0.values(of: "connection") } == [["te"], []])
    }

    // MARK: Interim responses

    private static func hinting(count: Int) throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            while true {
                try peer.request()
                try peer.send("HTTP/1.1 100 Continue\r\n\r\n")
                for number in 0..<count {
                    try peer.send(
                        "HTTP/1.1 103 Early Hints\r\nLink: <\(number)>\r\nConnection: x-y\r\nX-Y: 1\r\nUnderstudy-Node: 1\r\n\r\n"
                    )
                }
                try peer.answer()
            }
        }
    }

    @Test func earlyHintsReachTheClient() throws {
        let worker = try TrailerTests.hinting(count: 2)
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        for _ in 0..<2 {
            try client.send(RawClient.request("GET", "/"))
            #expect(try client.receive(until: "\r\n\r\n") == "HTTP/1.1 103 Early Hints\r\nLink: <0>\r\n\r\n")
            #expect(try client.receive(until: "\r\n\r\n") == "HTTP/1.1 103 Early Hints\r\nLink: <1>\r\n\r\n")
            #expect(try client.receiveResponse().text == "ok")
        }
    }

    @Test func earlyHintsAreNothingForHTTP10() throws {
        let worker = try TrailerTests.hinting(count: 1)
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send("GET / HTTP/1.0\r\nHost: test\r\n\r\n")
        #expect(try client.receiveResponse().status == 200)
    }

    @Test func aWorkerThatOnlyHintsFails() throws {
        let worker = try TrailerTests.hinting(count: 16)
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send(RawClient.request("GET", "/"))
        for _ in 0..<15 { #expect(try client.receiveResponse().status == 103) }
        #expect(try client.receiveResponse().status == 502)
    }
}
