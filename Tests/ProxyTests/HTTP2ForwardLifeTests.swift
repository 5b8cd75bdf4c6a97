import Connections
import Proxy
import Sockets
import TestSupport
import Testing

/// Connections to an application that stands still, or that changes its settings while requests are in progress.
@Suite(.timeLimit(.minutes(5))) struct HTTP2ForwardLifeTests {
    private let listener: RawListener

    init() throws {
        listener = try RawListener()
    }

    private func worker(_ change: (inout UpstreamLimits) -> Void = { _ in }) throws -> TestServer {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: listener.port))
        var limits = UpstreamLimits()
        change(&limits)
        return try TestServer(protocols: [.http2, .http1]) { [limits] loop in
            http2Front(loop, address, limits: limits)
        }
    }

    // MARK: PING

    /// A connection that has served a request, and then gets no answer to its PING.
    private func standstill(_ worker: TestServer, _ method: String) throws -> (HTTP2Client, stream: UInt32) {
        let client = try HTTP2Client(port: worker.port)
        let first = try client.begin()
        let application = try HTTP2Application(listener)
        application.answersPings = false
        try application.respond(try application.receiveRequest().stream, content: 1)
        #expect(try client.finish(first).isWhole)
        let stream = try client.begin(method, "/again")
        #expect(try application.receiveRequest().path == "/again")
        try application.receivePings(1)
        // The worker gives the connection up.
        try application.receiveToEnd()
        return (client, stream)
    }

    @Test func `A request on a dead connection goes out again if it is idempotent`() throws {
        let worker = try worker {
            $0.http2PingMilliseconds = 20
            $0.http2PingDeadMilliseconds = 100
        }
        let (client, stream) = try standstill(worker, "GET")
        let next = try HTTP2Application(listener)
        try next.respond(try next.receiveRequest().stream, content: 2)
        #expect(try client.finish(stream).body.count == 2)
        #expect(worker.becomesIdle())
    }

    @Test func `Another request on a dead connection is a 502`() throws {
        let worker = try worker {
            $0.http2PingMilliseconds = 20
            $0.http2PingDeadMilliseconds = 100
        }
        let (client, stream) = try standstill(worker, "POST")
        let response = try client.finish(stream)
        #expect(response.status == 502 && response.fields["understudy-untaken"] == nil)
    }

    /// The connection closes only much later, since the application may be busy.
    @Test func `A connection without an answer to its PING gets no more requests`() throws {
        let worker = try worker {
            $0.http2PingMilliseconds = 20
            $0.http2PingAnswerMilliseconds = 1
        }
        let client = try HTTP2Client(port: worker.port)
        let slow = try client.begin("GET", "/slow")
        let busy = try HTTP2Application(listener)
        busy.answersPings = false
        let request = try busy.receiveRequest()
        try busy.receivePings(1)
        waits(milliseconds: 50, on: worker)
        let stream = try client.begin("GET", "/other")
        let other = try HTTP2Application(listener)
        try other.respond(try other.receiveRequest().stream, content: 3)
        #expect(try client.finish(stream).body.count == 3)
        try busy.respond(request.stream, content: 4)
        #expect(try client.finish(slow).body.count == 4)
    }

    /// Returns when a timer of this many milliseconds has fired on the worker's loop. All earlier timers have fired too.
    private func waits(milliseconds: Int, on worker: TestServer) {
        let log = EventLog()
        let timer = worker.thread.onLoop { [loop = worker.thread.loop] in
            let timer = LoopTimer(on: loop)
            timer.action = { log.add("fired") }
            timer.set(afterMilliseconds: milliseconds)
            return timer
        }
        #expect(worker.thread.eventually { log.all == ["fired"] })
        withExtendedLifetime(timer) {}
    }

    @Test func `An application that answers PINGs may take its time`() throws {
        let worker = try worker {
            $0.http2PingMilliseconds = 20
            $0.http2PingAnswerMilliseconds = 60_000
            $0.http2PingDeadMilliseconds = 60_000
        }
        let client = try HTTP2Client(port: worker.port)
        let stream = try client.begin()
        let application = try HTTP2Application(listener)
        let request = try application.receiveRequest()
        try application.receivePings(1)
        try application.respond(request.stream, content: 5)
        #expect(try client.finish(stream).body.count == 5)
        let next = try client.begin()
        try application.respond(try application.receiveRequest().stream, content: 6)
        #expect(try client.finish(next).body.count == 6)
    }

    // MARK: Settings in flight

    /// SETTINGS_MAX_CONCURRENT_STREAMS falls below the number of open streams.
    @Test func `A lowered limit of streams sends the next request to another connection`() throws {
        let worker = try worker()
        let client = try HTTP2Client(port: worker.port)
        let first = try [client.begin("GET", "/1"), client.begin("GET", "/2")]
        let application = try HTTP2Application(listener, settings: [(3, 10)])
        let requests = try [application.receiveRequest(), application.receiveRequest()]
        try application.send(.settings([(3, 1)]))
        // The worker has the settings when it has acknowledged them.
        try application.receiveAcknowledgements(2)
        let third = try client.begin("GET", "/3")
        let other = try HTTP2Application(listener)
        let request = try other.receiveRequest()
        #expect(request.path == "/3")
        try other.respond(request.stream, content: 3)
        #expect(try client.finish(third).body.count == 3)
        for request in requests { try application.respond(request.stream, content: 1) }
        for stream in first { #expect(try client.finish(stream).isWhole) }
    }

    /// SETTINGS_INITIAL_WINDOW_SIZE changes the windows of open streams, also to less than nothing (RFC 9113 6.9.2).
    @Test func `A lowered window stops an upload until it opens again`() throws {
        let worker = try worker()
        let client = try HTTP2Client(port: worker.port)
        let content = [UInt8](repeating: 0x61, count: 100_000)
        let stream = try client.begin("POST", "/", isEnd: false)
        let application = try HTTP2Application(listener)
        let request = try application.receiveRequest()
        for start in stride(from: 0, to: content.count, by: 10_000) {
            try client.send(
                .data(stream, Array(content[start..<(start + 10_000)]), isEnd: start + 10_000 == content.count))
        }
        // The first window is used up.
        while (application.bodies[request.stream]?.count ?? 0) < 65_535 { try application.receiveFrame() }
        try application.send(.settings([(4, 1)]), .windowUpdate(0, 1 << 20))
        try application.receiveAcknowledgements(2)
        #expect(application.bodies[request.stream]?.count == 65_535)
        // From 1 - 65535 to enough for the rest.
        try application.send(.windowUpdate(request.stream, 100_000))
        #expect(try application.receiveContent(of: request.stream) == content)
        try application.respond(request.stream, content: 1)
        #expect(try client.finish(stream).isWhole)
    }

    @Test func `After a GOAWAY the requests in progress end, and the next one opens a connection`() throws {
        let worker = try worker()
        let client = try HTTP2Client(port: worker.port)
        let first = try client.begin("GET", "/1")
        let application = try HTTP2Application(listener)
        let request = try application.receiveRequest()
        // First the warning, and then the last stream (RFC 9113 6.8).
        for last: UInt32 in [0x7FFF_FFFF, request.stream] {
            try application.send(
                HTTP2Frame(HTTP2Frame.Kind.goAway, HTTP2Frame.bytes(last) + HTTP2Frame.bytes(0)), .settings())
        }
        try application.receiveAcknowledgements(3)
        let second = try client.begin("POST", "/2", body: "x")
        let other = try HTTP2Application(listener)
        try other.respond(try other.receiveRequest().stream, content: 2)
        #expect(try client.finish(second).body.count == 2)
        try application.respond(request.stream, content: 1)
        #expect(try client.finish(first).isWhole)
    }
}
