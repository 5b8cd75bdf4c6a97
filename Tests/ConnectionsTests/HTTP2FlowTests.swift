import Connections
import HTTP
import HTTP2
import Sockets
import TestSupport
import Testing

/// Windows and slow clients of HTTP/2 over sockets.
@Suite(.timeLimit(.minutes(5))) struct HTTP2FlowTests {
    private static func limits(_ change: (inout DownstreamLimits) -> Void = { _ in }) -> DownstreamLimits {
        HTTP2ConnectionTests.limits(change)
    }

    /// Writes `total` bytes as the client reads them.
    static func streams(_ total: Int, piece: Int = 10_000) -> (ScriptedExchange) -> Void {
        { exchange in
            var left = total
            func write(_ exchange: ScriptedExchange) {
                while left > 0 && !exchange.downstream.checkCongestion() {
                    let count = min(left, piece)
                    left -= count
                    exchange.write([UInt8](repeating: 0x78, count: count))
                }
                if left == 0 {
                    left = -1
                    exchange.end()
                }
            }
            exchange.atDrained = write
            exchange.atEnd = { exchange in
                exchange.begin(.length(UInt64(total)))
                write(exchange)
            }
        }
    }

    @Test(arguments: [100, 10_000, 100_000]) func sendsLargeContent(piece: Int) throws {
        let server = try ScriptedServer(
            limits: HTTP2FlowTests.limits(), protocols: [.http2, .http1],
            script: HTTP2FlowTests.streams(3_000_000, piece: piece))
        let client = try HTTP2Client(port: server.test.port)
        let first = try client.begin("GET", "/1")
        let second = try client.begin("GET", "/2")
        #expect(try client.finish(first).body.count == 3_000_000)
        #expect(try client.finish(second).body.count == 3_000_000)
        #expect(server.test.becomesIdle())
    }

    /// A reset of this side may leave before a large piece of content. It ends the stream during the exchange's write.
    @Test func noByteOfAnEndedStreamGoesToTheNextOne() throws {
        nonisolated(unsafe) var first: ScriptedExchange?
        let server = try ScriptedServer(limits: HTTP2FlowTests.limits(), protocols: [.http2, .http1]) { exchange in
            switch exchange.target {
            case "/first":
                first = exchange
                exchange.begin(.chunked)
                exchange.downstream.pauseReading()
                // Called at the end of a turn, before the waiting output has left.
                exchange.atBody = { $0.write([UInt8](repeating: 0x78, count: 100_000)) }
            case "/second":
                first?.downstream.resumeReading()
                exchange.respond("second")
            default: exchange.respond("third")
            }
        }
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("POST", "/first", isEnd: false)
        _ = try client.wait { $0.status == 200 }(stream)
        let next = stream + 2
        // In one segment: content that is stored, trailers that reset the stream, and a request that lets the content
        // continue.
        try client.send(
            .data(stream, [1]), .headers(stream, [("x", "a\rb")]), .headers(next, HTTP2Frame.request("GET", "/second")))
        #expect(try client.wait { $0.resetCode != nil }(stream).resetCode == 1)
        #expect(try client.finish(next).text == "second")
        // Two at a time, for both objects that have served.
        let others = [next + 2, next + 4]
        try client.send(
            .headers(others[0], HTTP2Frame.request("GET", "/")), .headers(others[1], HTTP2Frame.request("GET", "/")))
        for other in others { #expect(try client.finish(other).text == "third") }
    }

    @Test func aStreamThatIsNotReadStopsAlone() throws {
        let server = try ScriptedServer(
            limits: HTTP2FlowTests.limits(), protocols: [.http2, .http1], script: HTTP2FlowTests.streams(1_000_000))
        // The connection's window is wide open, and the stream's is not.
        let client = try HTTP2Client(port: server.test.port)
        client.opensWindows = false
        try client.send(.windowUpdate(0, 10_000_000))
        let slow = try client.begin("GET", "/slow")
        _ = try client.wait { $0.body.count == 65_535 }(slow)
        client.opensWindows = true
        #expect(try client.exchange("GET", "/fast").body.count == 1_000_000)
        #expect(client.response(slow).body.count == 65_535)
        try client.send(.windowUpdate(slow, 2_000_000))
        #expect(try client.finish(slow).body.count == 1_000_000)
    }

    @Test func aPausedExchangeStopsItsStreamAlone() throws {
        let server = try ScriptedServer(limits: HTTP2FlowTests.limits(), protocols: [.http2, .http1]) { exchange in
            if exchange.target == "/paused" {
                exchange.downstream.pauseReading()
                exchange.after(milliseconds: 500) { $0.downstream.resumeReading() }
            }
            exchange.atEnd = { $0.respond("\($0.body.count)") }
        }
        let client = try HTTP2Client(port: server.test.port)
        // The server's settings: a window of 256 KiB for each stream.
        _ = try client.receive(HTTP2Frame.Kind.settings)
        let paused = try client.begin("POST", "/paused", isEnd: false)
        let piece = [UInt8](repeating: 0x61, count: 16_000)
        for _ in 0..<16 { try client.send(.data(paused, piece)) }
        let other = try client.begin("POST", "/other", isEnd: false)
        for _ in 0..<16 { try client.send(.data(other, piece)) }
        try client.send(.data(other, [], isEnd: true))
        #expect(try client.finish(other).text == "256000")
        #expect(client.seen.contains { $0.kind == HTTP2Frame.Kind.windowUpdate && $0.stream == other })
        try client.send(.data(paused, [], isEnd: true))
        #expect(try client.finish(paused).text == "256000")
        #expect(server.test.becomesIdle())
    }

    @Test func takesMuchMoreThanTheWindows() throws {
        let server = try ScriptedServer(limits: HTTP2FlowTests.limits(), protocols: [.http2, .http1]) { exchange in
            exchange.atBody = { exchange in
                exchange.downstream.pauseReading()
                exchange.after(milliseconds: 1) { $0.downstream.resumeReading() }
            }
            exchange.atEnd = { $0.respond("\($0.body.count)") }
        }
        let client = try HTTP2Client(port: server.test.port)
        _ = try client.receive(HTTP2Frame.Kind.settings)
        let stream = try client.begin("POST", "/", isEnd: false)
        let piece = [UInt8](repeating: 0x61, count: 16_000)
        var window = 256 << 10
        var sent = 0
        while sent < 200 {
            while window >= piece.count && sent < 200 {
                try client.send(.data(stream, piece))
                window -= piece.count
                sent += 1
            }
            guard sent < 200 else { break }
            let update = try client.receive(HTTP2Frame.Kind.windowUpdate)
            if update.stream == stream { window += Int(update.number()) }
        }
        try client.send(.data(stream, [], isEnd: true))
        #expect(try client.finish(stream).text == "\(200 * 16_000)")
    }

    /// Streams beyond the limit of 128, each with an answer that waits in the session.
    private static func refused(_ streams: Range<UInt32>) -> [UInt8] {
        streams.flatMap { HTTP2Frame.headers(257 + 2 * $0, HTTP2Frame.request()).bytes }
    }

    /// A client that has begun as many streams as it may, and reads nothing. No limit of frames ends its connection.
    private static func unreading(_ server: ScriptedServer) throws -> HTTP2Client {
        let client = try HTTP2Client(port: server.test.port, settings: [(4, 0x7FFF_FFFF)], receiveBuffer: 4_096)
        try client.send(.windowUpdate(0, 0x7FFF_0000))
        for _ in 0..<128 { _ = try client.begin("GET", "/") }
        return client
    }

    private static func limitsWithoutFloods(_ change: (inout DownstreamLimits) -> Void = { _ in }) -> DownstreamLimits {
        limits {
            $0.http2.resets = 1_000_000
            $0.http2.idleFrames = 1_000_000
            change(&$0)
        }
    }

    @Test func answersThatNobodyReadsStopTheReading() throws {
        let limits = HTTP2FlowTests.limitsWithoutFloods { $0.stallMilliseconds = 3_000 }
        let server = try ScriptedServer(
            limits: limits, protocols: [.http2, .http1], script: HTTP2FlowTests.streams(100_000_000))
        let client = try HTTP2FlowTests.unreading(server)
        // Ends when the server resets the connection of a client that does not read.
        #expect(throws: RawSocketError.self) {
            var next: UInt32 = 0
            while true {
                try client.socket.send(HTTP2FlowTests.refused(next..<next + 1_000))
                next += 1_000
            }
        }
        #expect(server.test.server.counters.receivedBytes.current < 1 << 20)
        #expect(server.test.losesAllConnections())
    }

    @Test func theReadingContinuesWhenTheAnswersLeave() throws {
        let limits = HTTP2FlowTests.limitsWithoutFloods()
        let server = try ScriptedServer(
            limits: limits, protocols: [.http2, .http1], script: HTTP2FlowTests.streams(200_000))
        let client = try HTTP2FlowTests.unreading(server)
        client.opensWindows = false
        let count: UInt32 = 4_000
        try client.socket.send(HTTP2FlowTests.refused(0..<count))
        for number in 0..<128 as Range<UInt32> {
            #expect(try client.finish(2 * number + 1).body.count == 200_000)
        }
        // The last ones may begin after another stream has ended.
        for number in 0..<count {
            let response = try client.finish(257 + 2 * number)
            #expect(response.resetCode == 7 || response.isWhole)
        }
    }
}
