import Connections
import Sockets
import TestSupport
import Testing

/// A process whose memory is used up by connections that hold little each.
@Suite(.timeLimit(.minutes(5))) struct MemoryReliefTests {
    private static let limit = 2 << 20

    /// A server that answers complete requests, with a memory budget.
    private static func server() throws -> (server: ScriptedServer, account: MemoryAccount) {
        let account = MemoryAccount(limit: limit)
        let server = try ScriptedServer(protocols: [.http2, .http1], script: ScriptedServer.describe)
        server.test.onLoop { $0.memory = account }
        return (server, account)
    }

    /// Connections of the sources 127.0.0.10 and on, each with ten uploads that never continue: 60 KiB.
    private static func holders(_ count: Int, of sources: UInt8, at server: ScriptedServer) throws -> [HTTP2Client] {
        try (0..<count).map { number in
            let client = try HTTP2Client(port: server.test.port, source: 10 + UInt8(number % Int(sources)))
            for _ in 0..<10 { _ = try client.begin("POST", "/held", isEnd: false) }
            return client
        }
    }

    /// Waits until connections were closed and the account is low again. It is low before the server has read all input too.
    private static func isRelieved(_ server: ScriptedServer, _ account: MemoryAccount, below bytes: Int) -> Bool {
        let counters = server.test.onLoop { $0.counters }
        return server.test.thread.eventually { counters.reached(.memoryLimit) > 0 && account.current < bytes }
    }

    /// Asks until the answer is 200. The last of the held connections may still be coming.
    private static func isServed(_ client: HTTP2Client) -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if (try? client.exchange("GET", "/c").status) == 200 { return true }
        }
        return false
    }

    /// Twice the budget in connections below 64 KiB each, of two sources and of thirty. None of them moves.
    @Test(arguments: [2, 30] as [UInt8])
    func smallConnectionsOfAFewSourcesRefuseNobody(sources: UInt8) throws {
        let (server, account) = try MemoryReliefTests.server()
        let first = try HTTP2Client(port: server.test.port, source: 2)
        // Three open streams: enough that the account knows of them.
        for _ in 0..<3 { _ = try first.begin("POST", "/honest", isEnd: false) }
        let held = try MemoryReliefTests.holders(70, of: sources, at: server)
        #expect(MemoryReliefTests.isRelieved(server, account, below: MemoryReliefTests.limit * 7 / 8))
        #expect(try RawClient(port: server.test.port, source: 3).exchange("GET", "/a").status == 200)
        #expect(try HTTP2Client(port: server.test.port, source: 4).exchange("GET", "/b").status == 200)
        // The source with little keeps its connection and its requests.
        #expect(MemoryReliefTests.isServed(first))
        #expect(first.goAwayCode == nil)
        #expect(server.test.onLoop { $0.counters.reached(.memoryLimit) } > 0)
        withExtendedLifetime(held) {}
    }

    /// Relief begins when a connection grows, and here the budget shrinks instead.
    @Test func aSourceThatHoldsNothingBeginsRequestsWhileTheBudgetIsExhausted() throws {
        let (server, account) = try MemoryReliefTests.server()
        let greedy = try HTTP2Client(port: server.test.port, source: 2)
        for _ in 0..<10 { _ = try greedy.begin("POST", "/held", isEnd: false) }
        #expect(server.test.thread.eventually { account.current >= 32 << 10 })
        account.adopt(limit: 32 << 10)
        #expect(try RawClient(port: server.test.port, source: 3).exchange("GET", "/a").status == 200)
        #expect(try HTTP2Client(port: server.test.port, source: 4).exchange("GET", "/b").status == 200)
        #expect(try RawClient(port: server.test.port, source: 2).exchange("GET", "/c").status == 503)
        withExtendedLifetime(greedy) {}
    }

    /// From seven eighths on relief looks for the sources with the most. Another one keeps even its large connections.
    @Test func theSourceWithTheMostLosesItsConnectionsFirst() throws {
        let (server, account) = try MemoryReliefTests.server()
        let other = try HTTP2Client(port: server.test.port, source: 2)
        for _ in 0..<20 { _ = try other.begin("POST", "/honest", isEnd: false) }
        #expect(server.test.thread.eventually { account.current >= 100 << 10 })
        let held = try MemoryReliefTests.holders(60, of: 1, at: server)
        // Meanwhile a connection with more than 64 KiB begins no request.
        #expect(MemoryReliefTests.isRelieved(server, account, below: MemoryReliefTests.limit * 3 / 4))
        #expect(MemoryReliefTests.isServed(other))
        #expect(other.goAwayCode == nil)
        withExtendedLifetime(held) {}
    }
}
