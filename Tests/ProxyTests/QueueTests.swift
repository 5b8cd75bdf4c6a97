import Balancing
import Cluster
import Connections
import Foundation
import Proxy
import TestSupport
import Testing

/// Requests that wait for a worker.
@Suite(.timeLimit(.minutes(5))) struct QueueTests {
    private static func policy(milliseconds: Int = 60_000) -> ProxyPolicy {
        ProxyPolicy(edge: EdgeDuties(scheme: "http"), limits: RequestLimits(queueMilliseconds: milliseconds))
    }

    private static func room(for count: Int) -> LoadBalancerLimits {
        var limits = LoadBalancerLimits()
        limits.queue = count
        return limits
    }

    @Test func withoutAWorkerTheClientGets503() throws {
        let proxy = try ProxyHarness(policy: QueueTests.policy(milliseconds: 200))
        let client = try proxy.client()
        let began = ContinuousClock.now
        let response = try client.exchange("POST", "/", body: "content")
        #expect(began.duration(to: .now) >= .milliseconds(200))
        #expect(response.status == 503)
        #expect(response.fields["retry-after"] == "1")
        #expect(response.fields["content-type"] == "application/json")
        #expect(response.text == "{\"error\": \"no worker is ready; try again\"}\n")
        #expect(proxy.counters.queueTimeouts.current == 1)
        var durations = DurationHistogram.Durations()
        proxy.counters.queueDurations.add(to: &durations)
        #expect(durations.counts.reduce(0, +) == 1 && durations.nanoseconds >= 200_000_000)
        // The connection stays.
        #expect(try client.exchange("GET", "/").status == 503)
        #expect(proxy.counters.queued.current == 2)
    }

    @Test(arguments: ["GET", "POST"]) func aWorkerThatAppearsMeanwhileServes(method: String) throws {
        let proxy = try ProxyHarness(policy: QueueTests.policy())
        let clients = try (0..<5).map { _ in try proxy.client() }
        for (number, client) in clients.enumerated() {
            try client.send(RawClient.request(method, "/\(number)", body: method == "POST" ? "content \(number)" : nil))
        }
        #expect(proxy.hasQueued(5))
        let worker = try ScriptedUpstream()
        proxy.set([worker.worker()])
        for client in clients { #expect(try client.receiveResponse().text == "ok") }
        let seen = worker.requests.sorted { $0.line < $1.line }
        #expect(seen.map(\.line) == (0..<5).map { "\(method) /\($0) HTTP/1.1" })
        #expect(
            seen.map { String(decoding: $0.body, as: UTF8.self) }
                == (0..<5).map { method == "POST" ? "content \($0)" : "" })
        #expect(proxy.counters.queueTimeouts.current == 0)
    }

    @Test func anUnroutableWorkerDoesNotServe() throws {
        let worker = try ScriptedUpstream()
        var entry = worker.worker()
        entry.state = .joining
        let proxy = try ProxyHarness([entry], policy: QueueTests.policy())
        let client = try proxy.client()
        try client.send(RawClient.request("GET", "/"))
        #expect(proxy.hasQueued(1))
        proxy.set([entry])
        #expect(worker.requests.isEmpty)
        entry.state = .ready
        proxy.set([entry])
        #expect(try client.receiveResponse().status == 200)
    }

    /// Content that arrives before and during the wait, in fragments, and more than the replay buffer holds.
    @Test(arguments: [1_000, 300_000], [true, false]) func contentOfAWaitingRequestWaitsToo(size: Int, isChunked: Bool)
        throws
    {
        let proxy = try ProxyHarness(policy: QueueTests.policy())
        let client = try proxy.client()
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }
        let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(size)"
        try client.send("POST / HTTP/1.1\r\nHost: test\r\n\(framing)\r\n\r\n")
        #expect(proxy.hasQueued(1))
        let body = isChunked ? chunks(of: content, size: 700) : content
        let half = body.count / 2
        let sender = Sender(client, Array(body[..<half]), Array(body[half...]))
        let worker = try ScriptedUpstream()
        proxy.set([worker.worker()])
        #expect(try client.receiveResponse().status == 200)
        #expect(sender.wait())
        #expect(worker.requests.map(\.body) == [content])
    }

    @Test func aFullQueueIsA503AtOnce() throws {
        let proxy = try ProxyHarness(policy: QueueTests.policy(), loadBalancerLimits: QueueTests.room(for: 2))
        let waiting = try (0..<2).map { _ in try proxy.client() }
        for client in waiting { try client.send(RawClient.request("GET", "/waits")) }
        #expect(proxy.hasQueued(2))
        let late = try proxy.client()
        let response = try late.exchange("GET", "/late")
        #expect(response.status == 503)
        #expect(response.fields["retry-after"] == "1")
        #expect(response.text == "{\"error\": \"too many requests are waiting for a worker; try again\"}\n")
        #expect(proxy.counters.queueTimeouts.current == 0)
        let worker = try ScriptedUpstream()
        proxy.set([worker.worker()])
        for client in waiting { #expect(try client.receiveResponse().status == 200) }
        // There is room again.
        #expect(try late.exchange("GET", "/again").status == 200)
        #expect(worker.requests.allSatisfy { !$0.line.contains("late") })
    }

    @Test func aLeavingClientMakesRoomInTheQueue() throws {
        let proxy = try ProxyHarness(policy: QueueTests.policy(), loadBalancerLimits: QueueTests.room(for: 1))
        let gone = try proxy.client()
        try gone.send(RawClient.request("GET", "/gone"))
        #expect(proxy.hasQueued(1))
        gone.reset()
        #expect(proxy.server.losesAllConnections())
        let client = try proxy.client()
        try client.send(RawClient.request("GET", "/here"))
        #expect(proxy.hasQueued(2))
        let worker = try ScriptedUpstream()
        proxy.set([worker.worker()])
        #expect(try client.receiveResponse().status == 200)
        #expect(worker.requests.map(\.line) == ["GET /here HTTP/1.1"])
    }

    @Test func eachWaitsItsOwnTime() throws {
        let proxy = try ProxyHarness(policy: QueueTests.policy(milliseconds: 400))
        // A pipelined second request begins to wait when the first one has its response.
        let client = try proxy.client()
        let began = ContinuousClock.now
        try client.send(RawClient.request("GET", "/1") + RawClient.request("GET", "/2"))
        #expect(try client.receiveResponse().status == 503)
        #expect(try client.receiveResponse().status == 503)
        #expect(began.duration(to: .now) >= .milliseconds(800))
        #expect(proxy.counters.queueTimeouts.current == 2)
    }

    @Test func a100IsSentWhenAWorkerHasBeenFound() throws {
        let proxy = try ProxyHarness(policy: QueueTests.policy())
        let client = try proxy.client()
        try client.send("POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        #expect(proxy.hasQueued(1))
        let worker = try ScriptedUpstream()
        proxy.set([worker.worker()])
        #expect(try client.receiveResponse().status == 100)
        try client.send("abc")
        #expect(try client.receiveResponse().status == 200)
        #expect(worker.requests.map(\.body) == [Array("abc".utf8)])
    }

    // MARK: Workers with a limit of requests

    /// Responds to the requests of all its connections one by one, as the test says.
    private static func worker(_ gate: DispatchSemaphore) throws -> ScriptedUpstream {
        try ScriptedUpstream { peer in
            while true {
                try peer.request()
                gate.wait()
                try peer.answer()
            }
        }
    }

    private static func limited(_ worker: ScriptedUpstream, to count: Int) -> ProxyHarness.Worker {
        var entry = worker.worker()
        entry.maximumRequests = count
        return entry
    }

    @Test func aWorkerGetsTheNextRequestWhenItIsFree() throws {
        let gate = DispatchSemaphore(value: 0)
        let worker = try QueueTests.worker(gate)
        let proxy = try ProxyHarness([QueueTests.limited(worker, to: 2)], policy: QueueTests.policy())
        let clients = try (0..<5).map { _ in try proxy.client() }
        for (number, client) in clients.enumerated() {
            try client.send(RawClient.request("GET", "/\(number)"))
            // One after another, so that their order is certain.
            if number < 2 {
                #expect(worker.requests(count: number + 1) != nil)
            } else {
                #expect(proxy.hasQueued(UInt64(number - 1)))
            }
        }
        for done in 0..<5 {
            #expect(worker.requests.count == min(done + 2, 5), "not two at a time")
            gate.signal()
            if done < 3 { #expect(worker.requests(count: done + 3) != nil) }
        }
        for client in clients { #expect(try client.receiveResponse().text == "ok") }
        #expect(worker.requests.dropFirst(2).map(\.line) == (2..<5).map { "GET /\($0) HTTP/1.1" })
        #expect(proxy.givesBackEverybody())
    }

    @Test func whenAllWorkersStayFullTheClientGets504() throws {
        let gate = DispatchSemaphore(value: 0)
        let worker = try QueueTests.worker(gate)
        let proxy = try ProxyHarness(
            [QueueTests.limited(worker, to: 1)], policy: QueueTests.policy(milliseconds: 200))
        let busy = try proxy.client()
        try busy.send(RawClient.request("GET", "/busy"))
        #expect(worker.requests(count: 1) != nil)
        let client = try proxy.client()
        let response = try client.exchange("GET", "/late")
        #expect(response.status == 504)
        #expect(response.text == "{\"error\": \"no worker became free in time\"}\n")
        #expect(proxy.counters.queueTimeouts.current == 1)
        gate.signal()
        #expect(try busy.receiveResponse().status == 200)
        // A request that has timed out does not block later ones.
        gate.signal()
        #expect(try client.exchange("GET", "/again").status == 200)
        #expect(worker.requests.map(\.line) == ["GET /busy HTTP/1.1", "GET /again HTTP/1.1"])
    }

    @Test func aClientThatLeftGetsNoWorker() throws {
        let gate = DispatchSemaphore(value: 0)
        let worker = try QueueTests.worker(gate)
        let proxy = try ProxyHarness([QueueTests.limited(worker, to: 1)], policy: QueueTests.policy())
        let busy = try proxy.client()
        try busy.send(RawClient.request("GET", "/busy"))
        #expect(worker.requests(count: 1) != nil)
        let gone = try proxy.client()
        try gone.send(RawClient.request("GET", "/gone"))
        #expect(proxy.hasQueued(1))
        let patient = try proxy.client()
        try patient.send(RawClient.request("GET", "/patient"))
        #expect(proxy.hasQueued(2))
        gone.reset()
        let loadBalancer = proxy.loadBalancer
        #expect(proxy.eventually { loadBalancer.waitingCount == 1 })
        gate.signal()
        gate.signal()
        #expect(try busy.receiveResponse().status == 200)
        #expect(try patient.receiveResponse().status == 200)
        #expect(worker.requests.map(\.line) == ["GET /busy HTTP/1.1", "GET /patient HTTP/1.1"])
        #expect(proxy.givesBackEverybody())
    }
}
