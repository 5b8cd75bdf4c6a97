import Connections
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// One health check against a scripted application.
@Suite(.timeLimit(.minutes(5))) struct ApplicationCheckTests {
    /// A check in progress on a loop of its own.
    private final class Running {
        let loop: TestLoop
        private let verdict = Mutex<ApplicationVerdict?>(nil)
        private var check: LoopBound<ApplicationCheck>?

        init(
            port: UInt16, speaksHTTP2: Bool = false, path: String? = "/up", statuses: ClosedRange<UInt16> = 200...399,
            timeoutMilliseconds: Int = 20_000
        ) throws {
            loop = try TestLoop()
            let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
            let question = HealthQuestion(
                path: path, host: "app.test", statuses: statuses, timeoutMilliseconds: timeoutMilliseconds)
            check = loop.onLoop { [self, loop] in
                let check = ApplicationCheck(
                    loop: loop.loop,
                    endpoint: UpstreamEndpoint(address: address, host: "127.0.0.1", expectation: .anybody),
                    speaksHTTP2: speaksHTTP2, question: question
                ) { [unowned self] result in verdict.withLock { $0 = result } }
                check.start()
                return LoopBound(check)
            }
        }

        deinit { loop.stop() }

        /// The verdict; nil if none comes before the deadline.
        func finish() -> ApplicationVerdict? {
            _ = loop.eventually { self.verdict.withLock { $0 != nil } }
            return verdict.withLock { $0 }
        }
    }

    /// The verdict on an application that reads one request and sends this text.
    private func verdict(
        on answer: String, statuses: ClosedRange<UInt16> = 200...399, timeoutMilliseconds: Int = 20_000,
        closes: Bool = true
    ) throws -> ApplicationVerdict? {
        let listener = try RawListener()
        let running = try Running(
            port: listener.port, statuses: statuses, timeoutMilliseconds: timeoutMilliseconds)
        let peer = try listener.accept()
        let head = try peer.receive(until: "\r\n\r\n").lowercased()
        #expect(head.hasPrefix("get /up http/1.1\r\nhost: app.test\r\n"), "\(head)")
        try peer.send(answer)
        if closes { peer.close() }
        let verdict = running.finish()
        peer.close()
        return verdict
    }

    // MARK: Connections only

    @Test(arguments: [true, false]) func withoutAPathAConnectionIsEnough(speaksHTTP2: Bool) throws {
        let listener = try RawListener()
        let running = try Running(port: listener.port, speaksHTTP2: speaksHTTP2, path: nil)
        #expect(running.finish() == .healthy)
        // No byte of a request has come.
        #expect(try listener.accept().receiveMore() == false)
    }

    @Test(arguments: [nil, "/up"] as [String?], [true, false])
    func aRefusedConnectionIsNamed(path: String?, speaksHTTP2: Bool) throws {
        let closed = ClosedPort()
        let running = try Running(port: closed.port, speaksHTTP2: speaksHTTP2, path: path)
        #expect(running.finish() == .ill("the application takes no connections: connection refused"))
    }

    // MARK: HTTP/1.1

    @Test(arguments: ["200 OK", "204 No Content", "301 Moved", "399 Last"]) func goodStatusesPass(status: String) throws
    {
        #expect(try verdict(on: "HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n") == .healthy)
    }

    @Test(arguments: [400, 404, 500, 503]) func badStatusesAreNamed(status: Int) throws {
        #expect(
            try verdict(on: "HTTP/1.1 \(status) No\r\nContent-Length: 2\r\n\r\nno")
                == .ill("the application answers GET /up with \(status)"))
    }

    @Test func theGoodStatusesAreAnOption() throws {
        let answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
        #expect(try verdict(on: answer, statuses: 401...401) == .healthy)
        #expect(
            try verdict(on: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", statuses: 401...401)
                == .ill("the application answers GET /up with 200"))
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
    func anApplicationThatHangsIsIll(beginning: String) throws {
        #expect(
            try verdict(on: beginning, timeoutMilliseconds: 300, closes: false)
                == .ill("the application does not answer GET /up within 300 ms"))
    }

    @Test func anEndBeforeTheResponseIsIll() throws {
        #expect(
            try verdict(on: "")
                == .ill("the application does not answer GET /up: the connection ended before an answer"))
    }

    @Test func aResponseThatIsNotHTTPIsIll() throws {
        guard case .ill(let reason)? = try verdict(on: "NONSENSE\r\n\r\n") else {
            Issue.record("healthy")
            return
        }
        #expect(reason.hasPrefix("the application does not answer GET /up: broken answer"), "\(reason)")
    }

    /// The check does not read a long page to its end.
    @Test func theStatusOfALongResponseCounts() throws {
        let content = String(repeating: "x", count: 100_000)
        #expect(
            try verdict(on: "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n\(content)", closes: false) == .healthy)
    }

    // MARK: HTTP/2

    @Test func anHTTP2ApplicationIsAskedInItsProtocol() throws {
        let listener = try RawListener()
        let running = try Running(port: listener.port, speaksHTTP2: true)
        let application = try HTTP2Application(listener)
        let request = try application.receiveRequest()
        #expect(request.fields[":method"] == "GET" && request.path == "/up")
        #expect(request.fields[":authority"] == "app.test" && request.fields[":scheme"] == "http")
        try application.respond(request.stream, content: 5)
        #expect(running.finish() == .healthy)
        try application.receiveToEnd()
    }

    @Test func anHTTP2ApplicationThatErrsOrHangsIsIll() throws {
        let listener = try RawListener()
        let erring = try Running(port: listener.port, speaksHTTP2: true)
        let first = try HTTP2Application(listener)
        try first.send(.headers(first.receiveRequest().stream, [(":status", "503")], isEnd: true))
        #expect(erring.finish() == .ill("the application answers GET /up with 503"))

        let hanging = try Running(port: listener.port, speaksHTTP2: true, timeoutMilliseconds: 300)
        let second = try HTTP2Application(listener)
        #expect(hanging.finish() == .ill("the application does not answer GET /up within 300 ms"))
        try second.receiveToEnd()
    }
}
