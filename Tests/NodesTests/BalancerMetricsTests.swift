import Balancing
import Cluster
import Connections
import Foundation
import Proxy
import Testing

@testable import ControlPlane
@testable import Nodes

/// The names and labels of `/metrics`, and the files that name them.
@Suite struct BalancerMetricsTests {
    private static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every metric, with one worker and one certificate.
    private static let text: String = {
        let worker = StatusReport.Worker(
            id: "worker-8001", address: "127.0.0.1", port: 8001, state: .ready, inFlight: 1, requestsTotal: 2,
            failuresTotal: 3)
        let status = StatusReport(
            role: "balancer", id: "balancer", epoch: 1, pid: 1, uptimeSeconds: 2, version: "3", workers: [worker])
        let data = DataMetrics(
            servers: [ServerCounters(), ServerCounters()], proxies: [ProxyCounters(), ProxyCounters()],
            connections: ConnectionSlots(limit: 1), memory: MemoryAccount(limit: 1 << 20),
            loadBalancer: LoadBalancer(seed: 1), droppedLines: { 0 })
        return BalancerMetrics.text(of: AdminView(status: status, expiries: [("public.pem", 1)]), data)
    }()

    /// The name of each metric with its type.
    private static let types: [Substring: Substring] = {
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ") }
        return Dictionary(uniqueKeysWithValues: lines.map { ($0[2], $0[3]) })
    }()

    @Test func `Each label belongs to a fixed set, or its number is bounded elsewhere`() {
        let labels = Set(Self.text.matches(of: /[{,]([a-z_]+)="/).map { String($0.1) })
        // The number of workers is bounded by --max-workers, and the number of files by the certificates in use.
        #expect(
            labels == ["class", "file", "kind", "le", "limit", "reason", "result", "version", "worker"])
        #expect(Self.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.count < 250)
        #expect(Self.text.contains("\nunderstudy_metrics_omitted_series 0\n"))
    }

    /// https://prometheus.io/docs/practices/naming
    @Test func `Names end with their unit, and those of counters with total`() {
        #expect(Self.types.count > 50)
        for (name, type) in Self.types {
            #expect(name.hasSuffix("_total") == (type == "counter"), "\(name)")
            #expect(!name.contains(/_(ms|milliseconds|nanoseconds|kilobytes|percent)(_|$)/), "\(name)")
            #expect(name.hasPrefix("understudy_") || name.hasPrefix("process_"), "\(name)")
        }
    }

    @Test func `The table of docs/operations.md has every metric and no other`() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/operations.md"), encoding: .utf8)
        var rows: [Substring: Substring] = [:]
        for match in text.matches(of: /\n\| (`[^|]+`) \| (counter|gauge|histogram) \|/) {
            for name in match.1.matches(of: /`([a-z0-9_]+)(\{[a-z,]+\})?`/) { rows[name.1] = match.2 }
        }
        #expect(Set(rows.keys) == Set(Self.types.keys))
        for (name, type) in rows { #expect(Self.types[name] == type, "\(name)") }
    }
}
