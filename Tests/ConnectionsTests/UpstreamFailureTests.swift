import Connections
import HTTP
import Sockets
import TestSupport
import Testing

/// Failures of requests, and the calls of their clients: exactly one end each.
@Suite(.timeLimit(.minutes(5))) struct UpstreamFailureTests {
    @Test func reportsThatNoProcessListens() throws {
        let port = try RawListener().port
        let client = RecordingClient(log: EventLog())
        let harness = try UpstreamHarness(log: client.log, port: port, body: { $0.begin(client, method: .get) })
        #expect(harness.eventually("failed: connection refused"))
        #expect(client.failure?.isBeforeRequest == true)
        #expect(harness.events == ["closed", "failed: connection refused"])
    }

    @Test func aRefusedConnectWithoutARequestCloses() throws {
        let harness = try UpstreamHarness(port: try RawListener().port)
        #expect(harness.eventually("closed"))
        #expect(harness.events == ["closed"])
    }

    @Test(arguments: [false, true])
    func reportsAnEndBeforeTheResponse(isReset: Bool) throws {
        let harness = try UpstreamHarness()
        let client = harness.begin()
        let peer = try harness.acceptRequest()
        if isReset { peer.reset() } else { peer.close() }
        #expect(harness.eventually("failed: the connection ended before an answer"))
        #expect(client.failure?.isBeforeRequest == false)
        #expect(client.failure?.isBeforeResponse == true)
        #expect(harness.onLoop { $0.isRequestOnTheWay })
        #expect(harness.log.count("closed") == 1)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    ])
    func reportsAnEndInTheResponse(_ part: String) throws {
        let harness = try UpstreamHarness()
        let client = harness.begin()
        let peer = try harness.acceptRequest()
        try peer.send(part)
        #expect(harness.eventually("response 200 OK"))
        peer.close()
        #expect(harness.eventually("failed: the connection ended in the middle of the answer"))
        #expect(!client.isEnded)
        #expect(
            harness.events == [
                "response 200 OK", "closed", "failed: the connection ended in the middle of the answer",
            ])
    }

    @Test func reportsHalfAHeadAsNoResponse() throws {
        let harness = try UpstreamHarness()
        harness.begin()
        let peer = try harness.acceptRequest()
        try peer.send("HTTP/1.1 200 OK\r\nContent-Le")
        peer.close()
        #expect(harness.eventually("failed: the connection ended before an answer"))
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 99 No\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nLong: \(String(repeating: "x", count: 20_000))",
        // Interim responses without end.
        String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", count: 500),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func reportsAMalformedResponse(_ response: String) throws {
        let harness = try UpstreamHarness()
        let client = harness.begin()
        let peer = try harness.acceptRequest()
        try peer.send(response)
        #expect(harness.eventually("closed"))
        #expect(harness.thread.eventually { client.failure != nil })
        guard case .badResponse? = client.failure else {
            Issue.record("\(String(describing: client.failure))")
            return
        }
        #expect(!client.isEnded)
    }

    // MARK: Time

    @Test func aSlowHandshakeTimesOut() throws {
        let harness = try UpstreamHarness(limits: shortened { $0.connectMilliseconds = 50 }) {
            FakeProvider { FakeSecureTransport($0, result: .wants(.read), identity: .anonymous) }
        }
        let client = harness.begin()
        let peer = try harness.listener.accept()
        #expect(harness.eventually("failed: no connection in time"))
        #expect(client.failure?.isBeforeRequest == true)
        #expect(try peer.isEndedByPeer())
    }

    @Test func aMissingResponseTimesOut() throws {
        let harness = try UpstreamHarness(limits: shortened { $0.responseMilliseconds = 50 })
        harness.begin()
        let peer = try harness.acceptRequest()
        #expect(harness.eventually("failed: no answer in time"))
        #expect(try peer.isEndedByPeer())
    }

    @Test func aStalledResponseTimesOut() throws {
        let harness = try UpstreamHarness(limits: shortened { $0.stallMilliseconds = 50 })
        harness.begin()
        let peer = try harness.acceptRequest()
        try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
        #expect(harness.eventually("failed: no answer in time"))
        #expect(try peer.isEndedByPeer())
    }

    /// A response of unknown length may be silent for longer, but not forever.
    @Test(arguments: ["Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", "\r\nx"])
    func aSilentResponseStreamTimesOut(_ begun: String) throws {
        let limits: UpstreamLimits = shortened {
            $0.stallMilliseconds = 3_600_000
            $0.streamMilliseconds = 50
        }
        let harness = try UpstreamHarness(limits: limits)
        harness.begin()
        let peer = try harness.acceptRequest()
        try peer.send("HTTP/1.1 200 OK\r\n" + begun)
        #expect(harness.eventually("failed: no answer in time"))
        #expect(try peer.isEndedByPeer())
    }

    @Test func waitsForAStreamLongerThanForAStall() throws {
        let limits: UpstreamLimits = shortened {
            $0.stallMilliseconds = 20
            $0.streamMilliseconds = 3_600_000
        }
        let harness = try UpstreamHarness(limits: limits)
        let client = harness.begin()
        let peer = try harness.acceptRequest()
        try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        #expect(harness.thread.eventually { client.body.count == 1 })
        // A timer that is set now fires after the one of a stall would have.
        harness.waits(milliseconds: 100)
        try peer.send("1\r\ny\r\n0\r\n\r\n")
        #expect(harness.eventually("ended"))
    }

    @Test(arguments: [false, true])
    func aPeerThatDoesNotReadTimesOut(isWhole: Bool) throws {
        let limits: UpstreamLimits = shortened {
            $0.stallMilliseconds = 100
            $0.responseMilliseconds = 100
        }
        let harness = try UpstreamHarness(limits: limits)
        harness.begin(String(repeating: "x", count: 32 << 20), method: .post, isWhole: isWhole)
        let peer = try harness.listener.accept()
        #expect(harness.eventually("failed: no answer in time"))
        withExtendedLifetime(peer) {}
    }

    @Test func endsAnIdleConnection() throws {
        let harness = try UpstreamHarness(limits: shortened { $0.idleMilliseconds = 50 })
        let peer = try harness.listener.accept()
        #expect(try peer.isEndedByPeer())
        #expect(harness.eventually("closed"))
        #expect(harness.log.all == ["open", "closed"])
    }

    // MARK: Identity

    @Test(arguments: [
        (PeerExpectation.exactly("spiffe://c/worker/a"), PeerIdentity.uri("spiffe://c/worker/b"), false),
        (.exactly("spiffe://c/worker/a"), .uri("spiffe://c/worker/a"), true),
        (.exactly("spiffe://c/worker/a"), .anonymous, false), (.exactly("x"), .unusable("two names"), false),
        (.prefix("spiffe://c/balancer/"), .uri("spiffe://c/balancer/b"), true),
        (.prefix("spiffe://c/balancer/"), .uri("spiffe://c/worker/b"), false), (.anybody, .anonymous, true),
    ])
    func sendsNothingToAnotherNode(_ expectation: PeerExpectation, _ identity: PeerIdentity, _ isRight: Bool) throws {
        let client = RecordingClient(log: EventLog())
        let harness = try UpstreamHarness(
            log: client.log, expectation: expectation,
            makeProvider: { FakeProvider { FakeSecureTransport($0, result: .complete, identity: identity) } },
            body: { connection in
                connection.begin(client, method: .get)
                connection.write { $0.append("GET / HTTP/1.1\r\n\r\n") }
                connection.endRequest()
            })
        let peer = try harness.listener.accept()
        if isRight {
            #expect(try peer.receive(until: "\r\n\r\n") == "GET / HTTP/1.1\r\n\r\n")
        } else {
            #expect(try peer.isEndedByPeer())
            #expect(harness.eventually("closed"))
            #expect(harness.thread.eventually { client.failure?.isBeforeRequest == true })
        }
    }

    @Test func reportsAFailedHandshake() throws {
        let client = RecordingClient(log: EventLog())
        let harness = try UpstreamHarness(
            log: client.log,
            makeProvider: {
                FakeProvider {
                    FakeSecureTransport(
                        $0, result: .failed(.secure(.hostMismatch, message: "another host")), identity: .anonymous)
                }
            },
            body: { $0.begin(client, method: .get) })
        #expect(harness.eventually("failed: another host"))
        #expect(client.failure?.isBeforeRequest == true)
        #expect(harness.log.count("closed") == 1)
    }

    // MARK: Breaks while sending

    /// The peer responds and closes while the request is still being sent: the response counts.
    @Test func aResponseBeforeTheCloseCounts() throws {
        let harness = try UpstreamHarness {
            FakeProvider { BreakingTransport($0, answer: "HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nbig") }
        }
        let client = harness.begin(String(repeating: "x", count: 100_000), method: .post, isWhole: false)
        #expect(harness.eventually("ended"))
        #expect(client.body == Array("big".utf8))
        #expect(client.failure == nil)
    }

    @Test func reportsACloseWithoutAResponse() throws {
        let harness = try UpstreamHarness { FakeProvider { BreakingTransport($0, answer: "") } }
        harness.begin(String(repeating: "x", count: 100_000), method: .post, isWhole: false)
        #expect(harness.eventually("failed: the connection ended before an answer"))
    }

    /// All sources of a loop read into one buffer. A broken upstream must not read its response while a downstream's
    /// bytes are still in use.
    @Test func doesNotTouchTheBytesOfOtherConnections() throws {
        let listener = try RawListener()
        let address = try #require(SocketAddress(host: "127.0.0.1", port: listener.port))
        let answer = "HTTP/1.1 413 No\r\nContent-Length: 60000\r\n\r\n" + String(repeating: "Z", count: 60_000)
        let log = EventLog()
        let server = try ScriptedServer { exchange in
            let upstream = UpstreamConnection(
                loop: exchange.downstream.loop,
                endpoint: UpstreamEndpoint(address: address, host: "127.0.0.1", expectation: .anybody),
                provider: FakeProvider { BreakingTransport($0, answer: answer) })
            let client = RecordingClient(log: log)
            upstream.start()
            upstream.begin(client, method: .post)
            exchange.after(milliseconds: 50) { exchange in
                // The upstream is connected by now. The content arrives after this.
                exchange.downstream.writeContinue()
            }
            exchange.atBody = { exchange in
                guard exchange.body.count == 1 else { return }
                upstream.write { $0.append(text: String(repeating: "y", count: 70_000)) }
            }
            exchange.atEnd = { exchange in
                upstream.cancel()
                exchange.respond(String(decoding: exchange.body, as: UTF8.self))
            }
        }
        let client = try server.client()
        try client.send(
            RawClient.request("POST", "/", fields: "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"))
        #expect(try client.receiveResponse().status == 100)
        let content = (0..<1_000).map { String($0 % 10) }
        try client.send(content.map { "1\r\n\($0)\r\n" }.joined() + "0\r\n\r\n")
        #expect(try client.receiveResponse().text == content.joined())
    }

    /// The peer answers early, and then takes no more of the request.
    @Test func readsTheWholeAnswerOfAPeerThatTakesNoMore() throws {
        let count = 2 << 20
        let answer = "HTTP/1.1 413 No\r\nContent-Length: \(count)\r\n\r\n" + String(repeating: "Z", count: count)
        let harness = try UpstreamHarness(makeProvider: { FakeProvider { BreakingTransport($0, answer: answer) } })
        let client = harness.begin("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", isWhole: false)
        #expect(harness.eventually("ended"))
        #expect(client.body.count == count)
        #expect(harness.events == ["response 413 No", "closed", "ended"])
    }

    @Test func reportsTheCloseToAnAttachedClient() throws {
        let harness = try UpstreamHarness()
        harness.begin()
        let peer = try harness.acceptRequest()
        harness.onLoop { $0.close() }
        #expect(harness.events == ["closed", "failed: the connection ended before an answer"])
        #expect(try peer.isEndedByPeer())
    }
}
