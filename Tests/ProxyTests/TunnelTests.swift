import Cluster
import Connections
import Foundation
import HTTP
import Sockets
import TestSupport
import Testing

/// WebSocket through the proxy: the opening of a tunnel, its bytes, and its end.
@Suite(.timeLimit(.minutes(5))) struct TunnelTests {
    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let ask =
        "GET /chat HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
        + "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
    private static let agree =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\nUnderstudy-Node: x\r\n\r\n"

    static func limits(_ change: (inout DownstreamLimits) -> Void = { _ in }) -> DownstreamLimits {
        var limits = DownstreamLimits()
        change(&limits)
        return limits
    }

    /// A worker that accepts, and then echoes until the client ends.
    private static func echo(early: String = "") throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            let request = try peer.request()
            let key = Array((request.values(of: "sec-websocket-key").first ?? "").utf8)
            let answer = String(decoding: WebSocketKey(text: key).answer, as: UTF8.self)
            try peer.send(
                agree.replacingOccurrences(of: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", with: answer) + early)
            while try peer.socket.receiveMore() {
                let received = peer.socket.buffer
                peer.socket.buffer = []
                try peer.socket.send(received)
            }
            try peer.send("the end")
        }
    }

    /// A client with an open tunnel.
    private static func connected(_ proxy: ProxyHarness) throws -> RawClient {
        let client = try proxy.client()
        try client.send(ask)
        #expect(try client.receiveHead().status == 101)
        return client
    }

    @Test func bytesPassBothWaysAfterThe101() throws {
        let worker = try TunnelTests.echo(early: "first")
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        // Bytes that arrive with the request wait for the response.
        try client.send(TunnelTests.ask + "early")
        let head = try client.receive(until: "\r\n\r\n")
        let named = head.replacing(/x-request-id: [0-9a-f]{32}\r\n/, with: "")
        #expect(
            named == "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                + "Sec-WebSocket-Protocol: chat\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
        #expect(String(decoding: try client.receive(count: 10), as: UTF8.self) == "firstearly")
        for text in ["a", "GET / HTTP/1.1\r\n\r\n", "\0\u{1}"] {
            try client.send(text)
            #expect(String(decoding: try client.receive(count: text.utf8.count), as: UTF8.self) == text)
        }
        #expect(proxy.outstanding("worker-1") == 1)
        // The client closes its side, the worker sends a last message, then everything ends.
        client.closeWrite()
        #expect(String(decoding: try client.receiveToEnd(), as: UTF8.self) == "the end")
        #expect(proxy.givesBackEverybody())
        #expect(proxy.server.losesAllConnections())
        let seen = try #require(worker.requests.first)
        #expect(seen.values(of: "connection") == ["upgrade"])
        #expect(seen.values(of: "upgrade") == ["websocket"])
        #expect(seen.values(of: "sec-websocket-key") == [TunnelTests.key])
        #expect(seen.values(of: "sec-websocket-protocol") == ["chat"])
        let counters = proxy.onLoop { [server = proxy.server] in
            server.server.counters
        }
        #expect(counters.tunnelsBegan.current == 1)
        #expect(counters.tunnelsEnded.current == 1)
    }

    @Test func theWorkerMayEndFirst() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.send(TunnelTests.agree + "bye")
            peer.socket.closeWrite()
            let rest = try peer.socket.receiveToEnd()
            peer.seen(String(decoding: rest, as: UTF8.self))
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try TunnelTests.connected(proxy)
        #expect(String(decoding: try client.receiveToEnd(), as: UTF8.self) == "bye")
        // The other direction continues until the client ends it.
        try client.send("still here")
        client.closeWrite()
        #expect(worker.requests(count: 2)?.last?.head == "still here")
        #expect(proxy.givesBackEverybody())
        #expect(proxy.server.losesAllConnections())
    }

    /// A direction that breaks off is a failure of the worker. The client need not end its own direction first.
    @Test func aTunnelThatBreaksAtTheWorkerFails() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.send(TunnelTests.agree)
            _ = try peer.socket.receive(count: 1)
        }
        let proxy = try ProxyHarness([worker.worker()], provider: CutProvider())
        let client = try TunnelTests.connected(proxy)
        try client.send("x")
        #expect(
            proxy.eventually {
                proxy.events.all == ["failed worker-1: the connection ended in the middle of the answer"]
            })
        #expect(proxy.givesBackEverybody())
        #expect(proxy.server.losesAllConnections())
    }

    @Test func aBreakOfEitherSideEndsBothSides() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.send(TunnelTests.agree)
            if peer.index == 0 { return peer.waitForClose() }
            _ = try peer.socket.receive(count: 1)
            peer.socket.reset()
        }
        let proxy = try ProxyHarness([worker.worker()])
        let first = try TunnelTests.connected(proxy)
        first.reset()
        #expect(worker.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
        let second = try TunnelTests.connected(proxy)
        try second.send("x")
        _ = try? second.receiveToEnd()
        #expect(proxy.givesBackEverybody())
        #expect(proxy.server.losesAllConnections())
    }

    @Test(arguments: [
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
        "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    ])
    func anInvalid101IsNoTunnel(_ answer: String) throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.send(answer)
            peer.waitForClose()
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send(TunnelTests.ask)
        #expect(try client.receiveResponse().status == 502)
        #expect(worker.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
    }

    @Test func anyOtherAnswerIsAnOrdinaryOne() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.answer("no", status: "403 Forbidden")
            try peer.request()
            try peer.answer("next")
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        try client.send(TunnelTests.ask)
        let response = try client.receiveResponse()
        #expect(response.status == 403)
        #expect(response.text == "no")
        #expect(try client.exchange("GET", "/next").text == "next")
        #expect(worker.connectionCount == 1)
    }

    @Test func noOtherRequestBecomesATunnel() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.send(TunnelTests.agree)
            peer.waitForClose()
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        // An upgrade to another protocol is not passed on, so a 101 answers no handshake.
        try client.send(TunnelTests.ask.replacingOccurrences(of: "Upgrade: WebSocket", with: "Upgrade: h2c"))
        #expect(try client.receiveResponse().status == 502)
        #expect(worker.requests.first?.values(of: "upgrade") == [])
    }

    @Test(arguments: 0..<4) func bothSidesHaveBackPressure(_ round: Int) throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.send(TunnelTests.agree)
            let piece = [UInt8](repeating: 0x77, count: 64 << 10)
            for _ in 0..<320 { try peer.socket.send(piece) }
            peer.socket.closeWrite()
            var count = 0
            while try peer.socket.receiveMore() {
                count += peer.socket.buffer.count
                peer.socket.buffer = []
            }
            peer.seen("\(count)")
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try TunnelTests.connected(proxy)
        let sender = Sender(client, [UInt8](repeating: 0x63, count: 20 << 20))
        var count = 0
        while try client.receiveMore() {
            count += client.buffer.count
            client.buffer = []
        }
        #expect(count == 20 << 20)
        #expect(sender.wait())
        client.closeWrite()
        #expect(worker.requests(count: 2)?.last?.head == "\(20 << 20)")
        #expect(proxy.givesBackEverybody())
    }

    // MARK: Over time

    @Test func aSilentTunnelEnds() throws {
        let worker = try TunnelTests.echo()
        let proxy = try ProxyHarness(
            [worker.worker()], downstream: TunnelTests.limits { $0.tunnelIdleMilliseconds = 300 })
        let client = try TunnelTests.connected(proxy)
        #expect(try client.receiveToEnd() == [])
        #expect(proxy.givesBackEverybody())
    }

    @Test func aHalfClosedSilentTunnelEnds() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.send(TunnelTests.agree)
            peer.socket.closeWrite()
            peer.waitForClose()
        }
        let proxy = try ProxyHarness(
            [worker.worker()], downstream: TunnelTests.limits { $0.tunnelHalfClosedMilliseconds = 300 })
        let client = try TunnelTests.connected(proxy)
        #expect(try client.receiveToEnd() == [])
        // The client continues as usual.
        #expect(worker.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
        #expect(proxy.server.server.counters.reached(.tunnelHalfClosedTimeout) == 1)
    }

    @Test func otherLimitsDoNotEndATunnel() throws {
        let worker = try TunnelTests.echo()
        var upstream = UpstreamLimits()
        upstream.stallMilliseconds = 100
        upstream.responseMilliseconds = 100
        upstream.idleMilliseconds = 100
        let proxy = try ProxyHarness(
            [worker.worker()], limits: upstream,
            downstream: TunnelTests.limits {
                $0.stallMilliseconds = 100
                $0.idleMilliseconds = 100
                $0.headMilliseconds = 100
                $0.tunnelIdleMilliseconds = 20_000
            })
        let client = try TunnelTests.connected(proxy)
        // A request after which more time than all those limits has passed.
        let other = try TunnelTests.connected(proxy)
        #expect(try proxy.client().isEndedByPeer())
        for socket in [client, other] {
            try socket.send("late")
            #expect(try socket.receive(count: 4) == Array("late".utf8))
        }
    }

    @Test func aTunnelSurvivesTheDepartureOfItsWorker() throws {
        let worker = try TunnelTests.echo()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try TunnelTests.connected(proxy)
        func echoes(_ text: String) throws {
            try client.send(text)
            #expect(try client.receive(count: text.utf8.count) == Array(text.utf8))
        }
        var leaving = worker.worker()
        for state in [WorkerState.draining, .suspect, .ejected] {
            leaving.state = state
            proxy.set([leaving])
            try echoes("\(state)")
        }
        proxy.set([])
        try echoes("gone")
        client.closeWrite()
        #expect(String(decoding: try client.receiveToEnd(), as: UTF8.self) == "the end")
    }

    @Test func aDrainGivesATunnelSomeTime() throws {
        let worker = try TunnelTests.echo()
        let proxy = try ProxyHarness(
            [worker.worker()], downstream: TunnelTests.limits { $0.tunnelDrainMilliseconds = 500 })
        let client = try TunnelTests.connected(proxy)
        proxy.onLoop { [server = proxy.server] in server.server.drain() }
        try client.send("still")
        #expect(try client.receive(count: 5) == Array("still".utf8))
        // The connection ends in order; after a reset this would throw.
        #expect(try client.receiveToEnd() == [])
        client.close()
        #expect(proxy.server.losesAllConnections())
        #expect(proxy.givesBackEverybody())
    }

    // MARK: Over HTTP/2

    private static let extended = [
        (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "test"),
        (":path", "/chat"), ("sec-websocket-version", "13"), ("sec-websocket-protocol", "chat"),
    ]

    @Test func anExtendedConnectIsTheSame() throws {
        let worker = try TunnelTests.echo(early: "first")
        let proxy = try ProxyHarness([worker.worker()], downstream: TunnelTests.limits())
        let client = try HTTP2Client(port: proxy.server.port)
        // The same with content before the response.
        try client.send(.headers(1, TunnelTests.extended, isEnd: false), .data(1, Array("early".utf8)))
        let begun = try client.wait { $0.body.count == 10 }(1)
        #expect(begun.status == 200)
        #expect(begun.text == "firstearly")
        #expect(begun.fields["sec-websocket-protocol"] == "chat")
        #expect(begun.fields["sec-websocket-accept"] == nil)
        #expect(begun.fields["upgrade"] == nil)
        try client.send(.data(1, Array("abc".utf8)))
        _ = try client.wait { $0.text == "firstearlyabc" }(1)
        try client.send(.data(1, [], isEnd: true))
        let ended = try client.finish(1)
        #expect(ended.text == "firstearlyabcthe end")
        #expect(ended.resetCode == nil)
        let seen = try #require(worker.requests.first)
        #expect(seen.line == "GET /chat HTTP/1.1")
        #expect(seen.values(of: "sec-websocket-key").first?.count == 24)
        #expect(seen.values(of: "sec-websocket-version") == ["13"])
        #expect(proxy.givesBackEverybody())
        #expect(proxy.server.becomesIdle())
    }

    @Test func overHTTP2ADrainEndsATunnelInOrder() throws {
        let worker = try ScriptedUpstream { peer in
            let request = try peer.request()
            let key = Array((request.values(of: "sec-websocket-key").first ?? "").utf8)
            let answer = String(decoding: WebSocketKey(text: key).answer, as: UTF8.self)
            try peer.send(TunnelTests.agree.replacingOccurrences(of: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", with: answer))
            peer.waitForClose()
        }
        let proxy = try ProxyHarness(
            [worker.worker()], downstream: TunnelTests.limits { $0.tunnelDrainMilliseconds = 100 })
        let client = try HTTP2Client(port: proxy.server.port)
        try client.send(.headers(1, TunnelTests.extended, isEnd: false))
        #expect(try client.wait { $0.status == 200 }(1).status == 200)
        proxy.onLoop { [server = proxy.server] in server.server.drain() }
        // END_STREAM first, so the tunnel is complete; then the request for no more bytes.
        let ended = try client.wait { $0.resetCode != nil }(1)
        #expect(ended.isWhole && ended.resetCode == 0)
        #expect(worker.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
        #expect(proxy.server.losesAllConnections())
    }

    @Test func aHandshakeWithALengthOfZeroUpgrades() throws {
        let worker = try TunnelTests.echo()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        let host = "Host: test\r\n"
        try client.send(TunnelTests.ask.replacingOccurrences(of: host, with: host + "Content-Length: 0\r\n"))
        #expect(try client.receiveHead().status == 101)
        #expect(worker.requests.first?.values(of: "content-length") == [])
        try client.send("abc")
        #expect(try client.receive(count: 3) == Array("abc".utf8))
    }

    @Test func overHTTP2TheWorkerMayRefuseOrBreakOff() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            if peer.index == 0 {
                try peer.answer("no", status: "403 Forbidden", fields: "Connection: close\r\n")
            } else {
                try peer.send("HTTP/1.1 101 x\r\n\r\n")
                peer.waitForClose()
            }
        }
        let proxy = try ProxyHarness([worker.worker()], downstream: TunnelTests.limits())
        let client = try HTTP2Client(port: proxy.server.port)
        try client.send(.headers(1, TunnelTests.extended, isEnd: false), .data(1, Array("early".utf8)))
        #expect(try client.finish(1).status == 403)
        try client.send(.headers(3, TunnelTests.extended, isEnd: false))
        #expect(try client.finish(3).status == 502)
        #expect(proxy.givesBackEverybody())
        #expect(proxy.server.becomesIdle())
    }

    /// A client takes the bytes after a 2xx for the tunnel's bytes (RFC 8441 5).
    @Test func overHTTP2AnAnswerWithoutATunnelIsNoSuccess() throws {
        let worker = try ScriptedUpstream()
        let proxy = try ProxyHarness([worker.worker()], downstream: TunnelTests.limits())
        let client = try HTTP2Client(port: proxy.server.port)
        for stream: UInt32 in [1, 3, 5, 7, 9, 11] {
            try client.send(.headers(stream, TunnelTests.extended, isEnd: false), .data(stream, Array("early".utf8)))
            let response = try client.finish(stream)
            #expect(response.status == 502 && response.text == "ok")
        }
        // It is the worker's response and not its failure.
        #expect(proxy.events.all == [])
        #expect(worker.requests.allSatisfy { $0.body.isEmpty })
        #expect(proxy.givesBackEverybody())
    }

    @Test func overHTTP2AResetEndsTheWorkersSide() throws {
        let worker = try ScriptedUpstream { peer in
            let request = try peer.request()
            let key = WebSocketKey(text: Array((request.values(of: "sec-websocket-key").first ?? "").utf8))
            let answer = String(decoding: key.answer, as: UTF8.self)
            try peer.send(
                TunnelTests.agree.replacingOccurrences(of: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", with: answer))
            peer.waitForClose()
        }
        let proxy = try ProxyHarness([worker.worker()], downstream: TunnelTests.limits())
        let client = try HTTP2Client(port: proxy.server.port)
        try client.send(.headers(1, TunnelTests.extended, isEnd: false))
        _ = try client.wait { $0.status == 200 }(1)
        try client.send(.reset(1))
        #expect(worker.isClosedByProxy())
        #expect(proxy.givesBackEverybody())
    }
}

/// Connections to workers that end as a reset stream does.
private final class CutProvider: TransportProvider {
    private final class CutTransport: SocketTransport {
        override func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
            let result = super.receive(using: scratch)
            if case .endOfStream = result { return .failed(.truncated) }
            return result
        }
    }

    override func connecting(_ descriptor: consuming FileDescriptor, host: String) -> SocketTransport? {
        CutTransport(descriptor)
    }
}
