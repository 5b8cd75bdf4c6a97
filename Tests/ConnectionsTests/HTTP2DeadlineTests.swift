import Connections
import Glibc
import HTTP
import HTTP2
import Sockets
import TestSupport
import Testing

/// Time limits of HTTP/2 streams and connections.
@Suite(.timeLimit(.minutes(5))) struct HTTP2DeadlineTests {
    /// Content of known length has the time of a stall, other content the time of a stream.
    @Test(arguments: [true, false]) func missingContentOfAStreamIsA408(isCounted: Bool) throws {
        let limits = HTTP2ConnectionTests.limits {
            $0.stallMilliseconds = isCounted ? 200 : 3_600_000
            $0.streamMilliseconds = isCounted ? 3_600_000 : 200
        }
        let server = try ScriptedServer(limits: limits, protocols: [.http2, .http1]) { _ in }
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("POST", "/", isCounted ? [("content-length", "10")] : [], isEnd: false)
        try client.send(.data(stream, [1, 2, 3]))
        let response = try client.wait { $0.resetCode != nil }(stream)
        #expect(response.status == 408)
        #expect(response.resetCode == 0)
        #expect(server.eventually("cancelled"))
        #expect(server.test.becomesIdle())
        let counters = server.test.server.counters
        #expect(counters.reached(.stallTimeout) == (isCounted ? 1 : 0))
        #expect(counters.reached(.streamTimeout) == (isCounted ? 0 : 1))
    }

    /// Bytes without end, each in time, but too slow together.
    @Test func contentOfAStreamBelowTheMinimumRateIsA408() throws {
        let limits = HTTP2ConnectionTests.limits {
            $0.stallMilliseconds = 200
            $0.slowestBytesPerSecond = 1 << 30
        }
        let server = try ScriptedServer(limits: limits, protocols: [.http2, .http1]) { _ in }
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("POST", "/", [("content-length", "1000000000")], isEnd: false)
        // A server that waits for all bytes fails the test by its time limit.
        while server.log.count("cancelled") == 0 { try client.send(.data(stream, [1])) }
        #expect(try client.wait { $0.status != 0 }(stream).status == 408)
    }

    /// A stream of messages has its own pace. It lives while one of its directions progresses.
    @Test func streamsHaveNoMinimumRate() throws {
        let limits = HTTP2ConnectionTests.limits {
            $0.stallMilliseconds = 100
            $0.streamMilliseconds = 1_000
            $0.slowestBytesPerSecond = 1 << 30
        }
        let server = try ScriptedServer(limits: limits, protocols: [.http2, .http1]) { exchange in
            exchange.begin(.chunked)
            func tick(_ left: Int) {
                exchange.after(milliseconds: 250) { exchange in
                    exchange.write("y")
                    if left > 1 { tick(left - 1) } else { exchange.end() }
                }
            }
            tick(8)
        }
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("POST", "/", isEnd: false)
        #expect(try client.finish(stream).text == "yyyyyyyy")
        #expect(server.log.count("cancelled") == 0)
    }

    /// A silent stream, after a good beginning.
    @Test func aSilentStreamIsReset() throws {
        let limits = HTTP2ConnectionTests.limits { $0.streamMilliseconds = 200 }
        let server = try ScriptedServer(limits: limits, protocols: [.http2, .http1]) { exchange in
            exchange.begin(.chunked)
            exchange.write("begun")
        }
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("POST", "/", isEnd: false)
        let response = try client.wait { $0.resetCode != nil }(stream)
        #expect(response.text == "begun")
        #expect(response.resetCode == 8)
        #expect(server.eventually("cancelled"))
        #expect(server.test.server.counters.reached(.streamTimeout) == 1)
    }

    /// A window that opens byte by byte.
    @Test func aStreamReadBelowTheMinimumRateIsReset() throws {
        let limits = HTTP2ConnectionTests.limits {
            $0.stallMilliseconds = 300
            $0.slowestBytesPerSecond = 1 << 30
            $0.http2.idleFrames = .max / 2
        }
        let server = try ScriptedServer(
            limits: limits, protocols: [.http2, .http1], script: HTTP2FlowTests.streams(1_000_000))
        let client = try HTTP2Client(port: server.test.port)
        client.opensWindows = false
        let stream = try client.begin("GET", "/")
        _ = try client.wait { $0.body.count == 65_535 }(stream)
        while server.log.count("cancelled") == 0 {
            try client.send(.windowUpdate(0, 1), .windowUpdate(stream, 1))
        }
        #expect(try client.wait { $0.resetCode != nil }(stream).resetCode == 8)
        #expect(server.test.server.counters.reached(.stallTimeout) == 1)
    }

    /// The client reads the whole connection too slowly. The connection ends with a reset, whatever the kernel still
    /// holds.
    @Test func aConnectionReadBelowTheMinimumRateIsReset() throws {
        let limits = HTTP2ConnectionTests.limits {
            $0.stallMilliseconds = 300
            $0.slowestBytesPerSecond = 1 << 30
        }
        let server = try ScriptedServer(
            limits: limits, protocols: [.http2, .http1], script: HTTP2FlowTests.streams(100_000_000))
        let client = try HTTP2Client(port: server.test.port, settings: [(4, 0x7FFF_FFFF)], receiveBuffer: 4_096)
        try client.send(.windowUpdate(0, 0x7FFF_0000))
        _ = try client.begin("GET", "/")
        #expect(throws: RawSocketError.failed(ECONNRESET)) {
            while try client.socket.receiveMore(atMost: 1 << 10) { client.socket.buffer = [] }
        }
        #expect(server.test.losesAllConnections())
        #expect(server.log.count("cancelled") == 1)
    }

    @Test func unreadContentIsReset() throws {
        let server = try ScriptedServer(
            limits: HTTP2ConnectionTests.limits { $0.stallMilliseconds = 300 }, protocols: [.http2, .http1],
            script: HTTP2FlowTests.streams(1_000_000))
        let client = try HTTP2Client(port: server.test.port)
        client.opensWindows = false
        let stream = try client.begin("GET", "/")
        let response = try client.wait { $0.resetCode != nil }(stream)
        #expect(response.resetCode == 8)
        #expect(response.body.count == 65_535)
        #expect(server.eventually("cancelled"))
        #expect(server.test.becomesIdle())
    }

    @Test func aClientThatReadsNothingIsClosed() throws {
        let server = try ScriptedServer(
            limits: HTTP2ConnectionTests.limits { $0.stallMilliseconds = 300 }, protocols: [.http2, .http1],
            script: HTTP2FlowTests.streams(100_000_000))
        let client = try HTTP2Client(
            port: server.test.port, settings: [(4, 0x7FFF_FFFF)], receiveBuffer: 4_096)
        try client.send(.windowUpdate(0, 0x7FFF_0000))
        _ = try client.begin("GET", "/")
        #expect(server.eventually("cancelled"))
        #expect(server.test.losesAllConnections())
        #expect(throws: RawSocketError.failed(ECONNRESET)) { while try client.socket.receiveMore() {} }
    }

    @Test func aSlowHeadEndsTheConnection() throws {
        let server = try ScriptedServer(
            limits: HTTP2ConnectionTests.limits { $0.headMilliseconds = 200 }, protocols: [.http2, .http1]
        ) { _ in }
        let client = try HTTP2Client(port: server.test.port)
        // The server's settings. The client acknowledges them before the head, which no other frame may interrupt.
        _ = try client.receive(HTTP2Frame.Kind.settings)
        try client.send(.headers(1, HTTP2Frame.request(), isWhole: false))
        try client.receiveToEnd()
        #expect(client.goAwayCode == 0xB)
        #expect(server.test.losesAllConnections())
    }

    @Test func anIdleHTTP2ConnectionIsClosed() throws {
        let server = try ScriptedServer(
            limits: HTTP2ConnectionTests.limits { $0.idleMilliseconds = 200 }, protocols: [.http2, .http1],
            script: ScriptedServer.describe)
        let client = try HTTP2Client(port: server.test.port)
        #expect(try client.exchange().status == 200)
        try client.receiveToEnd()
        #expect(client.goAwayCode == 0)
        #expect(server.test.losesAllConnections())
    }
}
