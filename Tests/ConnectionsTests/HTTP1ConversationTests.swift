import Foundation
import HTTP
import Sockets
import Testing

@testable import Connections

/// Conversations over one HTTP/1.1 connection: bytes in, calls of the service, bytes out. Without sockets, and without waiting.
struct HTTP1ConversationTests {
    /// A service that notes its calls, and does in each what the test says.
    private final class NotingExchange: Exchange {
        unowned let downstream: any Downstream
        var calls: [String] = []
        var act: (NotingExchange, String) -> Void = { _, _ in }
        /// How many calls of the service are under way: never more than one.
        private var depth = 0

        init(on downstream: any Downstream) { self.downstream = downstream }

        private func note(_ call: String) {
            #expect(depth == 0, "\(call) came inside another call")
            depth += 1
            calls.append(call)
            act(self, call)
            depth -= 1
        }

        func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
            note("head \(head.target.string(in: bytes))")
        }

        func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) { note("body \(String(decoding: bytes, as: UTF8.self))") }
        func requestEnd() { note("end") }
        func downstreamDrained() { note("drained") }
        func cancelled() { note("cancelled") }
        func connectionClosed() { note("closed") }

        /// A call that the service makes on its own, such as at the end of a timer.
        func later(_ body: (NotingExchange) -> Void) {
            depth += 1
            body(self)
            depth -= 1
        }

        func respond(_ text: String) { downstream.respond(status: 200, contentType: "text/plain", text: text) }

        func begin(_ framing: BodyFraming) {
            downstream.beginResponse(status: 200)
            downstream.endResponseHead(framing)
        }

        func write(_ text: String) { Array(text.utf8).withUnsafeBufferPointer { downstream.writeBody($0) } }
    }

    private final class NotingService: Service {
        var made: [NotingExchange] = []
        var act: (NotingExchange, String) -> Void = { _, _ in }

        func makeExchange(on downstream: any Downstream) -> any Exchange {
            let exchange = NotingExchange(on: downstream)
            exchange.act = act
            made.append(exchange)
            return exchange
        }
    }

    private let loop: EventLoop
    private let server: Server
    private let service = NotingService()
    private let transport = ScriptedTransport()
    private let connection: DownstreamConnection

    init() throws {
        loop = try EventLoop()
        server = Server(
            loop: loop, provider: TransportProvider(), service: service, limits: DownstreamLimits(),
            slots: ConnectionSlots(limit: 10))
        connection = DownstreamConnection(transport: transport, peerHost: "192.0.2.1", server: server)
        connection.start()
        // The connection would make the exchange for the first request. The tests prepare it before.
        connection.prepareExchange()
    }

    private var exchange: NotingExchange { service.made[0] }

    private func turn() { loop.turn(maximumWaitMilliseconds: 0) }

    /// Lets the bytes arrive, and ends the turn.
    private func receive(_ text: String) {
        transport.give(text)
        connection.ready(.readable)
        turn()
    }

    private func end() {
        transport.arriving = [.endOfStream]
        connection.ready(.readable)
        turn()
    }

    private static let get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let post = "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"

    /// The bodies of the responses that have left, in order.
    private var bodies: [String] {
        transport.text.components(separatedBy: "HTTP/1.1 ").dropFirst().map {
            $0.components(separatedBy: "\r\n\r\n").last ?? ""
        }
    }

    // MARK: One request

    @Test func aRequestAndItsResponse() {
        exchange.act = { exchange, call in if call == "end" { exchange.respond("one") } }
        receive(HTTP1ConversationTests.get)
        #expect(exchange.calls == ["head /a", "end"])
        #expect(bodies == ["one"])
        receive(HTTP1ConversationTests.get)
        #expect(exchange.calls == ["head /a", "end", "head /a", "end"])
    }

    @Test func contentComesInPieces() {
        exchange.act = { exchange, call in if call == "end" { exchange.respond("done") } }
        receive(HTTP1ConversationTests.post)
        receive("ab")
        receive("cd")
        #expect(exchange.calls == ["head /b", "body ab", "body cd", "end"])
        #expect(bodies == ["done"])
    }

    @Test func aResponseBeforeTheContentEndsTheCalls() {
        exchange.act = { exchange, call in if call == "head /b" { exchange.respond("early") } }
        receive(HTTP1ConversationTests.post + "ab")
        receive("cd" + HTTP1ConversationTests.get)
        #expect(exchange.calls == ["head /b", "head /a", "end"])
    }

    // MARK: No re-entrance

    @Test func theNextRequestBeginsBehindTheCallThatEndedTheResponse() {
        receive(HTTP1ConversationTests.get + HTTP1ConversationTests.get)
        #expect(exchange.calls == ["head /a", "end"])
        exchange.later {
            $0.respond("one")
            #expect($0.calls == ["head /a", "end"], "the next request waits for the end of the turn")
        }
        turn()
        #expect(exchange.calls == ["head /a", "end", "head /a", "end"])
    }

    @Test func aWriteThatFailsCancelsAtTheEndOfTheTurn() {
        receive(HTTP1ConversationTests.get)
        transport.isBroken = true
        exchange.later {
            $0.begin(.chunked)
            $0.write(String(repeating: "x", count: 128 << 10))
            #expect(!$0.calls.contains("cancelled"))
            #expect($0.downstream.checkCongestion(), "a broken connection takes nothing")
        }
        turn()
        #expect(exchange.calls == ["head /a", "end", "cancelled", "closed"])
        #expect(transport.isClosed)
    }

    @Test func contentBeyondTheLengthBreaksOffAtTheEndOfTheTurn() {
        receive(HTTP1ConversationTests.get)
        exchange.later {
            $0.begin(.length(2))
            $0.write("abc")
            $0.downstream.endResponse()
            #expect(!$0.calls.contains("cancelled"))
        }
        turn()
        #expect(exchange.calls == ["head /a", "end", "cancelled", "closed"])
        #expect(!transport.text.contains("abc"))
    }

    @Test func aResponseThatBreaksOffIsCancelledAtTheEndOfTheTurn() {
        receive(HTTP1ConversationTests.get)
        exchange.later {
            $0.begin(.chunked)
            $0.write("part")
            $0.downstream.abortResponse()
            #expect(!$0.calls.contains("cancelled"))
        }
        #expect(transport.text.hasSuffix("4\r\npart\r\n"))
        turn()
        #expect(exchange.calls == ["head /a", "end", "cancelled", "closed"])
    }

    @Test func outputThatShrinksInsideAWriteIsReportedAtTheEndOfTheTurn() {
        transport.room = 0
        receive(HTTP1ConversationTests.get)
        exchange.later {
            $0.begin(.chunked)
            $0.write(String(repeating: "x", count: 100 << 10))
            #expect($0.downstream.checkCongestion())
        }
        turn()
        transport.room = .max
        #expect(!exchange.calls.contains("drained"))
        connection.ready(.writable)
        #expect(exchange.calls.last == "drained")
    }

    // MARK: Tunnels

    @Test func aTunnelThatBeginsWithItsRequestEndsWithItsClient() {
        exchange.act = { exchange, call in
            switch call {
            case "head /t":
                exchange.downstream.beginTunnel()
                exchange.downstream.endTunnelHead()
            case "end": exchange.downstream.endResponse()
            default: break
            }
        }
        receive(
            "GET /t HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\nhi")
        #expect(exchange.calls == ["head /t", "body hi"])
        receive("ho")
        end()
        #expect(exchange.calls == ["head /t", "body hi", "body ho", "end", "closed"])
        #expect(transport.isFinished && transport.isClosed)
    }

    // MARK: The end

    @Test func theEndOfInputCancelsUnfinishedContent() {
        receive(HTTP1ConversationTests.post + "ab")
        end()
        #expect(exchange.calls == ["head /b", "body ab", "cancelled", "closed"])
        #expect(transport.text.hasPrefix("HTTP/1.1 400 ") && transport.isFinished)
    }

    @Test func aClientThatEndsItsSideGetsItsAnswerAndTheEnd() {
        receive(HTTP1ConversationTests.get)
        end()
        exchange.later { $0.respond("late") }
        turn()
        #expect(bodies == ["late"])
        #expect(transport.isFinished && transport.isClosed)
    }

    @Test func aBrokenRequestIsRefusedAndItsRestIsDropped() {
        receive("GET / HTTP/1.1\r\nHost: x\r\nBad Field: y\r\n\r\n" + HTTP1ConversationTests.get)
        #expect(exchange.calls == [])
        #expect(transport.text.hasPrefix("HTTP/1.1 400 ") && transport.isFinished)
    }
}
