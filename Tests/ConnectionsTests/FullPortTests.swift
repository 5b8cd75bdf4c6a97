import Connections
import Sockets
import TestSupport
import Testing

/// A port whose slots are all taken, as the public port of a balancer. A greedy source is 127.0.0.10.
@Suite(.timeLimit(.minutes(5))) struct FullPortTests {
    private static let slots = 12
    private static let greedy: UInt8 = 10

    /// A server that answers complete requests, and whose connections each source shares.
    private static func server() throws -> ScriptedServer {
        let server = try ScriptedServer(
            slots: slots, protocols: [.http2, .http1], script: ScriptedServer.describe)
        server.test.onLoop { $0.sources = SourceSlots(limit: .max) }
        return server
    }

    /// Connections that have had one request each.
    private static func kept(_ count: Int, of source: UInt8, at server: ScriptedServer) throws -> [RawClient] {
        try (0..<count).map { _ in
            let client = try RawClient(port: server.test.port, source: source)
            #expect(try client.exchange("GET", "/").status == 200)
            return client
        }
    }

    @Test func theSourceWithTheMostLosesItsLongestSilentConnection() throws {
        let server = try FullPortTests.server()
        let first = try FullPortTests.kept(1, of: 2, at: server)
        let crowd = try FullPortTests.kept(FullPortTests.slots - 1, of: FullPortTests.greedy, at: server)
        #expect(try crowd[0].exchange("GET", "/").status == 200)
        let others = try (3..<6).map { try FullPortTests.kept(1, of: $0, at: server)[0] }
        #expect(server.test.onLoop { $0.counters.evicted.current } == 3)
        for client in crowd[1...3] { #expect(try client.isEndedByPeer()) }
        // The source with one connection keeps it, although it is the oldest.
        for client in first + others + [crowd[0], crowd[4]] { #expect(try client.exchange("GET", "/").status == 200) }
    }

    @Test func anIdleHTTP2ConnectionLeavesWithAGoAway() throws {
        let server = try FullPortTests.server()
        let crowd = try (0..<FullPortTests.slots).map { _ in
            let client = try HTTP2Client(port: server.test.port, source: FullPortTests.greedy)
            #expect(try client.exchange().status == 200)
            return client
        }
        _ = try FullPortTests.kept(1, of: 2, at: server)
        try crowd[0].receiveToEnd()
        #expect(crowd[0].goAwayCode == 0)
        #expect(try crowd[1].exchange().status == 200)
    }

    /// Up to its share a source keeps its requests in progress, however slow they are. A new client waits.
    @Test func aRequestInProgressKeepsItsConnection() throws {
        let server = try FullPortTests.server()
        var clients: [RawClient] = []
        for number in 0..<FullPortTests.slots {
            let client = try RawClient(port: server.test.port, source: UInt8(20 + number / 3))
            try client.send("POST /stuck HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
            clients.append(client)
        }
        #expect(server.test.has(connections: FullPortTests.slots))
        let late = try RawClient(port: server.test.port, source: 2)
        try late.send(RawClient.request("GET", "/late"))
        // The port has been full for longer than the time after which a request counts as stuck.
        let isLong = server.test.thread.eventually { server.test.server.counters.reached(.maxConnections) > 15 }
        #expect(isLong)
        for client in clients {
            try client.send("123456789")
            #expect(try client.receiveResponse().status == 200)
        }
        #expect(try late.receiveResponse().status == 200)
    }

    @Test(arguments: [false, true])
    func requestsWithoutProgressDontHoldThePort(trickles: Bool) throws {
        let server = try FullPortTests.server()
        var crowd: [RawClient] = []
        for _ in 0..<FullPortTests.slots {
            let client = try RawClient(port: server.test.port, source: FullPortTests.greedy)
            try client.send("POST /stuck HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n")
            crowd.append(client)
        }
        #expect(server.test.has(connections: FullPortTests.slots))
        let late = try RawClient(port: server.test.port, source: 2)
        try late.send(RawClient.request("GET", "/late"))
        // Single bytes are no progress.
        if trickles {
            var checks = 0
            let isServed = server.test.thread.eventually {
                checks += 1
                if checks % 100 == 0 { for client in crowd { try? client.send("x") } }
                return server.test.server.counters.evicted.current > 0
            }
            #expect(isServed)
        }
        #expect(try late.receiveResponse().status == 200)
    }

    /// The requests of the greedy source make progress, so it would have to take a place of another source.
    @Test func aSourceBeyondItsShareTakesNoPlaceOfOthers() throws {
        let server = try FullPortTests.server()
        let others = try (2..<4).map { try FullPortTests.kept(1, of: $0, at: server)[0] }
        var crowd: [RawClient] = []
        for _ in 2..<FullPortTests.slots {
            let client = try RawClient(port: server.test.port, source: FullPortTests.greedy)
            try client.send("POST /stuck HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
            crowd.append(client)
        }
        #expect(server.test.has(connections: FullPortTests.slots))
        let piece = String(repeating: "x", count: 500)
        let late = try RawClient(port: server.test.port, source: FullPortTests.greedy)
        try late.send(RawClient.request("GET", "/late"))
        let isRefused = server.test.thread.eventually {
            for client in crowd { try? client.send(piece) }
            return server.test.server.counters.reached(.maxConnectionsPerSource) > 0
        }
        #expect(isRefused)
        // Its unread request makes the end a reset.
        #expect((try? late.receiveResponse()) == nil)
        for client in others { #expect(try client.exchange("GET", "/").status == 200) }
    }
}
