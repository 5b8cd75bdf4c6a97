import Cluster
import Connections
import Foundation
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// The event streams of the admin port.
@Suite(.timeLimit(.minutes(5))) final class PageStreamTests {
    private let control: TestLoop
    private let admin: ControlPort
    private let listener: FileDescriptor
    private let facts = Facts()
    private static let places = 8
    private let slots = ConnectionSlots(limit: PageStreamTests.places)

    private final class Facts: Sendable {
        let views = Atomic<Int>(0)
        let requests = Atomic<UInt64>(1000)
        /// Workers of a view: many make a large event.
        let workers = Atomic<Int>(1)
    }

    init() throws {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        listener = try Socket.listen(on: address)
        control = try TestLoop()
        let (loop, descriptor, facts, slots) = (control.loop, listener.rawValue, facts, slots)
        let port = control.onLoop { () -> ControlPort? in
            let feed = AdminFeed(on: loop) {
                facts.views.wrappingAdd(1, ordering: .relaxed)
                return Self.view(workers: facts.workers.load(ordering: .relaxed))
            }
            let counts = AdminCounts(
                metrics: { _ in "" },
                traffic: { TrafficSample(requests: facts.requests.load(ordering: .relaxed)) })
            return try? ControlPort.admin(
                listener: descriptor, controlLoop: loop, feed: feed, slots: slots,
                configure: { server in
                    // Longer than any test: the port's own limit would hide the limit of streams.
                    var limits = DownstreamLimits()
                    limits.stallMilliseconds = 3_600_000
                    server.adopt(limits)
                }, counts: counts)
        }
        admin = try #require(port)
    }

    deinit {
        control.onLoop { [admin] in admin.stop() }
        control.stop()
    }

    private static func view(workers: Int) -> AdminView {
        let rows = (0..<workers).map { index in
            StatusReport.Worker(
                id: "w\(index)", address: "127.0.0.1", port: 1, state: .ejected, inFlight: 0, requestsTotal: 0,
                failuresTotal: 0, reason: String(repeating: "reason ", count: 40))
        }
        return AdminView(
            status: StatusReport(
                role: "balancer", id: "b", epoch: 7, pid: 1, uptimeSeconds: 2, version: "3", workers: rows),
            expiries: [("public.pem", 5)], reign: ReignFacts(host: "machine", address: "https://x", since: 9))
    }

    private func open(_ fields: String = "", receiveBuffer: Int32? = nil) throws -> (RawClient, RawResponse) {
        let client = try RawClient(port: Socket.localPort(listener.rawValue), receiveBuffer: receiveBuffer)
        try client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
        return (client, try client.receiveHead())
    }

    /// The next event of a stream.
    private func next(_ client: RawClient) throws -> PageEvent {
        while true {
            let chunk = String(decoding: try client.receiveChunk() ?? [], as: UTF8.self)
            for part in chunk.split(separator: "\n\n") where part.hasPrefix("data: ") {
                return try JSONDecoder().decode(PageEvent.self, from: Data(part.dropFirst(6).utf8))
            }
        }
    }

    @Test func `The page has a strict policy, and its text is the same for all`() throws {
        let client = try RawClient(port: Socket.localPort(listener.rawValue))
        try client.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n\r\n")
        let page = try client.receiveResponse()
        #expect(page.status == 200)
        #expect(page.fields["content-type"] == "text/html; charset=utf-8")
        #expect(page.fields["x-content-type-options"] == "nosniff")
        #expect(page.fields["x-frame-options"] == "DENY")
        let policy = try #require(page.fields["content-security-policy"])
        #expect(policy.hasPrefix("default-src 'none'; ") && policy.hasSuffix("; frame-ancestors 'none'"))
        let nonce = try #require(policy.firstMatch(of: /script-src 'nonce-([0-9a-z]{16,26})'/)).1
        #expect(page.text.contains("<script nonce=\"\(nonce)\">"))
        try client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let head = try client.receiveResponse(to: "HEAD")
        #expect(head.status == 200 && head.fields["content-security-policy"] != policy)
    }

    @Test func `A stream shows the facts, and rates from its second event on`() throws {
        let (client, head) = try open()
        #expect(head.status == 200 && head.fields["content-type"] == "text/event-stream")
        #expect(head.fields["cache-control"] == "no-store")
        let first = try next(client)
        #expect(first.reign.epoch == 7 && first.reign.host == "machine" && first.reign.since == 9)
        #expect(first.certificates.first?.ends == 5)
        #expect(first.workers.first?.state == .ejected)
        #expect(first.traffic.requests == 1000 && first.traffic.rate == nil)
        facts.requests.store(1500, ordering: .relaxed)
        let second = try next(client)
        #expect(try #require(second.traffic.rate) > 0 && second.traffic.recent == 500)
    }

    @Test func `All streams of an interval cost one view, and no stream costs none`() throws {
        let clients = try (0..<4).map { _ in try open().0 }
        for client in clients { _ = try next(client) }
        let before = facts.views.load(ordering: .relaxed)
        for _ in 0..<3 { for client in clients { _ = try next(client) } }
        #expect(facts.views.load(ordering: .relaxed) - before <= 4)
    }

    @Test func `Streams have half of the places, and a stream that has ended gives its place back`() throws {
        var clients = try (0..<Self.places / 2).map { _ in try open().0 }
        for client in clients { _ = try next(client) }
        let (refused, head) = try open()
        #expect(head.status == 503 && head.fields["retry-after"] == "2")
        _ = refused
        clients.removeFirst()
        let deadline = ContinuousClock.now + .seconds(60)
        while try open().1.status != 200 { try #require(ContinuousClock.now < deadline) }
    }

    @Test(arguments: [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)])
    func `A page of another site gets no stream`(site: String, status: Int) throws {
        #expect(try open("Sec-Fetch-Site: \(site)\r\n").1.status == status)
        #expect(try open("sec-fetch-Site: \(site)\r\n").1.status == status)
    }

    @Test func `A reader that takes nothing is dropped, and the others go on`() throws {
        facts.workers.store(PageEvent.maximumWorkers, ordering: .relaxed)
        let (slow, _) = try open(receiveBuffer: 2048)
        let (client, _) = try open()
        let deadline = ContinuousClock.now + .seconds(200)
        while slots.count == 2 {
            _ = try next(client)
            try #require(ContinuousClock.now < deadline)
        }
        _ = try next(client)
        #expect(slots.count == 1)
        slow.close()
    }

    @Test func `A control loop that stands still is reported`() throws {
        let (client, _) = try open()
        _ = try next(client)
        let held = DispatchSemaphore(value: 0)
        control.loop.post { held.wait() }
        do {
            // A failure must not leave the loop standing, because the end of the test waits for it.
            defer { held.signal() }
            var isSilent = false
            while !isSilent {
                isSilent = String(decoding: try client.receiveChunk() ?? [], as: UTF8.self).hasPrefix("event: silent\n")
            }
        }
        _ = try next(client)
    }

    /// After a replacement the old process lives on for its requests. Its pages move to the successor.
    @Test func `Streams end with the reign, and their connections too`() throws {
        let (client, _) = try open()
        _ = try next(client)
        let idle = try RawClient(port: Socket.localPort(listener.rawValue))
        try idle.send("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try idle.receiveResponse()
        control.onLoop { [admin] in admin.drain() }
        while try client.receiveChunk() != nil {}
        #expect(try client.receiveToEnd().isEmpty)
        #expect(try idle.receiveToEnd().isEmpty)
    }
}
