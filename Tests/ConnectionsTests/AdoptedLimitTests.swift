import Connections
import Glibc
import HTTP
import Sockets
import TestSupport
import Testing

/// New limits of a running server: a request in progress keeps those with which it began, and the next one gets the new ones.
@Suite(.timeLimit(.minutes(5))) struct AdoptedLimitTests {
    private func adopt(_ limits: DownstreamLimits, in server: ScriptedServer) {
        server.test.onLoop { $0.adopt(limits) }
    }

    private static let upgrade =
        "GET /t HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

    private static func describe(_ exchange: ScriptedExchange) {
        exchange.log.add("begun \(exchange.target)")
        ScriptedServer.describe(exchange)
    }

    private static func echo(_ exchange: ScriptedExchange) {
        exchange.downstream.beginTunnel()
        exchange.downstream.endTunnelHead()
        exchange.atBody = { $0.write("echo") }
    }

    @Test func `A kept connection parses its next request under the new limits`() throws {
        let server = try ScriptedServer(script: ScriptedServer.describe)
        let client = try server.client()
        let field = "X: \(String(repeating: "x", count: 2_000))\r\n"
        #expect(try client.exchange("GET", "/", fields: field).status == 200)
        // A head that has begun keeps the limits of its beginning.
        let counters = server.test.server.counters
        let received = counters.receivedBytes.current
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n")
        #expect(server.test.thread.eventually { counters.receivedBytes.current > received })
        adopt(DownstreamLimits(http: HTTPLimits(head: 1 << 10)), in: server)
        try client.send("\(field)\r\n")
        #expect(try client.receiveResponse().status == 200)
        #expect(try client.exchange("GET", "/", fields: field).status == 431)
    }

    @Test func `A kept connection parses a larger head after its limit was raised`() throws {
        let server = try ScriptedServer(
            limits: DownstreamLimits(http: HTTPLimits(head: 1 << 10)), script: ScriptedServer.describe)
        let client = try server.client()
        #expect(try client.exchange("GET", "/").status == 200)
        adopt(DownstreamLimits(), in: server)
        let field = "X: \(String(repeating: "x", count: 2_000))\r\n"
        #expect(try client.exchange("GET", "/", fields: field).status == 200)
    }

    @Test func `Content in progress keeps its time, and the next content has the new one`() throws {
        let server = try ScriptedServer(script: AdoptedLimitTests.describe)
        let begun = try server.client()
        try begun.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf,")
        #expect(server.eventually("begun /a"))
        adopt(shortened { $0.stallMilliseconds = 50 }, in: server)
        let late = try server.client()
        try late.send("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf,")
        #expect(try late.receiveResponse().status == 408)
        try begun.send("whole")
        #expect(try begun.receiveResponse().text == "POST /a half,whole")
        // The same connection again.
        try begun.send("POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf,")
        #expect(try begun.receiveResponse().status == 408)
    }

    @Test func `A tunnel keeps its idle time`() throws {
        let server = try ScriptedServer(script: AdoptedLimitTests.echo)
        let open = try server.client()
        try open.send(AdoptedLimitTests.upgrade)
        #expect(try open.receive(until: "\r\n\r\n").contains("101"))
        adopt(shortened { $0.tunnelIdleMilliseconds = 50 }, in: server)
        // Each byte sets the timer anew.
        try open.send("x")
        #expect(try open.receive(until: "echo") == "echo")
        let late = try server.client()
        try late.send(AdoptedLimitTests.upgrade)
        #expect(try late.receive(until: "\r\n\r\n").contains("101"))
        #expect(try late.isEndedByPeer())
        try open.send("x")
        #expect(try open.receive(until: "echo") == "echo")
    }

    /// The stream's object has served a stream before.
    @Test func `A later stream of an HTTP/2 connection has the new time limits`() throws {
        let server = try ScriptedServer(
            protocols: [.http2, .http1], script: HTTP2FlowTests.streams(1_000_000))
        let client = try HTTP2Client(port: server.test.port)
        let first = try client.begin("GET", "/")
        #expect(try client.finish(first).body.count == 1_000_000)
        adopt(shortened { $0.stallMilliseconds = 100 }, in: server)
        client.opensWindows = false
        let second = try client.begin("GET", "/")
        #expect(try client.wait { $0.resetCode != nil }(second).resetCode == 8)
        #expect(server.test.server.counters.reached(.stallTimeout) == 1)
    }
}
