import Connections
import Proxy
import Sockets
import TestSupport
import Testing

/// The effects of streams to an application on each other and on their shared connection.
@Suite(.timeLimit(.minutes(5))) struct HTTP2ForwardWindowTests {
    /// The end of a stream whose response waits in the worker.
    enum End: CaseIterable {
        case clientResets, clientCloses, clientOfHTTP1Closes, applicationResets, applicationResetsBehindTheEnd
        case moreContentThanAnnounced
    }

    /// The frames after a complete response.
    enum Farewell: CaseIterable { case endOfConnection, goAway, goAwayAndEndOfConnection, reset }

    private static let streams = 4
    private static let response = 60_000
    /// A client that reads nothing until the test says so.
    private static let noWindow: [(UInt16, UInt32)] = [(4, 0)]

    /// A client that reads everything, also while the test acts as the application.
    private func eagerClient(_ worker: TestServer) throws -> HTTP2Client {
        let client = try HTTP2Client(port: worker.port, settings: [(4, 1 << 24)])
        try client.send(.windowUpdate(0, 1 << 24))
        return client
    }

    private let listener: RawListener

    init() throws {
        listener = try RawListener()
    }

    private func worker(
        streams: Int = HTTP2ForwardWindowTests.streams, connections: Int = 32, queueMilliseconds: Int = 20_000
    ) throws -> TestServer {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: listener.port))
        var limits = UpstreamLimits()
        limits.http2Streams = streams
        limits.http2Connections = connections
        // This test is not about resets.
        limits.http2ResetBurst = 1_000
        limits.http2Resets = 1_000
        // So that content waits in the stream to the application, not behind it.
        var downstream = DownstreamLimits()
        downstream.outputHigh = 1_000
        downstream.outputLow = 500
        downstream.halfClosedMilliseconds = 10
        return try TestServer(limits: downstream, protocols: [.http2, .http1]) { [limits] loop in
            http2Front(loop, address, limits: limits, queueMilliseconds: queueMilliseconds)
        }
    }

    /// Unread content returns to the connection's window, however its stream ends. Otherwise the connection would stop
    /// for good.
    @Test(arguments: End.allCases) func droppedContentIsGivenBack(end: End) throws {
        let worker = try worker()
        var application: HTTP2Application?
        // Together many times the window of the connection.
        for _ in 0..<24 {
            let http1 = end == .clientOfHTTP1Closes ? try RawClient(port: worker.port, receiveBuffer: 1_024) : nil
            let client = try HTTP2Client(port: worker.port, settings: HTTP2ForwardWindowTests.noWindow)
            let stream = http1 == nil ? try client.begin() : 0
            try http1?.send(RawClient.request("GET", "/"))
            let peer = try application ?? HTTP2Application(listener)
            application = peer
            let request = try peer.receiveRequest()
            switch end {
            case .applicationResets:
                try peer.respond(request.stream, content: HTTP2ForwardWindowTests.response, isEnd: false)
                try peer.send(.reset(request.stream))
                _ = try client.wait { $0.resetCode != nil }(stream)
            case .moreContentThanAnnounced:
                try peer.send(
                    .headers(request.stream, [(":status", "200"), ("content-length", "5000")], isEnd: false))
                for _ in 0..<3 { try peer.send(.data(request.stream, [UInt8](repeating: 0, count: 16_000))) }
                _ = try client.wait { $0.resetCode != nil }(stream)
            default:
                try peer.respond(request.stream, content: HTTP2ForwardWindowTests.response)
                if end == .applicationResetsBehindTheEnd { try peer.send(.reset(request.stream)) }
                if let http1 { _ = try http1.receiveHead() } else { _ = try client.wait { $0.status == 200 }(stream) }
                if end == .clientResets { try client.send(.reset(stream)) }
            }
            http1?.close()
            client.socket.close()
            #expect(worker.becomesIdle())
        }
        let client = try eagerClient(worker)
        let stream = try client.begin()
        let peer = try #require(application)
        try peer.respond(try peer.receiveRequest().stream, content: 200_000)
        #expect(try client.finish(stream).body.count == 200_000)
    }

    @Test func aClientThatReadsNothingStopsNoOther() throws {
        let worker = try worker()
        let slow = try HTTP2Client(port: worker.port, settings: HTTP2ForwardWindowTests.noWindow)
        var peer: HTTP2Application?
        for _ in 1..<HTTP2ForwardWindowTests.streams {
            let stream = try slow.begin()
            let application = try peer ?? HTTP2Application(listener)
            peer = application
            // As much as a stream holds.
            try application.respond(try application.receiveRequest().stream, content: 64 << 10, isEnd: false)
            _ = try slow.wait { $0.status == 200 }(stream)
        }
        let application = try #require(peer)
        for _ in 0..<2 {
            let client = try eagerClient(worker)
            let stream = try client.begin()
            try application.respond(try application.receiveRequest().stream, content: 300_000)
            #expect(try client.finish(stream).body.count == 300_000)
        }
    }

    @Test func requestsBeyondTheStreamsOfAConnectionGoOnAnother() throws {
        let worker = try worker(streams: 2, connections: 2, queueMilliseconds: 100)
        let client = try HTTP2Client(port: worker.port)
        var streams: [UInt32] = []
        var peers: [HTTP2Application] = []
        var requests: [HTTP2Application.Request] = []
        for _ in 0..<2 {
            for _ in 0..<2 { streams.append(try client.begin()) }
            let peer = try HTTP2Application(listener)
            for _ in 0..<2 { requests.append(try peer.receiveRequest()) }
            peers.append(peer)
        }
        // There is no third connection: this request waits in the queue, and was not processed.
        let beyond = try client.exchange()
        #expect(beyond.status == 504 && beyond.fields["understudy-untaken"] != nil, "\(beyond)")
        for (index, request) in requests.enumerated() { try peers[index / 2].respond(request.stream, content: 10) }
        for stream in streams { #expect(try client.finish(stream).body.count == 10) }
        let next = try client.begin()
        try peers[0].respond(try peers[0].receiveRequest().stream, content: 1)
        #expect(try client.finish(next).isWhole)
    }

    @Test func theApplicationsLimitOfStreamsIsKept() throws {
        let worker = try worker(streams: 4, connections: 1)
        let client = try HTTP2Client(port: worker.port)
        let first = try client.begin()
        let peer = try HTTP2Application(listener, settings: [(3, 1)])
        let one = try peer.receiveRequest()
        // Requests beyond the limit wait for their turn.
        let second = try client.begin("GET", "/second")
        try peer.respond(one.stream, content: 1)
        #expect(try client.finish(first).isWhole)
        let two = try peer.receiveRequest()
        #expect(two.path == "/second")
        try peer.respond(two.stream, content: 1)
        #expect(try client.finish(second).isWhole)
    }

    /// The fifth request waits in the queue of the loop, and not on a connection: the first stream that ends is its.
    @Test func aRequestBeyondAllConnectionsTakesTheFirstFreeStream() throws {
        let worker = try worker(streams: 10, connections: 2)
        let client = try HTTP2Client(port: worker.port)
        var streams: [UInt32] = []
        var peers: [HTTP2Application] = []
        var requests: [HTTP2Application.Request] = []
        for index in 0..<2 {
            // The application's own limit, which the worker learns with the first connection.
            for number in 0..<2 {
                streams.append(try client.begin())
                if number == 0 {
                    let peer = try HTTP2Application(listener, settings: [(3, 2)])
                    requests.append(try peer.receiveRequest())
                    try peer.receiveAcknowledgements(1)
                    peers.append(peer)
                } else {
                    requests.append(try peers[index].receiveRequest())
                }
            }
        }
        let fifth = try client.begin("GET", "/fifth")
        try peers[1].respond(requests[2].stream, content: 1)
        let request = try peers[1].receiveRequest()
        #expect(request.path == "/fifth")
        try peers[1].respond(request.stream, content: 5)
        #expect(try client.finish(fifth).body.count == 5)
        for index in [0, 1, 3] { try peers[index / 2].respond(requests[index].stream, content: 1) }
        for stream in streams { #expect(try client.finish(stream).isWhole) }
    }

    /// Before the first settings the worker can't know the limit. Requests that wait on the first connection move.
    @Test func requestsThatWaitOnAFullConnectionMoveToAnother() throws {
        let worker = try worker(streams: 128)
        let client = try HTTP2Client(port: worker.port)
        // nghttp2 sends a hundred requests before the first settings. The others wait.
        let streams = try (0..<110).map { try client.begin("GET", "/\($0)") }
        let first = try HTTP2Application(listener, settings: [(3, 100)])
        let second = try HTTP2Application(listener)
        for _ in 0..<10 { try second.respond(try second.receiveRequest().stream, content: 1) }
        for _ in 0..<100 { try first.respond(try first.receiveRequest().stream, content: 1) }
        for stream in streams { #expect(try client.finish(stream).isWhole) }
    }

    /// RFC 9113 6.8 and 9.1: responses from before the end of a connection stay valid.
    @Test(arguments: Farewell.allCases) func aCompleteResponseArrives(before farewell: Farewell) throws {
        let worker = try worker()
        for _ in 0..<3 {
            let client = try HTTP2Client(port: worker.port, settings: HTTP2ForwardWindowTests.noWindow)
            let stream = try client.begin()
            let peer = try HTTP2Application(listener)
            let request = try peer.receiveRequest()
            let goAway = HTTP2Frame(
                HTTP2Frame.Kind.goAway, HTTP2Frame.bytes(request.stream) + HTTP2Frame.bytes(0))
            // One write: the worker finds the end right after the response.
            var bytes = HTTP2Frame.headers(request.stream, [(":status", "200")], isEnd: false).bytes
            for piece in 1...4 {
                let content = [UInt8](repeating: 0x78, count: 15_000)
                bytes += HTTP2Frame.data(request.stream, content, isEnd: piece == 4).bytes
            }
            if farewell == .reset { bytes += HTTP2Frame.reset(request.stream, code: 0).bytes }
            if farewell == .goAway || farewell == .goAwayAndEndOfConnection { bytes += goAway.bytes }
            try peer.socket.send(bytes)
            if farewell != .goAway { peer.socket.closeWrite() }
            _ = try client.wait { $0.status == 200 }(stream)
            // The worker has closed its side, and the response still waits there for its client.
            while (try? peer.receiveFrame()) != nil {}
            peer.socket.close()
            try client.send(.windowUpdate(stream, 1 << 20))
            let response = try client.finish(stream)
            #expect(response.isWhole && response.body.count == 60_000, "\(response.resetCode ?? 0)")
        }
        #expect(worker.becomesIdle())
    }

    @Test func halfAResponseIsBrokenOff() throws {
        let worker = try worker()
        let client = try HTTP2Client(port: worker.port)
        let stream = try client.begin()
        let peer = try HTTP2Application(listener)
        try peer.respond(try peer.receiveRequest().stream, content: 1_000, isEnd: false)
        _ = try client.wait { $0.body.count == 1_000 }(stream)
        peer.socket.close()
        #expect(try client.finish(stream).resetCode == 2)
        #expect(worker.becomesIdle())
    }
}
