import Proxy
import Sockets
import TestSupport
import Testing

@testable import Connections

/// The memory of a worker for the content of an application's responses.
@Suite(.timeLimit(.minutes(5))) struct HTTP2ForwardMemoryTests {
    private let listener: RawListener
    private let account = MemoryAccount(limit: 1 << 20)

    init() throws {
        listener = try RawListener()
    }

    private func worker() throws -> TestServer {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: listener.port))
        var limits = UpstreamLimits()
        limits.memory = account
        // This test is not about resets.
        limits.http2ResetBurst = 1_000
        limits.http2Resets = 1_000
        // So that content waits in the stream to the application, not behind it.
        var downstream = DownstreamLimits()
        downstream.outputHigh = 1_000
        downstream.outputLow = 500
        return try TestServer(limits: downstream, protocols: [.http2, .http1]) { [limits] loop in
            http2Front(loop, address, limits: limits, queueMilliseconds: 20_000)
        }
    }

    /// A client that takes nothing can't make the worker store more than the budget of a connection, and clients that keep
    /// up are served beside it.
    @Test func theMemoryForResponsesIsBounded() throws {
        let worker = try worker()
        let slow = try HTTP2Client(port: worker.port, settings: [(4, 0)])
        let streams = try (0..<16).map { _ in try slow.begin() }
        let application = try HTTP2Application(listener)
        for _ in streams {
            try application.respond(try application.receiveRequest().stream, content: 60_000, isEnd: false)
        }
        // The worker has read all responses once it acknowledges these settings.
        try application.send(.settings([]))
        try application.receiveAcknowledgements(2)
        // The client that paused first loses its response first.
        _ = try slow.wait { $0.resetCode != nil }(try #require(streams.first))
        let share = (1 << 20) / 8
        // A buffer has room to grow, and the account knows of steps.
        #expect(account.current >= share / 2)
        #expect(account.current <= share + (128 << 10) + MemoryLedger.step)

        let eager = try HTTP2Client(port: worker.port, settings: [(4, 1 << 24)])
        try eager.send(.windowUpdate(0, 1 << 24))
        let stream = try eager.begin()
        try application.respond(try application.receiveRequest().stream, content: 300_000)
        #expect(try eager.finish(stream).body.count == 300_000)

        slow.socket.close()
        let account = account
        #expect(worker.thread.eventually { account.current == 0 })
    }

    /// The balancer may ask another worker.
    @Test func aWorkerNearItsBudgetTakesNoRequest() throws {
        let worker = try worker()
        account.adopt(limit: 1)
        account.charge(1)
        let client = try HTTP2Client(port: worker.port)
        let refused = try client.exchange()
        #expect(refused.status == 502 && refused.fields["understudy-untaken"] != nil, "\(refused)")
        account.charge(-1)
        account.adopt(limit: 1 << 20)
        let stream = try client.begin()
        let application = try HTTP2Application(listener)
        try application.respond(try application.receiveRequest().stream, content: 1)
        #expect(try client.finish(stream).isWhole)
    }
}
