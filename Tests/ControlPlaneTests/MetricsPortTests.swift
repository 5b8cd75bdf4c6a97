import Cluster
import Connections
import Sockets
import TestSupport
import Testing

@testable import ControlPlane

/// The port for monitoring systems on other hosts.
@Suite(.timeLimit(.minutes(5))) final class MetricsPortTests {
    private let control: TestLoop
    private let port: ControlPort
    private let listener: FileDescriptor
    private let slots = ConnectionSlots(limit: 4)

    init() throws {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
        listener = try Socket.listen(on: address)
        control = try TestLoop()
        let (loop, descriptor, slots) = (control.loop, listener.rawValue, slots)
        let made = control.onLoop { () -> ControlPort? in
            let feed = AdminFeed(on: loop) {
                AdminView(
                    status: StatusReport(
                        role: "balancer", id: "b", epoch: 7, pid: 1, uptimeSeconds: 2, version: "3", workers: []),
                    expiries: [])
            }
            return try? ControlPort.metrics(
                listener: descriptor, controlLoop: loop, feed: feed, slots: slots,
                counts: AdminCounts(metrics: { "epoch \($0.status.epoch)\n" }, traffic: { TrafficSample() }))
        }
        port = try #require(made)
    }

    deinit {
        control.onLoop { [port] in port.stop() }
        control.stop()
    }

    private func client() throws -> RawClient { try RawClient(port: Socket.localPort(listener.rawValue)) }

    private func ask(_ client: RawClient, _ target: String, method: String = "GET") throws -> RawResponse {
        try client.send("\(method) \(target) HTTP/1.1\r\nHost: balancer.example:9001\r\n\r\n")
        return try client.receiveResponse(to: method)
    }

    @Test func `Another host gets metrics and nothing else`() throws {
        let client = try client()
        let metrics = try ask(client, "/metrics")
        #expect(metrics.status == 200 && metrics.text == "epoch 7\n")
        #expect(metrics.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        for target in ["/", "/status", "/events", "/v1/drain", "/metrics/", "http://localhost/status"] {
            let response = try ask(client, target)
            #expect(response.status == 404 && response.text.contains("here is /metrics\""), "\(target)")
        }
        for method in ["POST", "PUT", "DELETE"] { #expect(try ask(client, "/metrics", method: method).status == 405) }
        #expect(try ask(client, "/metrics", method: "HEAD").status == 200)
    }

    @Test func `Silent connections keep no monitoring system out`() throws {
        let silent = try (0..<10).map { _ in try client() }
        for _ in 0..<3 { #expect(try ask(try client(), "/metrics").status == 200) }
        #expect(slots.count <= slots.limit)
        #expect(try silent[0].isEndedByPeer())
    }
}
