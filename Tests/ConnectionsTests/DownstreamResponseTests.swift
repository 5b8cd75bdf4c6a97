import Connections
import HTTP
import TestSupport
import Testing

/// Outgoing responses: framing, back pressure, early and broken ones.
@Suite(.timeLimit(.minutes(5))) struct DownstreamResponseTests {
    @Test func writesChunks() throws {
        let server = try ScriptedServer { exchange in
            exchange.begin(.chunked)
            exchange.write("one")
            exchange.write("")
            exchange.write("two")
            exchange.end()
        }
        let client = try server.client()
        try client.send(RawClient.request("GET", "/"))
        let head = try client.receiveHead()
        #expect(head.fields["transfer-encoding"] == "chunked")
        #expect(head.fields["content-length"] == nil)
        #expect(try client.receiveChunk() == Array("one".utf8))
        #expect(try client.receiveChunk() == Array("two".utf8))
        #expect(try client.receiveChunk() == nil)
        #expect(try client.exchange("GET", "/").text == "onetwo")
    }

    @Test func endsContentOfUnknownLengthWithTheConnectionForOldClients() throws {
        let server = try ScriptedServer { exchange in
            exchange.begin(.chunked)
            exchange.write("one")
            exchange.write("two")
            exchange.end()
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let response = try client.receiveResponse()
        #expect(response.fields["transfer-encoding"] == nil)
        #expect(response.fields["content-length"] == nil)
        #expect(response.fields["connection"] == "close")
        #expect(response.text == "onetwo")
    }

    @Test(arguments: [BodyFraming.length(6), .chunked])
    func aResponseToHeadHasFramingWithoutContent(_ framing: BodyFraming) throws {
        let server = try ScriptedServer { exchange in
            exchange.begin(framing)
            exchange.write("onetwo")
            exchange.end()
        }
        let client = try server.client()
        let response = try client.exchange("HEAD", "/")
        #expect(response.fields["content-length"] == (framing == .chunked ? nil : "6"))
        #expect(response.fields["transfer-encoding"] == (framing == .chunked ? "chunked" : nil))
        #expect(try client.exchange("GET", "/").text == "onetwo")
    }

    @Test(arguments: [UInt16(204), 304])
    func responsesWithoutContentHaveNone(_ status: UInt16) throws {
        let server = try ScriptedServer { exchange in
            exchange.begin(.none, status: status)
            exchange.write("dropped")
            exchange.end()
        }
        let client = try server.client()
        for _ in 0..<2 {
            let response = try client.exchange("GET", "/")
            #expect(response.status == Int(status))
            #expect(response.fields["content-length"] == nil)
            #expect(response.fields["transfer-encoding"] == nil)
        }
    }

    @Test(arguments: ["short", "much too long"])
    func breaksOffWhenTheContentIsNotAsLongAsAnnounced(_ content: String) throws {
        let server = try ScriptedServer { exchange in
            exchange.begin(.length(10))
            exchange.after(milliseconds: 10) { exchange in
                exchange.write(content)
                exchange.end()
            }
        }
        let client = try server.client()
        try client.send(RawClient.request("GET", "/"))
        #expect(throws: RawSocketError.self) { try client.receiveResponse() }
        #expect(server.test.losesAllConnections())
    }

    @Test func breaksOffWithoutALastChunk() throws {
        let server = try ScriptedServer { exchange in
            exchange.begin(.chunked)
            exchange.write("begun")
            exchange.after(milliseconds: 10) { $0.downstream.abortResponse() }
        }
        let client = try server.client()
        try client.send(RawClient.request("GET", "/"))
        #expect(try client.receiveHead().status == 200)
        #expect(try client.receiveChunk() == Array("begun".utf8))
        #expect(throws: RawSocketError.self) { try client.receiveChunk() }
        #expect(server.eventually("closed"))
    }

    @Test func ignoresBytesAfterTheEnd() throws {
        let server = try ScriptedServer { exchange in
            exchange.respond("once")
            exchange.respond("twice")
            exchange.write("more")
            exchange.end()
            exchange.downstream.writeContinue()
        }
        let client = try server.client()
        #expect(try client.exchange("GET", "/").text == "once")
        #expect(try client.exchange("GET", "/").text == "once")
    }

    /// The response is complete here, but not yet at the client, which closes its sending side.
    @Test(arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1"])
    func aClientThatEndsItsSideGetsTheRestOfTheResponse(_ request: String) throws {
        let count = 8 << 20
        let server = try ScriptedServer { exchange in
            exchange.begin(.length(UInt64(count)))
            exchange.write([UInt8](repeating: 0x61, count: count))
            exchange.end()
            exchange.log.add("written")
        }
        let client = try server.client(receiveBuffer: 4096)
        try client.send(request)
        #expect(server.eventually("written"))
        client.closeWrite()
        #expect(try client.receiveResponse().body.count == count)
        #expect(server.test.losesAllConnections())
    }

    /// A response before the content: a little content is dropped to keep the connection.
    @Test func keepsTheConnectionWhenLittleContentIsUnread() throws {
        let server = try ScriptedServer { $0.respond("early") }
        let client = try server.client()
        try client.send(RawClient.request("POST", "/", body: String(repeating: "x", count: 100_000)))
        #expect(try client.receiveResponse().text == "early")
        #expect(try client.exchange("POST", "/", body: "y").text == "early")
        #expect(server.log.all.contains { $0.hasPrefix("end") } == false)
        #expect(server.test.onLoop { $0.counters.accepted.current } == 1)
    }

    /// Too much content is not dropped: the connection ends after the response, which must arrive.
    @Test func closesWhenTooMuchContentIsUnread() throws {
        let server = try ScriptedServer(limits: shortened { $0.lingerBytes = 256 << 10 }) { $0.respond("early") }
        let client = try server.client()
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 8 << 20)
        try client.send(RawClient.request("POST", "/", fields: "Content-Length: \(body.count)\r\n"))
        #expect(try client.receiveResponse().text == "early")
        let sender = Sender(client, body)
        #expect(sender.wait())
        #expect(server.test.losesAllConnections())
    }

    @Test func respondsWhileTheContentIsStillComing() throws {
        let server = try ScriptedServer { exchange in
            exchange.begin(.chunked)
            exchange.atBody = { $0.write("\($0.body.count)") }
            exchange.atEnd = { $0.end() }
        }
        let client = try server.client()
        try client.send(RawClient.request("POST", "/", fields: "Content-Length: 3\r\n"))
        #expect(try client.receiveHead().status == 200)
        for count in 1...3 {
            try client.send("x")
            #expect(try client.receiveChunk() == Array("\(count)".utf8))
        }
        #expect(try client.receiveChunk() == nil)
    }

    @Test(arguments: [BodyFraming.length(32 << 20), .chunked])
    func writesOnlyAsFastAsTheClientReads(_ framing: BodyFraming) throws {
        let server = try ScriptedServer { exchange in
            var left = 512
            let block = [UInt8](repeating: UInt8(ascii: "b"), count: 64 << 10)
            let fill: (ScriptedExchange) -> Void = { exchange in
                while left > 0, !exchange.isCancelled, !exchange.downstream.checkCongestion() {
                    left -= 1
                    exchange.write(block)
                }
                if left == 0 { exchange.end() }
                #expect(exchange.downstream.waitingOutput < 256 << 10)
            }
            exchange.begin(framing)
            exchange.atDrained = fill
            fill(exchange)
        }
        let client = try server.client(receiveBuffer: 8 << 10)
        #expect(try client.exchange("GET", "/").body.count == 32 << 20)
        // The number depends on the kernel's buffers. Without back pressure it would be zero.
        #expect(server.log.count("drained") > 2)
    }

    @Test func servesOthersWhileOneIsSlow() throws {
        let server = try ScriptedServer { exchange in
            exchange.respond(exchange.target == "/large" ? String(repeating: "x", count: 16 << 20) : "small")
        }
        let slow = try server.client(receiveBuffer: 8 << 10)
        try slow.send(RawClient.request("GET", "/large") + RawClient.request("GET", "/small"))
        #expect(try slow.receiveHead().status == 200)
        #expect(try server.client().exchange("GET", "/small").text == "small")
        #expect(try slow.receive(count: 16 << 20).count == 16 << 20)
        #expect(try slow.receiveResponse().text == "small")
    }
}
