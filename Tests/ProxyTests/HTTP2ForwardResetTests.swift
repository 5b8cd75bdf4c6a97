import Cluster
import Connections
import Foundation
import Proxy
import Sockets
import TestSupport
import Testing

/// Clients that cancel their requests, and applications that refuse them. Neither fails another client's request.
@Suite(.timeLimit(.minutes(5))) struct HTTP2ForwardResetTests {
    private let listener: RawListener

    init() throws {
        listener = try RawListener()
    }

    private func worker(_ change: (inout UpstreamLimits) -> Void = { _ in }) throws -> TestServer {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: listener.port))
        var limits = UpstreamLimits()
        limits.http2Streams = 64
        // So that no reset becomes due during a test.
        limits.http2ResetMilliseconds = 3_600_000
        limits.http2ResetBurst = 4
        change(&limits)
        return try TestServer(protocols: [.http2, .http1]) { [limits] loop in
            http2Front(loop, address, limits: limits)
        }
    }

    /// Another client with a request in progress on the shared connection.
    private struct Bystander {
        let client: HTTP2Client
        let stream: UInt32
        let application: HTTP2Application
        let request: HTTP2Application.Request

        init(_ worker: TestServer, _ listener: RawListener) throws {
            client = try HTTP2Client(port: worker.port, settings: [(4, 1 << 24)])
            try client.send(.windowUpdate(0, 1 << 24))
            stream = try client.begin("GET", "/bystander")
            application = try HTTP2Application(listener)
            request = try application.receiveRequest()
        }

        func isServed(_ count: Int = 1_000) throws -> Bool {
            try application.respond(request.stream, content: count)
            return try client.finish(stream).body.count == count
        }
    }

    /// Begins a request, waits until the application has it, and cancels it.
    private func giveUp(
        _ client: HTTP2Client, _ application: HTTP2Application, isUpload: Bool = false
    ) throws -> HTTP2Application.Request {
        let stream = try client.begin(isUpload ? "POST" : "GET", "/given-up", isEnd: !isUpload)
        if isUpload { try client.send(.data(stream, [1, 2, 3])) }
        let request = try application.receiveRequest()
        try client.send(.reset(stream))
        return request
    }

    @Test(arguments: [false, true]) func anApplicationSeesFewResets(isUpload: Bool) throws {
        let worker = try worker()
        let bystander = try Bystander(worker, listener)
        let client = try HTTP2Client(port: worker.port)
        let application = bystander.application
        var requests: [HTTP2Application.Request] = []
        // The responses together exceed the window of the connection.
        for _ in 0..<(isUpload ? 1 : 6) {
            let more = try (0..<40).map { _ in try giveUp(client, application, isUpload: isUpload) }
            requests += more
            let server = worker.server
            let onlyBystanderIsLeft = worker.thread.eventually {
                server.counters.exchangesBegan.current == server.counters.exchangesEnded.current + 1
            }
            #expect(onlyBystanderIsLeft)
            try application.receiveResets(4)
            for request in more where !application.resets.contains(request.stream) {
                try application.respond(request.stream, content: isUpload ? 10 : 60_000)
            }
        }
        #expect(try bystander.isServed(300_000))
        #expect(application.resets == requests.prefix(4).map(\.stream))
        // An incomplete upload never looks complete.
        if isUpload { #expect(application.endedStreams == [bystander.request.stream]) }
    }

    @Test func resetsComeInTheirTurn() throws {
        let worker = try worker { $0.http2ResetMilliseconds = 20 }
        let bystander = try Bystander(worker, listener)
        let client = try HTTP2Client(port: worker.port)
        let begin = ContinuousClock.now
        let requests = try (0..<40).map { _ in try giveUp(client, bystander.application, isUpload: true) }
        try bystander.application.receiveResets(40)
        #expect(Set(bystander.application.resets) == Set(requests.map(\.stream)))
        #expect(ContinuousClock.now - begin >= .milliseconds(36 * 20))
        #expect(try bystander.isServed())
    }

    @Test func aConnectionWithoutWaitingRequestsCloses() throws {
        let worker = try worker()
        let client = try HTTP2Client(port: worker.port)
        var application: HTTP2Application?
        // One more than the limit of resets.
        for _ in 0..<5 {
            let stream = try client.begin("POST", "/given-up", isEnd: false)
            let peer = try application ?? HTTP2Application(listener)
            application = peer
            _ = try peer.receiveRequest()
            try client.send(.reset(stream))
            #expect(worker.becomesIdle())
        }
        try application?.receiveToEnd()
        #expect(application?.resets.count == 4)
        let next = try Bystander(worker, listener)
        #expect(try next.isServed())
    }

    @Test func aConnectionWithManyResetsGetsNoMoreRequests() throws {
        let worker = try worker { $0.http2Resets = 3 }
        let bystander = try Bystander(worker, listener)
        let client = try HTTP2Client(port: worker.port)
        for _ in 0..<3 { _ = try giveUp(client, bystander.application) }
        try bystander.application.receiveResets(3)
        let next = try Bystander(worker, listener)
        #expect(try next.isServed() && bystander.isServed())
        // The old connection ends as soon as no request needs it.
        try bystander.application.receiveToEnd()
    }

    enum Refusal: CaseIterable { case goAway, refusedStream, goAwayForAttack }

    /// RFC 9113 8.7: such a request was not processed, whatever its method.
    @Test(arguments: Refusal.allCases) func unprocessedRequestsAreSentAgain(refusal: Refusal) throws {
        let worker = try worker()
        let bystander = try Bystander(worker, listener)
        let client = try HTTP2Client(port: worker.port)
        let stream = try client.begin("POST", "/x", [("x-a", "b")], isEnd: false)
        try client.send(.data(stream, Array("one".utf8)))
        let request = try bystander.application.receiveRequest()
        var application = bystander.application
        if refusal == .refusedStream {
            try application.send(.reset(request.stream, code: 7))
        } else {
            let code: UInt32 = refusal == .goAway ? 0 : 11
            try application.send(
                HTTP2Frame(
                    HTTP2Frame.Kind.goAway, HTTP2Frame.bytes(bystander.request.stream) + HTTP2Frame.bytes(code)))
            application = try HTTP2Application(listener)
        }
        let again = try application.receiveRequest()
        #expect(again.fields == request.fields)
        try client.send(.data(stream, Array(" two".utf8), isEnd: true))
        #expect(try application.receiveContent(of: again.stream) == Array("one two".utf8))
        try application.respond(again.stream, content: 5)
        #expect(try client.finish(stream).body.count == 5)
        #expect(try bystander.isServed())
    }

    @Test func anUnprocessedRequestIsSentThreeTimes() throws {
        let worker = try worker()
        let client = try HTTP2Client(port: worker.port)
        let stream = try client.begin("POST", "/", body: "abc")
        let application = try HTTP2Application(listener)
        for _ in 0..<3 { try application.send(.reset(application.receiveRequest().stream, code: 7)) }
        let response = try client.finish(stream)
        // The balancer may send it to another worker.
        #expect(response.status == 502 && response.fields["understudy-untaken"] != nil)
    }

    @Test func aRequestWithABegunResponseIsNotSentAgain() throws {
        let worker = try worker()
        let client = try HTTP2Client(port: worker.port)
        let stream = try client.begin()
        let application = try HTTP2Application(listener)
        let request = try application.receiveRequest()
        try application.respond(request.stream, content: 10, isEnd: false)
        _ = try client.wait { $0.body.count == 10 }(stream)
        try application.send(.reset(request.stream, code: 7))
        #expect(try client.finish(stream).resetCode == 2)
    }

    /// The retry law is the same as for HTTP/1.1: a kept connection that ends says nothing about the application.
    @Test(arguments: ["GET", "POST"])
    func `A request whose connection ends before the response is repeated if it is idempotent`(method: String) throws {
        let worker = try worker()
        let client = try HTTP2Client(port: worker.port)
        let first = try client.begin("GET", "/first")
        let application = try HTTP2Application(listener)
        try application.respond(try application.receiveRequest().stream, content: 1)
        #expect(try client.finish(first).isWhole)
        let second = try client.begin(method, "/second")
        _ = try application.receiveRequest()
        application.socket.close()
        guard method == "GET" else {
            let response = try client.finish(second)
            #expect(response.status == 502 && response.fields["understudy-untaken"] == nil)
            #expect(response.fields["understudy-unanswered"] == "1")
            return
        }
        let next = try HTTP2Application(listener)
        let again = try next.receiveRequest()
        #expect(again.path == "/second")
        try next.respond(again.stream, content: 2)
        #expect(try client.finish(second).body.count == 2)
    }
}
