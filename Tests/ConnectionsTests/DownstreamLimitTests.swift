import Connections
import Glibc
import HTTP
import Sockets
import TestSupport
import Testing

/// Time limits, the limit of connections, and draining.
@Suite(.timeLimit(.minutes(5))) struct DownstreamLimitTests {
    @Test func closesAnIdleConnectionWithoutAResponse() throws {
        let server = try ScriptedServer(limits: shortened { $0.idleMilliseconds = 50 }, script: ScriptedServer.describe)
        let client = try server.client()
        #expect(try client.isEndedByPeer())
        let other = try server.client()
        #expect(try other.exchange("GET", "/").status == 200)
        #expect(try other.isEndedByPeer())
    }

    /// An empty line before a request is not its beginning (RFC 9112 2.2).
    @Test(arguments: ["G", "GET / HTTP/1.1\r\nHost: a\r\n", "\r\nGET"])
    func aMissingHeadIsA408(_ start: String) throws {
        let server = try ScriptedServer(limits: shortened { $0.headMilliseconds = 50 }, script: ScriptedServer.describe)
        let client = try server.client()
        try client.send(start)
        let response = try client.receiveResponse()
        #expect(response.status == 408)
        #expect(response.fields["connection"] == "close")
        #expect(try client.isEndedByPeer())
    }

    /// The limit is for the whole head. Single bytes do not extend it.
    @Test func moreBytesGiveAHeadNoMoreTime() throws {
        let server = try ScriptedServer(
            limits: shortened { $0.headMilliseconds = 150 }, script: ScriptedServer.describe)
        let client = try server.client()
        let start = ContinuousClock.now
        try client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
        // Sends bytes until the server stops it. The response arrives in any case.
        while ContinuousClock.now - start < .milliseconds(120) {
            try client.send("x")
            _ = server.test.onLoop { $0.connectionCount }
        }
        #expect(try client.receiveResponse().status == 408)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func missingContentIsA408() throws {
        let server = try ScriptedServer(
            limits: shortened { $0.stallMilliseconds = 50 }, script: ScriptedServer.describe)
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
        #expect(try client.receiveResponse().status == 408)
        #expect(try client.isEndedByPeer())
        #expect(server.eventually("cancelled"))
    }

    /// Content of unknown length may be silent for longer, but not forever.
    @Test func aSilentStreamIsA408() throws {
        let limits: DownstreamLimits = shortened {
            $0.stallMilliseconds = 3_600_000
            $0.streamMilliseconds = 50
        }
        let server = try ScriptedServer(limits: limits, script: ScriptedServer.describe)
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        #expect(try client.receiveResponse().status == 408)
        #expect(try client.isEndedByPeer())
        #expect(server.test.server.counters.reached(.streamTimeout) == 1)
    }

    /// Most such clients have gone. The time applies to each pipelined request, and begins with its turn.
    @Test func aHalfClosedClientHasLimitedTime() throws {
        let server = try ScriptedServer(limits: shortened { $0.halfClosedMilliseconds = 50 }) { exchange in
            if exchange.target == "/first" { exchange.respond("first") }
        }
        for ahead in [0, 1, 2] {
            let client = try server.client()
            try client.send(String(repeating: RawClient.request("GET", "/first"), count: ahead))
            try client.send(RawClient.request("GET", "/never"))
            client.closeWrite()
            for _ in 0..<ahead { #expect(try client.receiveResponse().text == "first") }
            #expect(try client.isEndedByPeer())
        }
        #expect(server.test.losesAllConnections())
        #expect(server.test.server.counters.reached(.halfClosedTimeout) == 3)
    }

    @Test func breaksOffWhenContentStallsBehindABegunResponse() throws {
        let server = try ScriptedServer(limits: shortened { $0.stallMilliseconds = 50 }) { $0.begin(.chunked) }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
        #expect(try client.receiveHead().status == 200)
        #expect(throws: RawSocketError.self) { try client.receiveChunk() }
        #expect(server.eventually("closed"))
    }

    /// The response came before the content, which never arrives. The response is complete.
    @Test func endsInOrderWhenContentStallsBehindAWholeResponse() throws {
        let server = try ScriptedServer(limits: shortened { $0.lingerMilliseconds = 50 }) { $0.respond("early") }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
        #expect(try client.receiveResponse().text == "early")
        #expect(try client.isEndedByPeer())
    }

    private static func shrinkSendBuffer(of exchange: ScriptedExchange) {
        var size: Int32 = 4 << 10
        let transport = (exchange.downstream as? DownstreamConnection)?.transport as? SocketTransport
        setsockopt(
            transport?.descriptor.rawValue ?? -1, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Bytes without end, each in time, but too slow together.
    @Test func contentBelowTheMinimumRateIsA408() throws {
        let limits: DownstreamLimits = shortened {
            $0.stallMilliseconds = 200
            $0.slowestBytesPerSecond = 1 << 30
        }
        let server = try ScriptedServer(limits: limits, script: ScriptedServer.describe)
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")
        // Ends when the server has closed. A server that waits for all bytes fails the test by its time limit.
        while server.log.count("cancelled") == 0, (try? client.send("x")) != nil {}
        #expect(server.eventually("cancelled"))
        #expect(server.test.losesAllConnections())
    }

    /// A stream has its own pace.
    @Test func chunksHaveNoMinimumRate() throws {
        let limits: DownstreamLimits = shortened {
            $0.stallMilliseconds = 50
            $0.streamMilliseconds = 1_000
            $0.slowestBytesPerSecond = 1 << 30
        }
        let server = try ScriptedServer(limits: limits) { exchange in
            exchange.begin(.chunked)
            exchange.atBody = { $0.after(milliseconds: 100) { $0.write("y") } }
            exchange.atEnd = { $0.end() }
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(try client.receiveHead().status == 200)
        for _ in 0..<8 {
            try client.send("1\r\nx\r\n")
            #expect(try client.receiveChunk() == Array("y".utf8))
        }
        try client.send("0\r\n\r\n")
        #expect(try client.receiveChunk() == nil)
    }

    /// A response may be complete for the server and not for a client that still reads it. It has the time of output,
    /// not of an idle connection. The same holds before and after pipelined requests.
    @Test(arguments: [1, 2]) func aSlowReaderIsNotIdle(count: Int) throws {
        let server = try ScriptedServer(limits: shortened { $0.idleMilliseconds = 50 }) { exchange in
            DownstreamLimitTests.shrinkSendBuffer(of: exchange)
            exchange.respond(String(repeating: "x", count: 1 << 20))
        }
        let client = try server.client(receiveBuffer: 4 << 10)
        for _ in 0..<count { try client.send(RawClient.request("GET", "/")) }
        #expect(try client.receiveHead().status == 200)
        // Other connections open and time out meanwhile.
        for _ in 0..<3 { #expect(try server.client().isEndedByPeer()) }
        #expect(try client.receive(count: 1 << 20).count == 1 << 20)
        for _ in 1..<count { #expect(try client.receiveResponse().body.count == 1 << 20) }
        // Now the connection is idle.
        #expect(try client.isEndedByPeer())
    }

    @Test func aClientThatReadsBelowTheMinimumRateIsClosed() throws {
        let limits: DownstreamLimits = shortened {
            $0.stallMilliseconds = 300
            $0.slowestBytesPerSecond = 1 << 30
        }
        let server = try ScriptedServer(limits: limits) { exchange in
            // The buffer is small, so that the kernel never accepts all waiting output at once.
            DownstreamLimitTests.shrinkSendBuffer(of: exchange)
            exchange.begin(.length(1 << 40))
            let block = [UInt8](repeating: 0, count: 16 << 10)
            exchange.atDrained = { while !$0.isCancelled, !$0.downstream.checkCongestion() { $0.write(block) } }
            exchange.atDrained(exchange)
        }
        let client = try server.client(receiveBuffer: 4 << 10)
        try client.send(RawClient.request("GET", "/"))
        // Its rate is below the minimum.
        while server.log.count("cancelled") == 0, (try? client.receiveMore(atMost: 1 << 10)) == true {
            client.buffer = []
        }
        #expect(server.eventually("cancelled"))
        #expect(server.test.losesAllConnections())
    }

    /// A response may take any time: the exchange has limits of its own.
    @Test func exchangesHaveNoTimeLimit() throws {
        let limits: DownstreamLimits = shortened {
            $0.stallMilliseconds = 20
            $0.idleMilliseconds = 20
            $0.headMilliseconds = 20
        }
        let server = try ScriptedServer(limits: limits) { exchange in
            exchange.after(milliseconds: 200) { $0.respond("slow") }
        }
        let client = try server.client()
        #expect(try client.exchange("GET", "/").text == "slow")
    }

    /// The way in which output meets a client that has stopped reading.
    enum Sending: CaseIterable {
        /// All at once, more than the kernel accepts, then the end.
        case atOnce
        /// As the client reads: the connection requests more.
        case asDrained
        /// So much that the connection was congested. It no longer is, but the rest does not leave.
        case fewBytesLeft
    }

    @Test(arguments: Sending.allCases, [false, true])
    func closesWhenTheClientStopsReading(_ sending: Sending, isKeptAlive: Bool) throws {
        let server = try ScriptedServer(limits: shortened { $0.stallMilliseconds = 200 }) { exchange in
            exchange.begin(.length(1 << 30))
            let block = [UInt8](repeating: 0, count: 16 << 10)
            switch sending {
            case .atOnce: exchange.write([UInt8](repeating: 0, count: 16 << 20))
            case .asDrained:
                exchange.atDrained = { while !$0.isCancelled, !$0.downstream.checkCongestion() { $0.write(block) } }
                exchange.atDrained(exchange)
            case .fewBytesLeft:
                // The buffer is small, so that the output shrinks in small steps and some may be left at the exchange's
                // call.
                DownstreamLimitTests.shrinkSendBuffer(of: exchange)
                // Once, when the output has shrunk, more follows: too much for the kernel, too little for congestion.
                while !exchange.isCancelled, !exchange.downstream.checkCongestion() { exchange.write(block) }
                exchange.atDrained = { exchange in
                    exchange.atDrained = { _ in }
                    exchange.write([UInt8](repeating: 0, count: 40 << 10))
                }
            }
        }
        let client = try server.client(receiveBuffer: 4 << 10)
        try client.send(RawClient.request("GET", "/", fields: isKeptAlive ? "" : "Connection: close\r\n"))
        #expect(try client.receiveHead().status == 200)
        if sending == .fewBytesLeft {
            // Reads until the exchange was called, and then no more.
            while server.log.count("drained") == 0 { _ = try client.receiveMore(atMost: 4 << 10) }
        }
        #expect(server.test.losesAllConnections())
        #expect(server.eventually("cancelled"))
        // The close drops the kernel's remaining bytes.
        #expect(throws: RawSocketError.failed(ECONNRESET)) { while try client.receiveMore() {} }
    }

    /// A complete response that the client does not read.
    @Test(arguments: [false, true])
    func closesWhenTheClientDoesNotReadTheEnd(isKeptAlive: Bool) throws {
        let limits: DownstreamLimits = shortened {
            $0.stallMilliseconds = 200
            $0.idleMilliseconds = 200
        }
        let server = try ScriptedServer(limits: limits) { exchange in
            exchange.respond(String(repeating: "x", count: 16 << 20))
        }
        let client = try server.client(receiveBuffer: 4 << 10)
        try client.send(RawClient.request("GET", "/", fields: isKeptAlive ? "" : "Connection: close\r\n"))
        #expect(try client.receiveHead().status == 200)
        #expect(server.test.losesAllConnections())
    }

    /// A client that was slow and has caught up is not to blame for a slow exchange afterwards.
    @Test func exchangesOfSlowClientsHaveNoTimeLimit() throws {
        let server = try ScriptedServer(limits: shortened { $0.stallMilliseconds = 300 }) { exchange in
            exchange.begin(.untilClose)
            // The head has left by then, and content goes straight to the socket until that blocks. The rest is too
            // little for congestion.
            exchange.after(milliseconds: 1) { exchange in
                let block = [UInt8](repeating: 0, count: 32 << 10)
                while !exchange.isCancelled, exchange.downstream.waitingOutput == 0 { exchange.write(block) }
                #expect(!exchange.downstream.checkCongestion())
                exchange.after(milliseconds: 900) { exchange in
                    exchange.write("end")
                    exchange.end()
                }
            }
        }
        let client = try server.client(receiveBuffer: 8 << 10)
        try client.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try client.receiveResponse().text.hasSuffix("end"))
    }

    @Test func endsIdleConnectionsWhenDraining() throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let idle = try server.client()
        #expect(try idle.exchange("GET", "/").status == 200)
        let log = server.log
        server.test.onLoop { server in
            server.onDrained = { log.add("drained all") }
            server.drain()
        }
        #expect(try idle.isEndedByPeer())
        idle.close()
        #expect(server.eventually("drained all"))
        #expect(server.test.onLoop { $0.connectionCount } == 0)
    }

    /// A connection without a request must not delay the end of a server for the time of a head.
    @Test func drainingClosesConnectionsWithoutARequest() throws {
        var limits = DownstreamLimits()
        limits.drainFirstMilliseconds = 0
        let server = try ScriptedServer(limits: limits, script: ScriptedServer.describe)
        let warm = try server.client()
        #expect(server.test.has(connections: 1))
        server.test.onLoop { $0.drain() }
        #expect(try warm.isEndedByPeer())
        warm.close()
        #expect(server.test.losesAllConnections())
    }

    @Test func drainingServesOneMoreRequestOfIdleConnections() throws {
        var limits = DownstreamLimits()
        limits.drainIdleMilliseconds = 60_000
        let server = try ScriptedServer(limits: limits, script: ScriptedServer.describe)
        let fresh = try server.client()
        let used = try server.client()
        #expect(try used.exchange("GET", "/").status == 200)
        #expect(server.test.has(connections: 2))
        server.test.onLoop { $0.drain() }
        for client in [fresh, used] {
            let response = try client.exchange("GET", "/")
            #expect(response.status == 200)
            #expect(response.fields["connection"] == "close")
            #expect(try client.isEndedByPeer())
            client.close()
        }
        #expect(server.test.losesAllConnections())
    }

    @Test func finishesRequestsWhenDraining() throws {
        let server = try ScriptedServer { exchange in exchange.after(milliseconds: 100) { $0.respond("finished") } }
        let busy = try server.client()
        try busy.send(RawClient.request("GET", "/"))
        let started = try server.client()
        try started.send(RawClient.request("GET", "/") + "GET / HT")
        #expect(server.eventually("end 0", count: 2))
        server.test.onLoop { $0.drain() }
        for client in [busy, started] {
            let response = try client.receiveResponse()
            #expect(response.text == "finished")
            #expect(response.fields["connection"] == "close")
            #expect(try client.isEndedByPeer())
        }
        busy.close()
        started.close()
        #expect(server.test.losesAllConnections())
    }

    @Test func drainingAcceptsNoConnection() throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        server.test.onLoop { $0.drain() }
        let client = try server.client()
        try client.send(RawClient.request("GET", "/"))
        // Another holder of the listener may accept it. This server does not.
        for _ in 0..<50 { #expect(server.test.onLoop { $0.counters.accepted.current } == 0) }
    }

    @Test func drainingAnIdleServerEndsAtOnce() throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let log = server.log
        server.test.onLoop { server in
            server.onDrained = { log.add("drained all") }
            server.drain()
            server.drain()
        }
        #expect(log.all == ["drained all"])
    }

    @Test func theNumberOfConnectionsIsBounded() throws {
        let server = try ScriptedServer(slots: 2, script: ScriptedServer.describe)
        let first = try server.client()
        let second = try server.client()
        #expect(try first.exchange("GET", "/1").status == 200)
        #expect(try second.exchange("GET", "/2").status == 200)
        let third = try server.client()
        try third.send(RawClient.request("GET", "/3"))
        #expect(server.test.thread.eventually { server.test.server.counters.reached(.maxConnections) > 0 })
        #expect(server.test.onLoop { $0.connectionCount } == 2)
        #expect(try first.exchange("GET", "/1").status == 200)
        // The connection waits in the queue and is served when there is room.
        first.close()
        #expect(try third.receiveResponse().text == "GET /3 ")
        #expect(server.test.onLoop { $0.connectionCount } == 2)
    }

    @Test func aFullServerReportsIt() throws {
        let server = try ScriptedServer(slots: 1, script: ScriptedServer.describe)
        let log = server.log
        server.test.onLoop { $0.onFull = { log.add("full") } }
        let first = try server.client()
        #expect(try first.exchange("GET", "/").status == 200)
        #expect(log.count("full") == 0)
        let second = try server.client()
        #expect(server.eventually("full"))
        withExtendedLifetime(second) {}
    }

    @Test func endsEverythingAtOnce() throws {
        let server = try ScriptedServer { _ in }
        let clients = try (0..<5).map { _ in try server.client() }
        for client in clients { try client.send(RawClient.request("GET", "/")) }
        #expect(server.eventually("end 0", count: 5))
        server.test.onLoop { $0.closeAll() }
        for client in clients { #expect(try client.isEndedByPeer()) }
        #expect(server.log.count("cancelled") == 5)
        #expect(server.test.becomesIdle())
    }
}
