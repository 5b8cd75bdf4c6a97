import Connections
import HTTP
import Sockets
import TestSupport
import Testing

/// Many HTTP/1.1 connections as streams of one connection.
@Suite(.timeLimit(.minutes(5))) struct MultiplexedTests {
    private static func server(_ script: @escaping (ScriptedExchange) -> Void = ScriptedServer.describe) throws
        -> ScriptedServer
    {
        try ScriptedServer(protocols: [.multiplexed, .http1], script: script)
    }

    private static let much = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 13) }

    @Test func manyRequestsShareOneConnection() throws {
        let server = try MultiplexedTests.server()
        let harness = try MultiplexedHarness(port: server.test.port)
        let connections = (0..<100).compactMap { _ in harness.connect() }
        #expect(connections.count == 100)
        for round in 0..<3 {
            let clients = connections.enumerated().map { harness.ask($1, "/\(round)/\($0)") }
            for (index, client) in clients.enumerated() {
                #expect(harness.answers(client, "GET /\(round)/\(index) "))
            }
        }
        // The streams and the connection that carries them.
        #expect(server.test.onLoop { $0.connectionCount } == 101)
        #expect(harness.thread.onLoop { connections.allSatisfy { $0.requestCount == 3 } })
    }

    @Test func contentArrivesIntactBothWays() throws {
        let server = try MultiplexedTests.server { exchange in
            exchange.atEnd = { exchange in
                exchange.begin(.length(UInt64(exchange.body.count)))
                exchange.write(exchange.body)
                exchange.end()
            }
        }
        let harness = try MultiplexedHarness(port: server.test.port)
        let connections = (0..<4).compactMap { _ in harness.connect() }
        let clients = connections.map { harness.ask($0, "/", body: MultiplexedTests.much) }
        for client in clients {
            #expect(harness.eventually { client.isEnded })
            #expect(harness.thread.onLoop { client.body == MultiplexedTests.much })
        }
    }

    /// A stream without reads stops no other stream. Each side holds no more than the window and the connection's own
    /// bounds.
    @Test func aSlowReaderStopsOnlyItself() throws {
        let server = try MultiplexedTests.server { exchange in
            guard exchange.target == "/much" else {
                ScriptedServer.describe(exchange)
                return
            }
            var sent = 0
            func pump(_ exchange: ScriptedExchange) {
                while sent < MultiplexedTests.much.count, !exchange.isCancelled, !exchange.downstream.checkCongestion()
                {
                    let end = min(sent + 30_000, MultiplexedTests.much.count)
                    exchange.write(Array(MultiplexedTests.much[sent..<end]))
                    sent = end
                }
                exchange.log.add("sent \(sent)")
                if sent == MultiplexedTests.much.count { exchange.end() }
            }
            exchange.begin(.length(UInt64(MultiplexedTests.much.count)))
            exchange.atDrained = pump
            pump(exchange)
        }
        let harness = try MultiplexedHarness(port: server.test.port)
        let slow = try #require(harness.connect())
        let quick = try #require(harness.connect())
        let reader = RecordingClient(log: EventLog())
        harness.thread.onLoop {
            reader.atSent = { _ in slow.pauseReading() }
            slow.begin(reader, method: .get)
            slow.write { $0.append("GET /much HTTP/1.1\r\nhost: x\r\n\r\n") }
            slow.endRequest()
        }
        #expect(harness.eventually { !reader.body.isEmpty })
        for index in 0..<20 { #expect(harness.answers(harness.ask(quick, "/\(index)"), "GET /\(index) ")) }
        #expect(!server.log.all.contains("sent \(MultiplexedTests.much.count)"))
        #expect(harness.thread.onLoop { reader.body.count } < 200 << 10)
        harness.thread.onLoop {
            reader.atSent = { _ in }
            slow.resumeReading()
        }
        #expect(harness.eventually { reader.isEnded })
        #expect(harness.thread.onLoop { reader.body == MultiplexedTests.much })
    }

    /// A worker before an application that takes no content: the streams hold what the balancer sends.
    @Test func `Unread content is charged, and a used budget refuses further streams`() throws {
        let account = MemoryAccount(limit: 1 << 20)
        let server = try MultiplexedTests.server { exchange in
            if exchange.method == "POST" {
                exchange.downstream.pauseReading()
            } else {
                ScriptedServer.describe(exchange)
            }
        }
        server.test.onLoop { $0.memory = account }
        let harness = try MultiplexedHarness(port: server.test.port)
        let first = try #require(harness.connect())
        #expect(harness.answers(harness.ask(first, "/x"), "GET /x "))
        let content = [UInt8](repeating: 7, count: 30_000)
        let uploads = (0..<100).compactMap { _ in harness.connect() }
        let clients = uploads.map { harness.ask($0, "/", body: content) }
        // Seven eighths of the budget are used, and the rest of the streams is refused.
        #expect(harness.eventually { account.current >= 7 << 17 })
        #expect(harness.eventually { clients.contains { $0.failure != nil } })
        // The input of one turn may arrive before it is charged. All uploads together are 3 MB.
        #expect(account.current < 2 << 20)
        let late = try #require(harness.connect())
        #expect(harness.failure(of: harness.ask(late, "/late")) == "it took nothing of the request")
        #expect(server.test.onLoop { $0.counters.reached(.memoryLimit) } > 0)
        harness.thread.onLoop { for upload in uploads { upload.cancel() } }
        #expect(harness.eventually { account.current == 0 })
        let next = try #require(harness.connect())
        #expect(harness.answers(harness.ask(next, "/y"), "GET /y "))
    }

    @Test func aCancelledRequestIsCancelledAlone() throws {
        let server = try MultiplexedTests.server { exchange in
            if exchange.target != "/never" { ScriptedServer.describe(exchange) }
        }
        let harness = try MultiplexedHarness(port: server.test.port)
        let one = try #require(harness.connect())
        let other = try #require(harness.connect())
        _ = harness.ask(one, "/never")
        #expect(server.eventually("head GET /never"))
        harness.thread.onLoop { one.cancel() }
        #expect(server.eventually("cancelled"))
        #expect(harness.answers(harness.ask(other, "/x"), "GET /x "))
        // The stream number is used again, with another generation.
        let third = try #require(harness.connect())
        #expect(harness.answers(harness.ask(third, "/y"), "GET /y "))
        #expect(!harness.log.all.contains("shared ended"))
    }

    /// A POST that was perhaps processed must not look unprocessed, because then it could be sent again.
    @Test func anAlertOnAConnectionThatHasServedIsNoRefusal() throws {
        let server = try MultiplexedTests.server { exchange in
            if exchange.target != "/never" { ScriptedServer.describe(exchange) }
        }
        let harness = try MultiplexedHarness(port: server.test.port, provider: FakeProvider { RefusedTransport($0) })
        let one = try #require(harness.connect())
        #expect(harness.answers(harness.ask(one, "/x"), "GET /x "))
        let other = try #require(harness.connect())
        let client = harness.ask(other, "/never", body: [1])
        #expect(server.eventually("end 1"))
        server.test.onLoop { $0.closeAll() }
        #expect(harness.failure(of: client) == "the connection ended before an answer")
    }

    @Test func aBrokenResponseBreaksOnlyItsStream() throws {
        let server = try MultiplexedTests.server { exchange in
            guard exchange.target == "/break" else {
                ScriptedServer.describe(exchange)
                return
            }
            exchange.begin(.length(10))
            exchange.write("half")
            exchange.after(milliseconds: 1) { $0.downstream.abortResponse() }
        }
        let harness = try MultiplexedHarness(port: server.test.port)
        let one = try #require(harness.connect())
        let other = try #require(harness.connect())
        let broken = harness.ask(one, "/break")
        #expect(harness.failure(of: broken) == "\(UpstreamFailure.closedInResponse)")
        #expect(harness.answers(harness.ask(other, "/x"), "GET /x "))
    }

    @Test func aDrainingServerFinishesAndRefuses() throws {
        let server = try MultiplexedTests.server { exchange in
            guard exchange.target == "/slow" else {
                ScriptedServer.describe(exchange)
                return
            }
            exchange.log.add("waits")
        }
        let harness = try MultiplexedHarness(port: server.test.port)
        let busy = try #require(harness.connect())
        let client = harness.ask(busy, "/slow")
        #expect(server.eventually("waits"))
        server.test.onLoop { $0.drain() }
        let late = try #require(harness.connect())
        #expect(harness.failure(of: harness.ask(late, "/late")) == "\(UpstreamFailure.notTaken)")
        #expect(!server.log.all.contains("head GET /late"))
        server.test.onLoop { $0.closeAll() }
        #expect(harness.failure(of: client) == "\(UpstreamFailure.closedBeforeResponse)")
        #expect(harness.eventually { harness.log.count("shared ended") == 1 })
        #expect(server.test.losesAllConnections())
    }

    /// A closing server refuses all new requests as unread. They can then go to other workers, whatever their method.
    @Test func lateRequestsAreRefusedAsUnread() throws {
        let server = try MultiplexedTests.server()
        let client = try server.client()
        #expect(server.test.has(connections: 1))
        server.test.onLoop { $0.drain() }
        let head = Array("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n".utf8)
        let places: [UInt8] = [0, 1, 2]
        let opened = places.flatMap { place -> [UInt8] in [0, 0, 0, UInt8(head.count), 0, 0, 0, place] + head }
        try client.send(Array("USTDY/1\n".utf8) + opened)
        let refused = places.flatMap { place -> [UInt8] in [4, 0, 0, 0, 0, 0, 0, place] }
        #expect(try client.receive(count: 24) == refused)
        #expect(try client.isEndedByPeer())
        #expect(!server.log.all.contains { $0.hasPrefix("head") })
    }

    @Test func waitingRequestsFailTogether() throws {
        // The peer accepts nothing: requests wait for the preface to leave, until the connection is reset.
        let listener = try RawListener()
        let harness = try MultiplexedHarness(port: listener.port)
        let clients = (0..<3).map { _ in RecordingClient(log: EventLog()) }
        for client in clients {
            _ = harness.connect {
                $0.begin(client, method: .post)
                $0.write { $0.append("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n") }
                $0.endRequest()
            }
        }
        try listener.accept().reset()
        for client in clients { #expect(harness.failure(of: client) == "\(UpstreamFailure.closedBeforeResponse)") }
        #expect(harness.eventually { harness.log.count("shared ended") == 1 })
        #expect(harness.connect() == nil)
    }

    @Test func theNumberOfStreamsIsBounded() throws {
        let server = try MultiplexedTests.server()
        let harness = try MultiplexedHarness(port: server.test.port)
        let connections = (0..<1024).compactMap { _ in harness.connect() }
        #expect(connections.count == 1024)
        #expect(harness.answers(harness.ask(connections[1023], "/last"), "GET /last "))
        #expect(harness.connect() == nil)
        harness.thread.onLoop { connections[5].close() }
        #expect(harness.connect() != nil)
    }

    /// The window grows for a reader that keeps up, and shrinks when much is unread.
    @Test func theWindowFollowsItsReader() throws {
        let listener = try RawListener()
        let harness = try MultiplexedHarness(port: listener.port)
        let reader = try #require(harness.connect())
        let content = RecordingClient(log: EventLog())
        harness.thread.onLoop {
            reader.begin(content, method: .get)
            reader.write { $0.append("GET / HTTP/1.1\r\nhost: x\r\n\r\n") }
            reader.endRequest()
        }
        let peer = try listener.accept()
        let opened = try peer.receive(count: 8 + 8)[8...]
        _ = try peer.receive(count: Int(opened[opened.startIndex + 3]))
        func send(_ kind: UInt8, _ place: UInt8, _ bytes: [UInt8]) throws {
            let count = bytes.count
            try peer.send(
                [kind, UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), 0, 0, 0, place] + bytes)
        }
        func creditGiven() throws -> Int {
            let frame = try peer.receive(count: 12)
            #expect(Array(frame[..<8]) == [5, 0, 0, 4, 0, 0, 0, 0])
            return frame[8...].reduce(0) { $0 << 8 | Int($1) }
        }
        try send(1, 0, Array("HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n".utf8))
        let piece = [UInt8](repeating: 7, count: 50_000)
        for _ in 0..<2 { try send(1, 0, piece) }
        // The bytes that were read, and a window more.
        #expect(try creditGiven() > 128 << 10)

        harness.thread.onLoop { reader.pauseReading() }
        for _ in 0..<4 { try send(1, 0, piece) }
        // A later request on another stream shows that the credit has been received.
        let other = try #require(harness.connect())
        let barrier = harness.ask(other, "/")
        _ = try peer.receive(until: "host: x\r\n\r\n")
        try send(1, 1, Array("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".utf8))
        #expect(harness.answers(barrier, "ok"))
        harness.thread.onLoop { reader.resumeReading() }
        #expect(try creditGiven() < 128 << 10)
        #expect(harness.eventually { content.body.count == 6 * piece.count })
    }

    /// A peer that violates the protocol loses its connection, and no other peer does.
    @Test(
        arguments: [
            [9, 0, 0, 0, 0, 0, 0, 0], [1, 255, 255, 255, 0, 0, 0, 0], [2, 0, 0, 1, 0, 0, 0, 0, 0],
            // A stream opened twice, a number beyond the table, credit beyond the window.
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0], [0, 0, 0, 0, 0, 0, 4, 0],
            [0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 4, 0, 0, 0, 0, 0, 6, 0, 1],
            [0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 4, 0, 0, 0, 0, 255, 255, 255, 255],
        ] as [[UInt8]]) func aPeerThatViolatesTheProtocolIsClosed(bytes: [UInt8]) throws
    {
        let server = try MultiplexedTests.server()
        let client = try server.client()
        try client.send("USTDY/1\n")
        try client.send(bytes + [0, 0, 0, 0])
        #expect(try client.isEndedByPeer())
        let other = try server.client()
        try other.send(RawClient.request("GET", "/still"))
        #expect(try other.receiveResponse().text == "GET /still ")
    }

    /// More bytes of one stream than its window, from a peer that ignores credit.
    @Test func aPeerThatExceedsTheWindowIsClosed() throws {
        let server = try MultiplexedTests.server { exchange in exchange.downstream.pauseReading() }
        let client = try server.client()
        try client.send("USTDY/1\n")
        let head = Array("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000\r\n\r\n".utf8)
        try client.send([0, 0, 0, UInt8(head.count), 0, 0, 0, 0] + head)
        for _ in 0..<3 { try? client.send([1, 1, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 7, count: 65_536)) }
        #expect(try client.isEndedByPeer())
        #expect(server.eventually("cancelled"))
    }

    @Test func httpContinuesAtTheSamePort() throws {
        let server = try MultiplexedTests.server()
        let client = try server.client()
        try client.sendByteByByte("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.receiveResponse().text == "GET /plain ")
    }
}
