import Connections
import Foundation
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// The admin port beside a control loop of its own.
@Suite(.timeLimit(.minutes(5))) final class AdminPortTests {
    private let control: TestLoop
    private let admin: ControlPort
    private let listener: FileDescriptor
    private let views: Views

    /// The views that the port requested from the control loop.
    private final class Views: Sendable {
        let made = Atomic<Int>(0)
        /// The state that a view shows.
        let epoch = Atomic<UInt64>(1)
    }

    init() throws {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        listener = try Socket.listen(on: address)
        let views = Views()
        self.views = views
        control = try TestLoop()
        let (loop, descriptor) = (control.loop, listener.rawValue)
        let port = control.onLoop { () -> ControlPort? in
            let feed = AdminFeed(on: loop) {
                views.made.wrappingAdd(1, ordering: .relaxed)
                return AdminView(
                    status: StatusReport(
                        role: "balancer", id: "b", epoch: views.epoch.load(ordering: .relaxed), pid: 1,
                        uptimeSeconds: 2, version: "3", workers: []), expiries: [])
            }
            return try? ControlPort.admin(
                listener: descriptor, controlLoop: loop, feed: feed, slots: ConnectionSlots(limit: 64),
                counts: AdminCounts(metrics: { "epoch \($0.status.epoch)\n" }, traffic: { TrafficSample() }))
        }
        admin = try #require(port)
    }

    deinit {
        control.onLoop { [admin] in admin.stop() }
        control.stop()
    }

    private func client() throws -> RawClient { try RawClient(port: Socket.localPort(listener.rawValue)) }

    private static func request(_ target: String, method: String = "GET", host: String = "localhost") -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n"
    }

    @Test func theAdminPortShowsTheStateAtTheTimeOfTheRequest() throws {
        let client = try client()
        for epoch in UInt64(2)..<10 {
            views.epoch.store(epoch, ordering: .relaxed)
            try client.send(Self.request("/metrics"))
            #expect(try client.receiveResponse().text == "epoch \(epoch)\n")
            try client.send(Self.request("/status"))
            #expect(try client.receiveResponse().text.contains("\"epoch\":\(epoch)"))
        }
    }

    @Test func manyRequestsCostTheControlLoopFewViews() throws {
        let began = ContinuousClock.now
        let clients = try (0..<40).map { _ in try client() }
        let text = String(repeating: Self.request("/metrics"), count: 20)
        for client in clients { try client.send(text) }
        for client in clients { for _ in 0..<20 { #expect(try client.receiveResponse().status == 200) } }
        let elapsed = ContinuousClock.now - began
        let most = Int(elapsed / .milliseconds(20)) + 2
        #expect(views.made.load(ordering: .relaxed) <= most, "\(elapsed)")
    }

    /// A web page uses its own name, although that name resolves to this host.
    @Test(arguments: ["example.org", "example.org:9000", "localhost.example.org"])
    func anotherHostsNameIsRefused(host: String) throws {
        let client = try client()
        for target in ["/status", "/metrics", "/", "http://\(host)/status"] {
            try client.send(Self.request(target, host: host))
            let response = try client.receiveResponse()
            #expect(response.status == 421)
            #expect(!response.text.contains("epoch"))
        }
        #expect(views.made.load(ordering: .relaxed) == 0)
    }

    @Test func theAdminPortIsReadOnly() throws {
        let client = try client()
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            try client.send(Self.request("/status", method: method))
            #expect(try client.receiveResponse().status == 405)
        }
        try client.send(Self.request("/status", method: "HEAD"))
        #expect(try client.receiveResponse(to: "HEAD").status == 200)
        try client.send(Self.request("/else"))
        let response = try client.receiveResponse()
        #expect(response.status == 404)
        #expect(response.text.contains("here are /, /events, /status and /metrics"))
    }

    @Test func `Each path has its content and its type`() throws {
        let client = try client()
        try client.send(Self.request("/status?x=1"))
        let status = try client.receiveResponse()
        #expect(status.text.hasPrefix("{") && status.text.hasSuffix("}\n"))
        #expect(status.fields["content-type"] == "application/json")
        try client.send(Self.request("/metrics"))
        let metrics = try client.receiveResponse()
        #expect(metrics.text == "epoch 1\n")
        #expect(metrics.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
    }

    @Test func theAdminPortAnswersWhileTheControlLoopStandsStill() throws {
        let client = try client()
        let held = DispatchSemaphore(value: 0)
        control.loop.post { held.wait() }
        defer { held.signal() }
        try client.send(Self.request("/status"))
        #expect(try client.receiveResponse().status == 503)
        try client.send(Self.request("/else"))
        #expect(try client.receiveResponse().status == 404)
    }

    @Test func theListenerSurvivesTheAdminPort() throws {
        control.onLoop { [admin] in admin.close() }
        // The admin port's thread may still accept, and end, connections of the time before its end.
        var isAccepted = false
        for _ in 0..<200 where !isAccepted {
            let client = try client()
            let next = ContinuousClock.now + .milliseconds(100)
            while !isAccepted, ContinuousClock.now < next {
                guard let accepted = try Socket.accept(listener.rawValue) else { continue }
                _ = accepted.take()
                isAccepted = try client.isEndedByPeer()
            }
        }
        #expect(isAccepted)
    }
}
