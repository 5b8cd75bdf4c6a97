import Foundation
import Proxy
import TestSupport
import Testing

/// A worker that answers before it has the whole request.
@Suite(.timeLimit(.minutes(2))) struct EarlyResponseTests {
    /// Answers after the head, and reads nothing more.
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
        // The worker's connection is half used: it can't serve anybody else.
        #expect(worker.isClosedByProxy())
        try client.send([UInt8](repeating: 0x61, count: 10_000))
        #expect(try client.exchange("GET", "/next").text == "too large")
        #expect(worker.requests.map(\.line) == ["POST / HTTP/1.1", "GET /next HTTP/1.1"])
        #expect(worker.requests.map(\.connection) == [0, 1])
        #expect(proxy.givesBackEverybody())
        #expect(proxy.events.all == [])
    }

    @Test func theRestOfALargeRequestEndsTheConnectionAfterTheResponse() throws {
        let worker = try EarlyResponseTests.hasty()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        let sender = Sender(
            client, Array("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 50000000\r\n\r\n".utf8),
            [UInt8](repeating: 0x61, count: 50_000_000))
        // The response arrives although the client goes on sending.
        let response = try client.receiveResponse()
        #expect(response.status == 413)
        #expect(response.text == "too large")
        #expect(proxy.server.losesAllConnections())
        #expect(sender.wait())
        #expect(proxy.givesBackEverybody())
    }

    @Test func whatComesWithTheResponseUnderWayStillReachesTheWorker() throws {
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
        // Whole on both sides: both connections are used again.
        #expect(try client.exchange("GET", "/next").text == "next")
        #expect(worker.requests.map(\.body) == [Array("the content".utf8), []])
        #expect(worker.connectionCount == 1)
    }

    @Test func anAnswerOnAConnectionThatTheWorkerClosesIsNotLost() throws {
        // It answers, closes with unread input, and so resets: the answer has to be read before that is noticed.
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
}
