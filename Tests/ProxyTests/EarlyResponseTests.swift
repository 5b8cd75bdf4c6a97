import Connections
import Foundation
import TestSupport
import Testing

/// A worker that responds before it has the whole request.
@Suite(.timeLimit(.minutes(5))) struct EarlyResponseTests {
    /// Responds after the head, and reads nothing more.
    private static func hasty() throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            while true {
                let head = try peer.head()
                peer.seen(head)
                try peer.answer("too large", status: "413 Content Too Large")
                if head.hasPrefix("POST") { return peer.waitForClose() }
            }
        }
    }

    @Test func theRestOfASmallRequestIsDroppedAndTheConnectionStays() throws {
        let worker = try EarlyResponseTests.hasty()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10000\r\n\r\n")
        let response = try client.receiveResponse()
        #expect(response.status == 413)
        #expect(response.text == "too large")
        // The worker's connection is partly used: it can't serve another request.
        #expect(worker.isClosedByProxy())
        try client.send([UInt8](repeating: 0x61, count: 10_000))
        #expect(try client.exchange("GET", "/next").text == "too large")
        #expect(worker.requests.map(\.line) == ["POST / HTTP/1.1", "GET /next HTTP/1.1"])
        #expect(worker.requests.map(\.connection) == [0, 1])
        #expect(proxy.givesBackEverybody())
        #expect(proxy.events.all == [])
    }

    @Test(arguments: [false, true]) func theRestOfALargeRequestIsDroppedToo(readsLast: Bool) throws {
        let worker = try EarlyResponseTests.hasty()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        let sender = Sender(
            client, Array("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 20000000\r\n\r\n".utf8),
            [UInt8](repeating: 0x61, count: 20_000_000))
        // The response arrives although the client continues to send, and also if the client reads only afterwards.
        if readsLast { #expect(sender.wait()) }
        let response = try client.receiveResponse()
        #expect(response.status == 413)
        #expect(response.text == "too large")
        if !readsLast { #expect(sender.wait()) }
        #expect(try client.exchange("GET", "/next").text == "too large")
        #expect(proxy.givesBackEverybody())
    }

    @Test func contentDuringTheResponseStillReachesTheWorker() throws {
        let worker = try ScriptedUpstream { peer in
            let head = try peer.head()
            try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin")
            peer.seen(head, try peer.socket.receiveContent(after: head))
            try peer.send("-ends")
            try peer.request()
            try peer.answer("next")
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
        let head = try client.receiveHead()
        #expect(head.status == 200)
        #expect(try client.receive(count: 5) == Array("begin".utf8))
        try client.send(chunks(of: Array("the content".utf8), size: 4))
        #expect(try client.receive(count: 5) == Array("-ends".utf8))
        // Both sides are complete: both connections are reused.
        #expect(try client.exchange("GET", "/next").text == "next")
        #expect(worker.requests.map(\.body) == [Array("the content".utf8), []])
        #expect(worker.connectionCount == 1)
    }

    @Test func anAnswerOnAConnectionThatTheWorkerClosesIsNotLost() throws {
        // It responds, closes with unread input, and so resets: the response has to be read before that.
        let worker = try ScriptedUpstream { peer in
            let head = try peer.head()
            peer.seen(head)
            try peer.answer("no", status: "403 Forbidden", fields: "Connection: close\r\n")
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n")
        #expect(try client.receiveResponse().status == 403)
        try client.send([UInt8](repeating: 0x61, count: 100))
        #expect(try client.exchange("GET", "/next").status == 403)
    }

    // MARK: Expect: 100-continue

    private static let expecting =
        "POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"

    @Test func theWorkersRefusalComesInsteadOfThe100() throws {
        let worker = try ScriptedUpstream { peer in
            peer.seen(try peer.head())
            try peer.answer("who are you", status: "401 Unauthorized")
            peer.waitForClose()
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send(EarlyResponseTests.expecting)
        let response = try client.receiveResponse()
        #expect(response.status == 401)
        #expect(response.fields["connection"] == "close")
        #expect(try client.isEndedByPeer())
        #expect(worker.requests.map { $0.values(of: "expect") } == [["100-continue"]])
        #expect(worker.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
    }

    @Test(arguments: [false, true]) func the100ComesFromTheWorker(overHTTP2: Bool) throws {
        let worker = try ScriptedUpstream { peer in
            let head = try peer.head()
            for _ in 0..<2 { try peer.send("HTTP/1.1 100 Continue\r\n\r\n") }
            peer.seen(head, try peer.socket.receiveContent(after: head))
            try peer.answer("thanks")
            peer.waitForClose()
        }
        // The server would not send one by itself during the test.
        var limits = DownstreamLimits()
        limits.continueMilliseconds = 3_600_000
        let proxy = try ProxyHarness([worker.worker()], downstream: limits)
        if overHTTP2 {
            let client = try HTTP2Client(port: proxy.server.port)
            let stream = try client.begin(
                "POST", "/", [("expect", "100-continue"), ("content-length", "3")], isEnd: false)
            #expect(try client.wait { !$0.interim.isEmpty }(stream).interim == [100])
            try client.send(.data(stream, Array("abc".utf8), isEnd: true))
            let response = try client.finish(stream)
            #expect(response.text == "thanks" && response.interim == [100])
        } else {
            let client = try proxy.client()
            try client.send(EarlyResponseTests.expecting)
            #expect(try client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try client.send("abc")
            #expect(try client.receiveResponse().text == "thanks")
        }
        #expect(worker.requests.map(\.body) == [Array("abc".utf8)])
    }

    @Test func aWorkerThatIsSilentGetsTheContentAfterAWhile() throws {
        let worker = try ScriptedUpstream()
        var limits = DownstreamLimits()
        limits.continueMilliseconds = 50
        let proxy = try ProxyHarness([worker.worker()], downstream: limits)
        let client = try proxy.client()
        try client.send(EarlyResponseTests.expecting)
        #expect(try client.receiveResponse().status == 100)
        try client.send("abc")
        #expect(try client.receiveResponse().status == 200)
        #expect(worker.requests.map(\.body) == [Array("abc".utf8)])
    }
}
