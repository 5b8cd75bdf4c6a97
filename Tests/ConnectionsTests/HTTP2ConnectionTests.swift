import Connections
import HTTP
import Sockets
import TestSupport
import Testing

/// HTTP/2 over sockets, with scripted exchanges.
@Suite(.timeLimit(.minutes(5))) struct HTTP2ConnectionTests {
    static func limits(_ change: (inout DownstreamLimits) -> Void = { _ in }) -> DownstreamLimits {
        var limits = DownstreamLimits()
        change(&limits)
        return limits
    }

    private func server(
        limits: DownstreamLimits = HTTP2ConnectionTests.limits(),
        script: @escaping (ScriptedExchange) -> Void = ScriptedServer.describe
    ) throws -> ScriptedServer {
        try ScriptedServer(limits: limits, protocols: [.http2, .http1], script: script)
    }

    @Test func answersRequestsOneAfterTheOther() throws {
        let server = try server()
        let client = try HTTP2Client(port: server.test.port)
        for number in 0..<50 {
            let response = try client.exchange("POST", "/\(number)", body: "abc")
            #expect(response.status == 200)
            #expect(response.text == "POST /\(number) abc")
            #expect(response.fields["content-type"] == "text/plain")
            #expect(response.fields["date"] != nil)
            #expect(response.fields["connection"] == nil)
        }
        #expect(server.test.becomesIdle())
        // The same exchange serves one stream after another.
        #expect(server.log.count("closed") == 0)
    }

    @Test func answersManyAtOnce() throws {
        let server = try server { exchange in
            exchange.atEnd = { exchange in exchange.after(milliseconds: 20) { $0.respond($0.target) } }
        }
        let client = try HTTP2Client(port: server.test.port)
        let streams = try (0..<100).map { try client.begin("GET", "/\($0)") }
        for (number, stream) in streams.enumerated() { #expect(try client.finish(stream).text == "/\(number)") }
        #expect(server.test.becomesIdle())
    }

    @Test func acceptsHTTP1Too() throws {
        let server = try server()
        let client = try server.client()
        #expect(try client.exchange("POST", "/a", body: "b").text == "POST /a b")
        // P is also the beginning of the preface.
        let split = try server.client()
        try split.sendByteByByte(RawClient.request("PRI", "/x"))
        #expect(try split.receiveResponse().text == "PRI /x ")
    }

    @Test func acceptsThePrefaceInPieces() throws {
        let server = try server()
        let client = try server.client()
        try client.sendByteByByte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        try client.send(HTTP2Frame.settings().bytes)
        #expect(try client.receive(count: 4)[3] == HTTP2Frame.Kind.settings)
    }

    @Test func aServerWithoutHTTP2RefusesThePreface() throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let client = try server.client()
        try client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        #expect(try client.receiveResponse().status == 400)
    }

    @Test(arguments: [
        ([("x", "\u{0}")], 400), ([("x", String(repeating: "y", count: 16_350))], 431),
        ((0...100).map { ("x\($0)", "y") }, 431), ([("expect", "wonders")], 417),
    ])
    func refusesAStreamAndGoesOn(_ fields: [(String, String)], _ status: Int) throws {
        let server = try server()
        let client = try HTTP2Client(port: server.test.port)
        let block = HTTP2Frame.block(HTTP2Frame.request("GET", "/", fields))
        let flags = HTTP2Frame.endStream | HTTP2Frame.endHeaders
        if block.count > 16_384 {
            try client.send(
                HTTP2Frame(HTTP2Frame.Kind.headers, flags: HTTP2Frame.endStream, stream: 1, Array(block[..<16_384])),
                HTTP2Frame(
                    HTTP2Frame.Kind.continuation, flags: HTTP2Frame.endHeaders, stream: 1, Array(block[16_384...])))
        } else {
            try client.send(HTTP2Frame(HTTP2Frame.Kind.headers, flags: flags, stream: 1, block))
        }
        #expect(try client.finish(1).status == status)
        try client.send(.headers(3, HTTP2Frame.request("GET", "/next")))
        #expect(try client.finish(3).text == "GET /next ")
        #expect(server.test.onLoop { $0.counters.badRequests.current } == 1)
        #expect(server.test.becomesIdle())
    }

    // MARK: Heads and ends

    @Test func passesInterimResponsesAndTrailers() throws {
        let server = try server { exchange in
            exchange.downstream.writeContinue()
            if exchange.downstream.beginInterimResponse(status: 103) { exchange.downstream.endInterimResponse() }
            exchange.atEnd = { exchange in
                exchange.begin(.chunked)
                exchange.write("content")
                for (name, value) in [("Grpc-Status", "0"), ("x-end", "1")] { exchange.trailer(name, value) }
                exchange.end()
            }
        }
        let client = try HTTP2Client(port: server.test.port)
        let response = try client.exchange("POST", "/", [("expect", "100-continue")], body: "x")
        #expect(response.interim == [100, 103])
        #expect(response.text == "content")
        #expect(response.trailers == ["grpc-status": "0", "x-end": "1"])
        #expect(response.fields["content-length"] == nil)
    }

    @Test func takesTrailers() throws {
        let server = try server()
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("POST", isEnd: false)
        try client.send(.data(stream, [1, 2]), .headers(stream, [("x-sum", "3"), ("host", "evil")]))
        #expect(try client.finish(stream).status == 200)
        #expect(server.log.all.filter { $0.hasPrefix("trailer") } == ["trailer x-sum: 3"])
    }

    @Test func aHeadHasNoContent() throws {
        let server = try server { exchange in
            exchange.atEnd = { exchange in
                exchange.begin(.length(7), status: exchange.target == "/304" ? 304 : 200)
                exchange.write("content")
                exchange.end()
            }
        }
        let client = try HTTP2Client(port: server.test.port)
        for (method, path) in [("HEAD", "/"), ("GET", "/304")] {
            let response = try client.exchange(method, path)
            #expect(response.fields["content-length"] == "7")
            #expect(response.body == [])
        }
    }

    @Test(arguments: [(30, 1 << 20), (60_000, 5_000)])
    func anEarlyResponseStopsTheUpload(_ milliseconds: Int, _ bytes: Int) throws {
        let server = try server(
            limits: HTTP2ConnectionTests.limits {
                $0.lingerMilliseconds = milliseconds
                $0.http2LingerBytes = bytes
            }
        ) { $0.respond("no", status: 413) }
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("POST", isEnd: false)
        #expect(try client.wait { $0.isWhole }(stream).status == 413)
        try client.send(.data(stream, [UInt8](repeating: 0x61, count: 10_000)))
        let response = try client.wait { $0.resetCode != nil }(stream)
        #expect(response.resetCode == 0)
        #expect(try client.exchange().status == 413)
        #expect(server.test.becomesIdle())
    }

    /// Some clients take a reset after a response for its failure, so the rest of a small upload is dropped first.
    @Test func aSmallUploadMayEndAfterItsResponse() throws {
        let server = try server { $0.respond("no", status: 413) }
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("POST", isEnd: false)
        #expect(try client.wait { $0.isWhole }(stream).status == 413)
        for _ in 0..<10 { try client.send(.data(stream, [UInt8](repeating: 0x61, count: 10_000))) }
        try client.send(.data(stream, [], isEnd: true))
        #expect(try client.exchange().status == 413)
        #expect(client.response(stream).resetCode == nil)
        #expect(server.test.becomesIdle())
    }

    /// Responds to counted content of three bytes without waiting for the stream's end.
    private static func answerThreeBytes(_ exchange: ScriptedExchange) {
        exchange.atBody = { if $0.body.count == 3 { $0.respond("got it") } }
    }

    @Test func completeCountedContentHasTimeForItsEnd() throws {
        let server = try server(script: HTTP2ConnectionTests.answerThreeBytes)
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("POST", "/", [("content-length", "3")], isEnd: false)
        try client.send(.data(stream, [1, 2, 3]))
        #expect(try client.wait { $0.isWhole }(stream).text == "got it")
        try client.send(.data(stream, [], isEnd: true))
        let next = try client.begin("POST", "/", [("content-length", "3")], body: "abc")
        #expect(try client.finish(next).isWhole)
        #expect(client.response(stream).resetCode == nil)
        #expect(server.test.becomesIdle())
    }

    @Test func aMissingEndTimesOut() throws {
        let server = try server(
            limits: HTTP2ConnectionTests.limits { $0.lingerMilliseconds = 30 },
            script: HTTP2ConnectionTests.answerThreeBytes)
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("POST", "/", [("content-length", "3")], isEnd: false)
        try client.send(.data(stream, [1, 2, 3]))
        let response = try client.wait { $0.resetCode != nil }(stream)
        #expect(response.isWhole && response.resetCode == 0)
        #expect(try client.exchange("POST", "/", [("content-length", "3")], body: "abc").isWhole)
    }

    @Test func aBreakInTheResponseIsAReset() throws {
        let server = try server { exchange in
            exchange.begin(.length(100))
            exchange.write("begin")
            exchange.downstream.abortResponse()
        }
        let client = try HTTP2Client(port: server.test.port)
        #expect(try client.exchange().resetCode == 2)
        #expect(server.test.becomesIdle())
        // Announced content that was not written, and the reverse.
        let short = try self.server { exchange in
            exchange.begin(.length(3))
            exchange.write(exchange.target == "/long" ? "four" : "to")
            exchange.end()
        }
        let other = try HTTP2Client(port: short.test.port)
        for path in ["/short", "/long"] { #expect(try other.exchange("GET", path).resetCode == 2) }
        #expect(short.test.becomesIdle())
    }

    @Test func aResetCancels() throws {
        let server = try server { _ in }
        let client = try HTTP2Client(port: server.test.port)
        let streams = [try client.begin("GET", "/a"), try client.begin("GET", "/b")]
        #expect(server.eventually("end 0", count: 2))
        try client.send(.reset(streams[0]))
        #expect(server.eventually("cancelled"))
        #expect(server.log.count("cancelled") == 1)
        client.socket.close()
        #expect(server.eventually("cancelled", count: 2))
        #expect(server.eventually("closed", count: 2))
        #expect(server.test.losesAllConnections())
        #expect(server.test.becomesIdle())
    }

    @Test func aFloodEndsTheConnectionAndIsCounted() throws {
        let server = try server { _ in }
        let client = try HTTP2Client(port: server.test.port)
        _ = try client.begin("GET", "/a")
        let pings = [UInt8]((0..<2_000).map { _ in HTTP2Frame.ping.bytes }.joined())
        try? client.socket.send(pings)
        try? client.receiveToEnd()
        #expect(client.goAwayCode == 0xB)
        #expect(server.eventually("cancelled"))
        #expect(server.test.losesAllConnections())
        let counts = server.test.onLoop { server in server.counters.http2Floods.map(\.current) }
        #expect(counts.reduce(0, +) == 1)
    }

    // MARK: Draining

    @Test func drainsInTwoSteps() throws {
        let server = try server { exchange in
            exchange.atEnd = { exchange in exchange.after(milliseconds: 300) { $0.respond($0.target) } }
        }
        let client = try HTTP2Client(port: server.test.port)
        let stream = try client.begin("GET", "/slow")
        #expect(server.eventually("end 0"))
        server.test.onLoop { $0.drain() }
        #expect(try client.receive(HTTP2Frame.Kind.goAway).number() == 0x7FFF_FFFF)
        // The request in progress, and one that crossed the first GOAWAY.
        #expect(try client.finish(stream).text == "/slow")
        try client.receiveToEnd()
        #expect(client.goAwayStream == stream)
        #expect(client.goAwayCode == 0)
        #expect(server.test.losesAllConnections())
    }

    @Test func anIdleConnectionIsEndedByADrain() throws {
        let server = try server()
        let client = try HTTP2Client(port: server.test.port)
        #expect(try client.exchange().status == 200)
        server.test.onLoop { $0.drain() }
        try client.receiveToEnd()
        #expect(client.goAwayCode == 0)
        client.socket.close()
        #expect(server.test.losesAllConnections())
    }
}
