import Connections
import Foundation
import Proxy
import TestSupport
import Testing

/// The retry law with faulty workers: the client's response, and how often workers saw the request.
@Suite(.timeLimit(.minutes(5))) struct RetryTests {
    enum Request: String, CaseIterable, Sendable {
        case get = "GET"
        case postWithoutBody = "POST without content"
        case postWithBody = "POST with content"
        case getWithLargeBody = "GET with more content than is kept"

        var method: String { self == .get || self == .getWithLargeBody ? "GET" : "POST" }

        /// The first byte and the last are distinct, and nothing in between repeats soon.
        var body: [UInt8]? {
            switch self {
            case .get: nil
            case .postWithoutBody: []
            case .postWithBody: Array("content".utf8)
            case .getWithLargeBody: (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            }
        }

        func send(over client: RawClient) throws {
            let length = body.map { "Content-Length: \($0.count)\r\n" } ?? ""
            try client.send("\(method) / HTTP/1.1\r\nHost: test\r\n\(length)\r\n")
            if let body, !body.isEmpty { try client.send(body) }
        }
    }

    /// The fault of the first worker that gets the request. Other workers respond with 200.
    enum Fault: String, CaseIterable, Sendable {
        case closes = "closes before an answer"
        case resets = "resets before an answer"
        case halfAHead = "closes in the middle of the head"
        case halfAnAnswer = "closes in the middle of the content"
        case halfAChunk = "closes in the middle of a chunk"
        case garbage = "answers with no HTTP"
        case twoLengths = "answers with two lengths"
        case never = "never answers"

        func act(_ peer: ScriptedUpstream.Peer) throws {
            switch self {
            case .closes: break
            case .resets: peer.socket.reset()
            case .halfAHead: try peer.send("HTTP/1.1 200 OK\r\nContent-Le")
            case .halfAnAnswer: try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            case .halfAChunk: try peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf")
            case .garbage: try peer.send("NONSENSE\r\n\r\n")
            case .twoLengths: try peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx")
            case .never: peer.waitForClose()
            }
        }

        /// The client's result, and the number of workers that saw the request.
        func outcome(of request: Request) -> (status: Int, seen: Int) {
            switch self {
            case .closes, .resets, .halfAHead: request == .get ? (200, 2) : (502, 1)
            case .halfAnAnswer, .halfAChunk: (200, 1)
            case .garbage, .twoLengths: (502, 1)
            case .never: (504, 1)
            }
        }
    }

    private static let limits: UpstreamLimits = {
        var limits = UpstreamLimits()
        limits.responseMilliseconds = 300
        return limits
    }()

    /// A worker in front of a dead application responds at once, and would get most requests.
    @Test func untakenRequestsGoToAnotherWorker() throws {
        let untaken = OneTime()
        let workers = try (0..<2).map { _ in
            try ScriptedUpstream { peer in
                while true {
                    try peer.request()
                    if untaken.take() {
                        try peer.answer("no", status: "502 Bad Gateway", fields: "understudy-untaken: 1\r\n")
                    } else {
                        try peer.answer()
                    }
                }
            }
        }
        let proxy = try ProxyHarness(workers.enumerated().map { $1.worker("worker-\($0 + 1)") })
        let client = try proxy.client()
        #expect(try client.exchange("POST", "/", body: "content").text == "ok")
        #expect(workers.map(\.requests.count) == [1, 1])
        #expect(proxy.givesBackEverybody())
        #expect(proxy.events.all.count == 1)
        #expect(proxy.counters.retries(.notTaken) == 1)
    }

    /// A worker without room is no worse for that, however often it says so: its clients use all that it has.
    @Test func aWorkerWithoutRoomHasNotFailed() throws {
        let full = try ScriptedUpstream { peer in
            while true {
                try peer.request()
                try peer.answer("no", status: "503 Service Unavailable", fields: "understudy-untaken: busy\r\n")
            }
        }
        let good = try ScriptedUpstream()
        let proxy = try ProxyHarness([full.worker("full"), good.worker("good")])
        let client = try proxy.client()
        for _ in 0..<20 { #expect(try client.exchange("POST", "/", body: "content").text == "ok") }
        #expect(!full.requests.isEmpty)
        #expect(proxy.events.all == [])
        #expect(proxy.givesBackEverybody())
    }

    /// The request may have begun, so it does not go out again. The client sees no field of the cluster.
    @Test func aRequestThatAWorkerHasShedIsNoFailureOfIt() throws {
        let worker = try ScriptedUpstream { peer in
            while true {
                try peer.request()
                try peer.answer("no", status: "503 Service Unavailable", fields: "understudy-shed: 1\r\n")
            }
        }
        let proxy = try ProxyHarness([worker.worker()])
        let response = try proxy.client().exchange("GET", "/")
        #expect(response.status == 503 && response.text == "no")
        #expect(response.fields["understudy-shed"] == nil)
        #expect(proxy.events.all == [])
        #expect(proxy.givesBackEverybody())
    }

    /// As if the worker had died: the application may have begun the request.
    @Test(arguments: Request.allCases)
    func aRequestWhoseApplicationDiedGoesToAnotherWorkerIfItMay(_ request: Request) throws {
        let dies = OneTime()
        let log = RequestLog()
        let workers = try (0..<2).map { _ in
            try ScriptedUpstream { peer in
                while true {
                    log.add(try peer.request())
                    if dies.take() {
                        try peer.answer("no", status: "502 Bad Gateway", fields: "understudy-unanswered: 1\r\n")
                    } else {
                        try peer.answer("good")
                    }
                }
            }
        }
        let proxy = try ProxyHarness(workers.enumerated().map { $1.worker("worker-\($0 + 1)") })
        let client = try proxy.client()
        try request.send(over: client)
        let response = try client.receiveResponse()
        #expect(response.status == (request == .get ? 200 : 502))
        #expect(response.fields["understudy-unanswered"] == nil)
        #expect(log.all.count == (request == .get ? 2 : 1))
        #expect(proxy.counters.retries(.closed) == (request == .get ? 1 : 0))
        #expect(proxy.givesBackEverybody())
        #expect(proxy.events.all == ["failed worker-1: the connection ended before an answer"])
    }

    /// A worker in front of an application that dies. The worker has one application only, so the balancer decides.
    @Test(arguments: Request.allCases) func aWorkerSaysThatItsApplicationDied(_ request: Request) throws {
        let application = try ScriptedUpstream { try $0.request() }
        let worker = try ProxyHarness([application.worker()], policy: ProxyPolicy(edge: nil))
        let client = try worker.client()
        try request.send(over: client)
        let response = try client.receiveResponse()
        #expect(response.status == 502)
        #expect(response.fields["understudy-unanswered"] == "1")
        #expect(response.fields["understudy-untaken"] == nil)
        #expect(application.requests.count == 1)
    }

    /// No response in time permits no retry: the application may still work on the request.
    @Test func aWorkerDoesNotSaySoOfAnApplicationThatHangs() throws {
        let application = try ScriptedUpstream {
            try $0.request()
            $0.waitForClose()
        }
        let worker = try ProxyHarness(
            [application.worker()], policy: ProxyPolicy(edge: nil), limits: RetryTests.limits)
        let response = try worker.client().exchange("GET", "/")
        #expect(response.status == 504)
        #expect(response.fields["understudy-unanswered"] == nil && response.fields["understudy-untaken"] == nil)
    }

    /// No other worker accepts it. The client gets that result, and no internal details.
    @Test func aRequestThatNoWorkerTakesIsAnError() throws {
        let worker = try ScriptedUpstream { peer in
            while true {
                try peer.request()
                try peer.answer("no", status: "503 Service Unavailable", fields: "understudy-untaken: 1\r\n")
            }
        }
        let proxy = try ProxyHarness([worker.worker()])
        let response = try proxy.client().exchange("POST", "/", body: "content")
        #expect(response.status == 502)
        #expect(response.fields["understudy-untaken"] == nil)
        #expect(proxy.givesBackEverybody())
    }

    /// Two workers. The one with the first request has the fault.
    private static func pair(_ fault: Fault, log: RequestLog) throws -> [ScriptedUpstream] {
        let isFaulty = OneTime()
        return try (0..<2).map { _ in
            try ScriptedUpstream { peer in
                while true {
                    log.add(try peer.request())
                    if isFaulty.take() {
                        try fault.act(peer)
                        return
                    }
                    try peer.answer("good")
                }
            }
        }
    }

    @Test(arguments: Fault.allCases, Request.allCases)
    func aWorker(_ fault: Fault, for request: Request) throws {
        let log = RequestLog()
        let workers = try RetryTests.pair(fault, log: log)
        let proxy = try ProxyHarness(
            [workers[0].worker("worker-1"), workers[1].worker("worker-2")], limits: RetryTests.limits)
        let client = try proxy.client()
        try request.send(over: client)
        let head = try client.receiveHead()
        let expected = fault.outcome(of: request)
        #expect(head.status == expected.status)
        switch fault {
        case .halfAnAnswer:
            #expect(head.fields["content-length"] == "10")
            #expect(try client.receiveToEnd() == Array("half".utf8))
        case .halfAChunk:
            // The client can detect the break: the last chunk is missing.
            #expect(try client.receiveToEnd() == Array("4\r\nhalf\r\n".utf8))
        default:
            let body = try client.receive(count: Int(head.fields["content-length"] ?? "") ?? 0)
            if expected.status == 200 { #expect(body == Array("good".utf8)) }
            // The client's connection can serve another request.
            #expect(try client.exchange("GET", "/again").text == "good")
        }
        let seen = log.all.filter { $0.line.contains(" / ") }
        #expect(seen.count == expected.seen)
        for one in seen { #expect(one.body == request.body ?? []) }
        #expect(proxy.givesBackEverybody())
        #expect(proxy.events.all.count { $0.hasPrefix("failed") } == 1)
    }

    private static func expect(_ log: RequestLog, times: Int, body: [UInt8]?) {
        let seen = log.all
        #expect(seen.count == times)
        for request in seen { #expect(request.body == body ?? []) }
    }

    // MARK: Unreachable workers: any request may go to another one

    @Test(arguments: Request.allCases) func aRefusingWorkerIsSkipped(_ request: Request) throws {
        let log = RequestLog()
        let good = try ScriptedUpstream { peer in
            while true {
                log.add(try peer.request())
                try peer.answer("good")
            }
        }
        let closed = [ClosedPort(), ClosedPort()]
        let proxy = try ProxyHarness(
            closed.enumerated().map { ProxyHarness.Worker(id: "closed-\($0)", port: $1.port) } + [good.worker()])
        // Several requests: the workers take turns.
        for _ in 0..<8 {
            let client = try proxy.client()
            try request.send(over: client)
            let response = try client.receiveResponse()
            #expect(response.status == 200)
            #expect(response.text == "good")
        }
        RetryTests.expect(log, times: 8, body: request.body)
        #expect(proxy.counters.retries(.connect) >= 1)
        withExtendedLifetime(closed) {}
    }

    @Test(arguments: Request.allCases) func whenAllWorkersRefuseTheClientGets502(_ request: Request) throws {
        let closed = [ClosedPort(), ClosedPort()]
        let proxy = try ProxyHarness(
            closed.enumerated().map { ProxyHarness.Worker(id: "closed-\($0)", port: $1.port) })
        let client = try proxy.client()
        try request.send(over: client)
        let response = try client.receiveResponse()
        #expect(response.status == 502)
        #expect(response.fields["content-type"] == "application/json")
        #expect(response.fields["retry-after"] == nil)
        #expect(
            proxy.events.all.sorted() == ["failed closed-0: connection refused", "failed closed-1: connection refused"])
    }

    @Test(arguments: [Request.get, .postWithBody]) func aWorkerThatAcceptsNoConnectionIsSkipped(_ request: Request)
        throws
    {
        let log = RequestLog()
        let good = try ScriptedUpstream { peer in
            while true {
                log.add(try peer.request())
                try peer.answer("good")
            }
        }
        let full = try FullListener()
        var limits = UpstreamLimits()
        limits.connectMilliseconds = 200
        let proxy = try ProxyHarness(
            [ProxyHarness.Worker(id: "full", port: full.port), good.worker()], limits: limits)
        for _ in 0..<5 {
            let client = try proxy.client()
            try request.send(over: client)
            #expect(try client.receiveResponse().text == "good")
        }
        RetryTests.expect(log, times: 5, body: request.body)
        #expect(proxy.events.all.allSatisfy { $0 == "failed full: no connection in time" })
        // As the only worker, it leaves only the wait.
        proxy.set([ProxyHarness.Worker(id: "full", port: full.port)])
        let client = try proxy.client()
        try request.send(over: client)
        #expect(try client.receiveResponse().status == 504)
    }

    @Test func atMostTwoRetries() throws {
        let closed = (0..<5).map { _ in ClosedPort() }
        let proxy = try ProxyHarness(
            closed.enumerated().map { ProxyHarness.Worker(id: "closed-\($0)", port: $1.port) })
        #expect(try proxy.client().exchange("GET", "/").status == 502)
        #expect(proxy.events.all.count == 3)
        #expect(proxy.counters.retries(.connect) == 2)
    }

    // MARK: Kept connections

    /// A worker that closes each connection after reading its second request.
    private static func forgetful(_ log: RequestLog) throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            log.add(try peer.request())
            try peer.answer("good")
            log.add(try peer.request())
        }
    }

    @Test func aRequestThatMayBeRepeatedSurvivesTheEndOfAKeptConnection() throws {
        let log = RequestLog()
        let worker = try RetryTests.forgetful(log)
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        #expect(try client.exchange("GET", "/1").text == "good")
        #expect(try client.exchange("GET", "/2").text == "good")
        #expect(log.all.map(\.line) == ["GET /1 HTTP/1.1", "GET /2 HTTP/1.1", "GET /2 HTTP/1.1"])
        #expect(worker.connectionCount == 2)
        // The end of a kept connection is no fault of the worker.
        #expect(proxy.events.all == [])
    }

    @Test(arguments: [nil, "content"] as [String?])
    func aRequestThatMayNotIsSentOnceOverAKeptConnection(body: String?) throws {
        let log = RequestLog()
        let worker = try RetryTests.forgetful(log)
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        #expect(try client.exchange("GET", "/1").text == "good")
        let response = try client.exchange("POST", "/2", body: body)
        #expect(response.status == 502)
        #expect(log.all.map(\.line) == ["GET /1 HTTP/1.1", "POST /2 HTTP/1.1"])
    }

    @Test func aConnectionThatTheWorkerHasEndedIsNotUsedAgain() throws {
        let log = RequestLog()
        let worker = try ScriptedUpstream { peer in
            log.add(try peer.request())
            try peer.answer("good")
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        for number in 1...5 {
            #expect(try client.exchange("GET", "/\(number)").text == "good")
        }
        #expect(log.all.count >= 5)
        let served = log.all.map(\.connection)
        #expect(Set(served).count == served.count)
    }

    @Test func connectionCloseOfAWorkerIsRespected() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.answer("good", fields: "Connection: close\r\n")
            peer.waitForClose()
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        for number in 1...3 {
            #expect(try client.exchange("POST", "/\(number)", body: "x").text == "good")
            #expect(worker.isClosedByProxy(count: number))
        }
        #expect(worker.requests.count == 3)
    }

    @Test func unexpectedBytesEndAKeptConnection() throws {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.answer("good")
            try peer.answer("evil")
            peer.waitForClose()
        }
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        for number in 1...3 {
            #expect(try client.exchange("GET", "/\(number)").text == "good")
            #expect(worker.isClosedByProxy(count: number))
        }
    }
}
