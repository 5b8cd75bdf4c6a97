import Connections
import HTTP
import Proxy
import Sockets
import TestSupport
import Testing

/// The time limits of an HTTP/2 application.
@Suite(.timeLimit(.minutes(5))) struct HTTP2ForwardLimitTests {
    /// Does what the path says, and then nothing more.
    private final class Application: Exchange, Service {
        private weak var downstream: (any Downstream)?

        init(on downstream: (any Downstream)? = nil) { self.downstream = downstream }

        func makeExchange(on downstream: any Downstream) -> any Exchange { Application(on: downstream) }

        func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
            guard let downstream else { return }
            switch head.target.string(in: bytes) {
            case "/counted": begin(downstream, .length(10))
            case "/stream": begin(downstream, .chunked)
            case "/deaf": downstream.pauseReading()
            default: break
            }
        }

        private func begin(_ downstream: any Downstream, _ framing: BodyFraming) {
            downstream.beginResponse(status: 200)
            downstream.endResponseHead(framing)
            Array("begun".utf8).withUnsafeBufferPointer { downstream.writeBody($0) }
        }

        func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {}
        func requestEnd() {}
        func downstreamDrained() {}
        func cancelled() {}
    }

    private let application: TestServer

    init() throws {
        application = try TestServer(protocols: [.http2, .http1]) { _ in Application() }
    }

    /// The worker in front of it. All times are long except the tested ones.
    private func worker(
        _ change: (inout UpstreamLimits) -> Void,
        downstream changeDownstream: (inout DownstreamLimits) -> Void = { _ in }
    ) throws -> TestServer {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: application.port))
        var limits = UpstreamLimits()
        limits.responseMilliseconds = 3_600_000
        limits.stallMilliseconds = 3_600_000
        limits.streamMilliseconds = 3_600_000
        change(&limits)
        let chosen = limits
        var downstream = DownstreamLimits()
        changeDownstream(&downstream)
        return try TestServer(limits: downstream, protocols: [.http2, .http1]) { loop in
            http2Front(loop, address, limits: chosen)
        }
    }

    @Test func aMissingResponseOfAnHTTP2ApplicationIsA504() throws {
        let worker = try worker { $0.responseMilliseconds = 50 }
        let client = try RawClient(port: worker.port)
        #expect(try client.exchange("GET", "/silent").status == 504)
        #expect(application.becomesIdle())
        // The connection continues for others.
        #expect(try client.exchange("GET", "/silent").status == 504)
        #expect(application.onLoop { $0.counters.http2Connections.current } == 1)
    }

    @Test(arguments: ["/counted", "/stream"]) func aSilentResponseBreaksOff(path: String) throws {
        let worker = try worker {
            if path == "/counted" { $0.stallMilliseconds = 50 } else { $0.streamMilliseconds = 50 }
        }
        let client = try HTTP2Client(port: worker.port)
        let stream = try client.begin("GET", path)
        let response = try client.wait { $0.resetCode != nil }(stream)
        #expect(response.text == "begun")
        #expect(response.resetCode == 2)
        #expect(application.becomesIdle())
    }

    /// Both sides are silent and the request is incomplete: the client's own limit ends it.
    @Test func anUnfinishedRequestIsNoFaultOfTheApplication() throws {
        let worker = try worker {
            $0.streamMilliseconds = 20
            $0.stallMilliseconds = 20
            $0.responseMilliseconds = 20
        } downstream: {
            $0.streamMilliseconds = 200
        }
        let client = try HTTP2Client(port: worker.port)
        let stream = try client.begin("POST", "/silent", isEnd: false)
        #expect(try client.wait { $0.status != 0 }(stream).status == 408)
        #expect(application.becomesIdle())
    }

    @Test func anApplicationThatReadsNothingIsA504() throws {
        let worker = try worker { $0.stallMilliseconds = 100 }
        let client = try RawClient(port: worker.port)
        try client.send("POST /deaf HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
        let sender = Sender(client, [], [UInt8](repeating: 0x61, count: 10_000_000))
        #expect(try client.receiveResponse().status == 504)
        client.close()
        _ = sender.wait()
        #expect(application.becomesIdle())
    }
}
