import Connections
import Foundation
import HTTP
import Sockets
import TestSupport
import Testing

/// Arriving requests: one after another, in fragments, malformed.
@Suite(.timeLimit(.minutes(5))) struct DownstreamRequestTests {
    /// Some clients send an empty line after content (RFC 9112 2.2). The state for it must not consume the next
    /// request.
    @Test func anEmptyLineAndSilenceConsumeNothingOfTheNextRequest() throws {
        let server = try ScriptedServer(
            limits: shortened { $0.quietMilliseconds = 10 }, script: ScriptedServer.describe)
        let client = try server.client()
        try client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx\r\n")
        #expect(try client.receiveResponse().text == "POST /1 x")
        let end = ContinuousClock.now + .milliseconds(100)
        #expect(server.test.thread.eventually { ContinuousClock.now > end })
        #expect(try client.exchange("GET", "/2").text == "GET /2 ")
    }

    @Test func aConnectionWithoutARequestHasNoExchange() throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let client = try server.client()
        try client.send("GET /1 HTTP/1.1\r\n")
        #expect(server.test.has(connections: 1))
        #expect(server.makings.count("made") == 0)
        try client.send("Host: a\r\n\r\n")
        #expect(try client.receiveResponse().text == "GET /1 ")
        #expect(server.makings.count("made") == 1)
    }

    @Test(arguments: [true, false])
    func aRestReleasesAnExchangeThatKeepsNothing(outlivesRequests: Bool) throws {
        let server = try ScriptedServer(
            limits: shortened { $0.quietMilliseconds = 10 }, outlivesRequests: outlivesRequests,
            script: ScriptedServer.describe)
        let client = try server.client()
        for number in 1...3 {
            #expect(try client.exchange("GET", "/\(number)").text == "GET /\(number) ")
            let end = ContinuousClock.now + .milliseconds(100)
            #expect(server.test.thread.eventually { ContinuousClock.now > end })
        }
        #expect(server.makings.count("made") == (outlivesRequests ? 1 : 3))
    }

    @Test func keepsTheConnectionForTheNextRequest() throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let client = try server.client()
        for number in 0..<3 {
            let response = try client.exchange("POST", "/\(number)", body: "x")
            #expect(response.text == "POST /\(number) x")
            #expect(response.version == "HTTP/1.1")
            #expect(response.fields["connection"] == nil)
        }
        #expect(server.test.onLoop { $0.counters.accepted.current } == 1)
        #expect(server.log.count("cancelled") == 0)
    }

    @Test(
        arguments: [
            ("1.1", "", nil, true), ("1.1", "Connection: close\r\n", "close", false),
            ("1.1", "Connection: keep-alive, close\r\n", "close", false), ("1.0", "", "close", false),
            ("1.0", "Connection: keep-alive\r\n", "keep-alive", true),
        ] as [(String, String, String?, Bool)])
    func closesOrKeepsTheConnectionAsRequested(_ version: String, _ field: String, _ answer: String?, _ isKept: Bool)
        throws
    {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let client = try server.client()
        try client.send("GET /a HTTP/\(version)\r\nHost: test\r\n\(field)\r\n")
        let response = try client.receiveResponse()
        #expect(response.text == "GET /a ")
        #expect(response.fields["connection"] == answer)
        if isKept {
            #expect(try client.exchange("GET", "/b").text == "GET /b ")
        } else {
            #expect(try client.isEndedByPeer())
        }
    }

    /// The first response is the last to be ready.
    @Test func answersPipelinedRequestsInTheirOrder() throws {
        let server = try ScriptedServer { exchange in
            if exchange.target == "/0" {
                exchange.after(milliseconds: 30) { $0.respond("late") }
            } else {
                ScriptedServer.describe(exchange)
            }
        }
        let client = try server.client()
        try client.send((0..<20).map { RawClient.request("POST", "/\($0)", body: "\($0)") }.joined())
        #expect(try client.receiveResponse().text == "late")
        for number in 1..<20 { #expect(try client.receiveResponse().text == "POST /\(number) \(number)") }
        #expect(server.log.all.prefix(4) == ["head POST /0", "end 1", "head POST /1", "end 1"])
    }

    /// Otherwise requests with immediate responses would hold the loop as long as the client sends.
    @Test func aPipelineYieldsAfterItsShareOfRequests() throws {
        let turns = EventLog()
        let server = try ScriptedServer { exchange in
            turns.add("\(exchange.downstream.loop.now)")
            exchange.respond(exchange.target)
        }
        let client = try server.client()
        let count = 2_000
        let sender = Sender(client, Array((0..<count).map { RawClient.request("GET", "/\($0)") }.joined().utf8))
        for number in 0..<count { #expect(try client.receiveResponse().text == "/\(number)") }
        #expect(sender.wait())
        var begun: [String: Int] = [:]
        for turn in turns.all { begun[turn, default: 0] += 1 }
        #expect(begun.values.allSatisfy { $0 <= 32 }, "\(begun.values.max() ?? 0) in one turn")
    }

    @Test func aPipelineWaitsForTheClientToReadResponses() throws {
        let text = String(repeating: "x", count: 32 << 10)
        let server = try ScriptedServer { $0.respond(text) }
        let client = try server.client(receiveBuffer: 4096)
        let count = 1_000
        try client.send((0..<count).map { RawClient.request("GET", "/\($0)") }.joined())
        // Until the kernel accepts no more of the responses.
        var before = -1
        #expect(
            server.test.thread.eventually {
                defer { before = server.log.all.count }
                return before > 0 && before == server.log.all.count
            })
        #expect(server.log.all.count < count / 2)
        for _ in 0..<count { #expect(try client.receiveResponse().text.utf8.count == text.utf8.count) }
    }

    @Test func aPipelineOfAHalfClosedClientIsAnsweredCompletely() throws {
        let server = try ScriptedServer { $0.respond($0.target) }
        let client = try server.client()
        try client.send((0..<200).map { RawClient.request("GET", "/\($0)") }.joined())
        client.closeWrite()
        for number in 0..<200 { #expect(try client.receiveResponse().text == "/\(number)") }
        #expect(try client.isEndedByPeer())
    }

    /// Pipelined requests are stored up to a bound. The rest stays in the kernel.
    @Test func storedPipelinedBytesAreBounded() throws {
        let server = try ScriptedServer { exchange in
            exchange.after(milliseconds: exchange.target == "/0" ? 200 : 0) { $0.respond($0.target) }
        }
        let client = try server.client()
        let count = 3_000
        let padding = "Padding: \(String(repeating: "x", count: 200))\r\n"
        let requests = (0..<count).map { RawClient.request("GET", "/\($0)", fields: padding) }.joined()
        let sender = Sender(client, Array(requests.utf8))
        for number in 0..<count { #expect(try client.receiveResponse().text == "/\(number)") }
        #expect(sender.wait())
    }

    /// A client that reads its responses must not make the connection store more with each of them either.
    @Test func storedPipelinedBytesDoNotGrowWithTheResponses() throws {
        let account = MemoryAccount(limit: 1 << 30)
        let server = try ScriptedServer { exchange in exchange.after(milliseconds: 1) { $0.respond("x") } }
        server.test.onLoop { $0.memory = account }
        let client = try server.client()
        let request = RawClient.request("GET", "/", fields: "Padding: \(String(repeating: "x", count: 200))\r\n")
        let sender = Sender(client, Array(String(repeating: request, count: 100_000).utf8))
        for _ in 0..<300 { #expect(try client.receiveResponse().text == "x") }
        // The bound, a piece of input, and their room to grow.
        #expect(account.current <= 256 << 10)
        client.closeWrite()
        server.test.onLoop { $0.closeAll() }
        #expect(sender.wait())
    }

    @Test func takesRequestsByteByByte() throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let client = try server.client()
        try client.sendByteByByte("\r\n" + RawClient.request("POST", "/a", body: "counted"))
        #expect(try client.receiveResponse().text == "POST /a counted")
        let chunks = "3\r\nchu\r\n4;x=y\r\nnked\r\n0\r\nTrailer: x\r\n\r\n"
        try client.sendByteByByte(RawClient.request("POST", "/b", fields: "Transfer-Encoding: chunked\r\n") + chunks)
        #expect(try client.receiveResponse().text == "POST /b chunked")
        try client.sendByteByByte(RawClient.request("GET", "/c"))
        #expect(try client.receiveResponse().text == "GET /c ")
    }

    @Test(arguments: [
        ("GET /\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", 400),
        ("GET /\(String(repeating: "x", count: 9_000)) HTTP/1.1\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\nLong: \(String(repeating: "x", count: 17_000))", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "A: b\r\n", count: 101))\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n", 417),
    ])
    func refusesABrokenHeadAndCloses(_ request: String, _ status: Int) throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let client = try server.client()
        try client.send(request)
        let response = try client.receiveResponse()
        #expect(response.status == status)
        #expect(response.fields["connection"] == "close")
        #expect(response.fields["content-type"] == "application/json")
        #expect(response.text.hasPrefix("{\"error\": \""))
        #expect(try client.isEndedByPeer())
        #expect(server.log.count("closed") <= 1)
        #expect(server.log.all.filter { $0 != "closed" }.filter { $0 != "cancelled" }.isEmpty)
    }

    @Test func answersRequestsBeforeAMalformedOne() throws {
        let server = try ScriptedServer { exchange in exchange.after(milliseconds: 20) { $0.respond($0.target) } }
        let client = try server.client()
        try client.send(RawClient.request("GET", "/good") + "BAD\r\n\r\n" + RawClient.request("GET", "/never"))
        #expect(try client.receiveResponse().text == "/good")
        #expect(try client.receiveResponse().status == 400)
        #expect(try client.isEndedByPeer())
        #expect(server.log.count("head GET /never") == 0)
    }

    /// The client must get the 400 although it is still sending. An immediate close would reset the connection.
    @Test func letsAClientFinishThatIsStillSending() throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let client = try server.client()
        try client.send("BAD\r\n\r\n" + String(repeating: "x", count: 200_000))
        #expect(try client.receiveResponse().status == 400)
        #expect(try client.isEndedByPeer())
        client.close()
        #expect(server.test.losesAllConnections())
    }

    // MARK: A client that still sends after its response

    private static let upload = [UInt8](repeating: 0x61, count: 8 << 20)

    private static func head(_ fields: String = "") -> [UInt8] {
        Array(RawClient.request("POST", "/", fields: "Content-Length: \(upload.count)\r\n" + fields).utf8)
    }

    /// The client reads only after it has sent everything, far more than the kernel's buffers hold.
    @Test func aClientThatReadsAfterItsUploadGetsTheEarlyResponse() throws {
        let server = try ScriptedServer { $0.respond("no", status: 413) }
        let client = try server.client()
        for _ in 0..<2 {
            let sender = Sender(client, DownstreamRequestTests.head() + DownstreamRequestTests.upload)
            #expect(sender.wait())
            #expect(try client.receiveResponse().status == 413)
        }
        // The rest of the upload does not reach the service.
        #expect(server.log.all == ["head POST /", "head POST /"])
    }

    /// The response ends the connection.
    @Test(arguments: ["Connection: close\r\n", "Expect: 100-continue\r\n", "Bad Field: x\r\n"])
    func aClosingConnectionDoesNotDestroyTheEarlyResponse(_ field: String) throws {
        let server = try ScriptedServer { $0.respond("no", status: 413) }
        let client = try server.client()
        let sender = Sender(client, DownstreamRequestTests.head(field) + DownstreamRequestTests.upload)
        #expect(sender.wait())
        let response = try client.receiveResponse()
        #expect(response.status == (field.hasPrefix("Bad") ? 400 : 413))
        #expect(response.fields["connection"] == "close")
        #expect(try client.isEndedByPeer())
        client.close()
        #expect(server.test.losesAllConnections())
    }

    /// The bounds of that: bytes, time in total, and silence.
    @Test(arguments: [false, true], ["bytes", "time", "silence"])
    func whatIsReadAfterAResponseIsBounded(isKept: Bool, _ bound: String) throws {
        let limits: DownstreamLimits = shortened {
            $0.lingerBytes = bound == "bytes" ? 100_000 : .max
            $0.lingerTotalMilliseconds = bound == "time" ? 200 : 3_600_000
            $0.lingerMilliseconds = bound == "silence" ? 50 : 3_600_000
        }
        let server = try ScriptedServer(limits: limits) { $0.respond("no", status: 413) }
        let client = try server.client()
        try client.send(
            RawClient.request(
                "POST", "/", fields: "Content-Length: \(1 << 40)\r\n" + (isKept ? "" : "Connection: close\r\n")))
        #expect(try client.receiveResponse().status == 413)
        if bound != "silence" {
            // Sends until the server stops it.
            nonisolated(unsafe) let socket: RawSocket = client
            let piece = [UInt8](repeating: 0x61, count: 10_000)
            Thread { while (try? socket.send(piece)) != nil {} }.start()
        }
        #expect(server.test.losesAllConnections())
    }

    @Test(arguments: ["zz\r\n", "3\r\nabcd\r\n", "-1\r\n", "3\nabc\n"])
    func refusesBrokenContent(_ content: String) throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let client = try server.client()
        try client.send(RawClient.request("POST", "/", fields: "Transfer-Encoding: chunked\r\n") + content)
        #expect(try client.receiveResponse().status == 400)
        #expect(try client.isEndedByPeer())
        #expect(server.eventually("cancelled"))
    }

    @Test func breaksOffAResponseWhenTheContentTurnsOutBroken() throws {
        let server = try ScriptedServer { exchange in
            exchange.begin(.chunked)
            exchange.write("begun")
        }
        let client = try server.client()
        try client.send(RawClient.request("POST", "/", fields: "Transfer-Encoding: chunked\r\n"))
        #expect(try client.receiveHead().status == 200)
        #expect(try client.receiveChunk() == Array("begun".utf8))
        try client.send("zz\r\n")
        #expect(throws: RawSocketError.self) { try client.receiveChunk() }
        #expect(server.eventually("cancelled"))
    }

    @Test func refusesContentThatEndsEarly() throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nshort")
        client.closeWrite()
        #expect(try client.receiveResponse().status == 400)
        #expect(try client.isEndedByPeer())
    }

    @Test func answersAClientThatHasEndedItsSide() throws {
        let server = try ScriptedServer { exchange in exchange.after(milliseconds: 30) { $0.respond($0.target) } }
        let client = try server.client()
        try client.send(RawClient.request("GET", "/a"))
        client.closeWrite()
        let response = try client.receiveResponse()
        #expect(response.text == "/a")
        #expect(response.fields["connection"] == "close")
        #expect(try client.isEndedByPeer())
        #expect(server.test.losesAllConnections())
    }

    @Test func answersAllPipelinedRequestsOfAClientThatHasEndedItsSide() throws {
        let server = try ScriptedServer { exchange in exchange.after(milliseconds: 5) { $0.respond($0.target) } }
        let client = try server.client()
        try client.send((0..<5).map { RawClient.request("GET", "/\($0)") }.joined())
        client.closeWrite()
        for number in 0..<5 { #expect(try client.receiveResponse().text == "/\(number)") }
        #expect(try client.isEndedByPeer())
    }

    @Test func requestsContentWithA100() throws {
        let server = try ScriptedServer { exchange in
            #expect(exchange.expectsContinue)
            exchange.downstream.writeContinue()
            ScriptedServer.describe(exchange)
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try client.receiveResponse().status == 100)
        try client.send("ab")
        #expect(try client.receiveResponse().text == "POST / ab")
    }

    @Test func aServiceThatIsSilentForLongDoesNotWithholdThe100() throws {
        let server = try ScriptedServer(
            limits: shortened { $0.continueMilliseconds = 50 }, script: ScriptedServer.describe)
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try client.receiveResponse().status == 100)
        try client.send("ab")
        #expect(try client.receiveResponse().text == "POST / ab")
    }

    /// After a final response instead of the 100, the server can't know whether the content still comes. Later bytes
    /// could be content or a request (RFC 9110 10.1.1).
    @Test func closesAfterAFinalAnswerInsteadOfContinue() throws {
        let server = try ScriptedServer { $0.respond("no", status: 403) }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 30\r\n\r\n")
        let response = try client.receiveResponse()
        #expect(response.status == 403)
        #expect(response.fields["connection"] == "close")
        #expect(try client.isEndedByPeer())
    }

    @Test func reportsABreakOfTheClientToTheExchange() throws {
        let server = try ScriptedServer { _ in }
        let client = try server.client()
        try client.send(RawClient.request("GET", "/a"))
        #expect(server.eventually("end 0"))
        client.reset()
        #expect(server.eventually("closed"))
        #expect(server.log.all == ["head GET /a", "end 0", "cancelled", "closed"])
        #expect(server.test.losesAllConnections())
        #expect(server.test.becomesIdle())
    }

    @Test func pausesContentForAnExchange() throws {
        let server = try ScriptedServer { exchange in
            exchange.atBody = { exchange in
                exchange.downstream.pauseReading()
                exchange.log.add("body")
                exchange.after(milliseconds: 20) { $0.downstream.resumeReading() }
            }
            exchange.atEnd = { $0.respond("\($0.body.count)") }
        }
        let client = try server.client()
        let body = [UInt8](repeating: 0, count: 512 << 10)
        try client.send(RawClient.request("POST", "/", fields: "Content-Length: \(body.count)\r\n"))
        let sender = Sender(client, body)
        #expect(try client.receiveResponse().text == "\(body.count)")
        #expect(sender.wait())
        // Each piece is one read of at most 64 KiB.
        #expect(server.log.count("body") >= 8)
    }
}
