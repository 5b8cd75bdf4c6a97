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

    /// An alert on a metric that does not exist never fires.
    @Test(arguments: ["prometheus/alerts.yml", "prometheus/alerts-test.yml", "grafana/dashboard.json"])
    func `The alerts and the dashboard use existing metrics`(file: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: "contrib/\(file)"), encoding: .utf8)
        let names = Set(text.matches(of: /\b(understudy|process)_[a-z0-9_]+/).map { String($0.0) })
        #expect(names.count > 10)
        for name in names {
            let base = name.replacing(/_(bucket|sum|count)$/, with: "")
            let isHistogram = Self.types[Substring(base)] == "histogram"
            #expect(Self.types[Substring(name)] != nil || (base != name && isHistogram), "\(name)")
        }
    }

    @Test func `The dashboard is JSON, and each panel has a place of its own`() throws {
        struct Dashboard: Decodable {
            struct Panel: Decodable {
                struct Place: Decodable { let x, y, w, h: Int }
                let id: Int
                let gridPos: Place
            }
            let panels: [Panel]
        }
        let data = try Data(contentsOf: Self.root.appending(path: "contrib/grafana/dashboard.json"))
        let panels = try JSONDecoder().decode(Dashboard.self, from: data).panels
        #expect(Set(panels.map(\.id)).count == panels.count)
        var taken: Set<[Int]> = []
        for panel in panels {
            let place = panel.gridPos
            #expect(place.x + place.w <= 24)
            for x in place.x..<(place.x + place.w) {
                for y in place.y..<(place.y + place.h) {
                    let (isNew, _) = taken.insert([x, y])
                    #expect(isNew, "\(panel.id) covers another panel")
                    if !isNew { return }
                }
            }
        }
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

    @Test func `The table of docs/observing.md has every metric and no other`() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/observing.md"), encoding: .utf8)
        var rows: [Substring: Substring] = [:]
        for match in text.matches(of: /\n\| (`[^|]+`) \| (counter|gauge|histogram) \|/) {
            for name in match.1.matches(of: /`([a-z0-9_]+)(\{[a-z,]+\})?`/) { rows[name.1] = match.2 }
        }
        #expect(Set(rows.keys) == Set(Self.types.keys))
        for (name, type) in rows { #expect(Self.types[name] == type, "\(name)") }
    }
}
