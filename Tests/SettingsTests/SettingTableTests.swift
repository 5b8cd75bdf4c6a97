import ArgumentParser
import Balancing
import Cluster
import Connections
import HTTP
import HTTP2
import Telemetry
import Testing

@testable import Settings

/// Every limit of the table: its name on the command line, its field, and the values that it refuses.
@Suite struct SettingTableTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let good: String
        /// Texts that the setting refuses.
        let bad: [String]
        /// The field of a balancer's settings.
        let value: @Sendable (Settings) -> Int
        let expected: Int

        var testDescription: String { "--\(name)" }
    }

    private static func time(
        _ name: String, _ value: @escaping @Sendable (Settings) -> Int, least: String = "0s"
    ) -> Case {
        Case(
            name: name, good: "1500ms", bad: ["1.5s", "25h", "s", "-1s", least], value: value, expected: 1500)
    }

    private static func bytes(
        _ name: String, _ range: (String, String), _ value: @escaping @Sendable (Settings) -> Int
    ) -> Case {
        Case(
            name: name, good: "68KiB", bad: [range.0, range.1, "8kb", ""], value: value,
            expected: 68 << 10)
    }

    private static func count(
        _ name: String, _ beyond: [String], _ value: @escaping @Sendable (Settings) -> Int
    ) -> Case {
        Case(name: name, good: "2", bad: beyond + ["two", "2s", "-2"], value: value, expected: 2)
    }

    static let cases: [Case] = [
        time("handshake-timeout") { $0.downstream.handshakeMilliseconds },
        time("head-timeout") { $0.downstream.headMilliseconds },
        time("idle-timeout") { $0.downstream.idleMilliseconds },
        time("stall-timeout") { min($0.downstream.stallMilliseconds, $0.upstream.stallMilliseconds) },
        time("stream-timeout") { max($0.downstream.streamMilliseconds, $0.upstream.streamMilliseconds) },
        time("tunnel-timeout") { $0.downstream.tunnelIdleMilliseconds },
        time("tunnel-half-closed-timeout") { $0.downstream.tunnelHalfClosedMilliseconds },
        time("tunnel-drain-timeout") { $0.acceptedLimits.tunnelDrainMilliseconds },
        time("half-closed-timeout") { $0.downstream.halfClosedMilliseconds },
        time("linger-timeout") { $0.downstream.lingerMilliseconds },
        time("linger-time") { $0.downstream.lingerTotalMilliseconds },
        bytes("linger-bytes", ("-1", "1048577MiB")) { $0.downstream.lingerBytes },
        time("connect-timeout") { $0.upstream.connectMilliseconds },
        time("response-timeout") { $0.upstream.responseMilliseconds },
        time("upstream-idle-timeout") { $0.upstream.idleMilliseconds },
        count("upstream-idle-connections", ["65536"]) { $0.upstream.idleConnections },
        count("max-connections", ["0", "2000001"]) { $0.connections ?? 0 },
        count("max-workers", ["0", "20001"]) { $0.workers ?? 0 },
        count("max-capacity", ["0", "1001"]) { $0.cluster.maximumCapacity },
        Case(
            name: "max-head", good: "8KiB", bad: ["1023", "33KiB"], value: { $0.downstream.http2.http.head },
            expected: 8192),
        count("max-fields", ["0", "113"]) { $0.downstream.http.fields },
        Case(
            name: "max-request-line", good: "100", bad: ["63", "9KiB"], value: { $0.downstream.http.requestLine },
            expected: 100),
        Case(
            name: "max-trailers", good: "100", bad: ["15", "9KiB"], value: { $0.downstream.http.trailer },
            expected: 100),
        Case(
            name: "max-chunk-line", good: "100", bad: ["15", "9KiB"], value: { $0.downstream.http.chunkLine },
            expected: 100),
        bytes("max-chunk-extensions", ("15", "2MiB")) { $0.downstream.http.chunkExtensions },
        Case(
            name: "min-rate", good: "0", bad: ["2MiB", "fast"], value: { $0.downstream.slowestBytesPerSecond },
            expected: 0),
        count("http2-streams", ["0", "10001"]) { $0.downstream.http2.streams },
        bytes("http2-stream-window", ("63KiB", "17MiB")) { $0.downstream.http2.streamWindow },
        bytes("http2-connection-window", ("63KiB", "65MiB")) { $0.downstream.http2.connectionWindow },
        bytes("http2-header-list", ("15KiB", "5MiB")) { $0.downstream.http2.headerList },
        count("http2-continuations", ["1001"]) { $0.downstream.http2.continuations },
        Case(
            name: "http2-idle-frames", good: "10", bad: ["9", "1000001"], value: { $0.downstream.http2.idleFrames },
            expected: 10),
        count("http2-settings-frames", ["0", "1000001"]) { $0.downstream.http2.settingsFrames },
        count("http2-resets", ["0", "1000001"]) { $0.downstream.http2.resets },
        time("queue-timeout") { $0.requests.queueMilliseconds },
        count("queue-size", ["1000001"]) { $0.loadBalancer.queue },
        Case(name: "retries", good: "1", bad: ["3", "-1"], value: { $0.requests.retries }, expected: 1),
        count("retry-budget", ["101"]) { $0.loadBalancer.retryPercent },
        count("retry-minimum", ["1000001"]) { $0.loadBalancer.retryMinimum },
        bytes("replay-buffer", ("2MiB", "many")) { $0.requests.replayBytes },
        Case(
            name: "slow-start", good: "0s", bad: ["-1s", "25h"],
            value: { Int(max($0.loadBalancer.slowStartMilliseconds, $0.cluster.slowStartMilliseconds)) }, expected: 0),
        Case(
            name: "memory-limit", good: "64MiB", bad: ["15MiB", "1048577MiB", "1GiB", ""], value: { $0.memoryBytes },
            expected: 64 << 20),
        count("max-connections-per-source", ["0", "2000001"]) { $0.connectionsPerSource ?? 0 },
        Case(
            name: "rate-limit", good: "10:50", bad: ["0", "10:", "10:0", "a:b"], value: { $0.rate == nil ? 0 : 1 },
            expected: 1),
        time("probe-interval", { Int($0.cluster.probeIntervalMilliseconds) }, least: "9ms"),
        time("probe-timeout", { Int($0.cluster.probeTimeoutMilliseconds) }, least: "9ms"),
        count("probe-fall", ["0", "101"]) { $0.cluster.fall },
        Case(name: "probe-rise", good: "4", bad: ["0", "101"], value: { $0.cluster.rise }, expected: 4),
        count("eject-failures", ["0", "1001"]) { $0.cluster.requestFailuresToEject },
        time("eject-time", { Int($0.cluster.ejectionMilliseconds) }, least: "9ms"),
        time("eject-time-max", { Int($0.cluster.ejectionMaximumMilliseconds) }, least: "9ms"),
        time("watch-interval", { Int($0.cluster.watchFastMilliseconds) }, least: "9ms"),
        count("watch-misses", ["0", "101"]) { $0.cluster.watchMisses },
        time("prevote-timeout", { Int($0.cluster.prevoteTimeoutMilliseconds) }, least: "9ms"),
        time("rank-delay", { Int($0.cluster.rankDelayMilliseconds) }, least: "9ms"),
        time("takeover-timeout", { Int($0.cluster.takeoverTimeoutMilliseconds) }, least: "9ms"),
    ]

    private func settings(_ program: Settings.Program, _ texts: [String: String]) throws -> Settings {
        try Settings.load(program, commandLine: texts)
    }

    @Test(arguments: cases) func `An option sets its limit`(option: Case) throws {
        let given = try TableOptions<BalancerAudience>.parse(["--\(option.name)", option.good]).given
        #expect(given == [option.name: option.good])
        #expect(option.value(try settings(.balancer, given)) == option.expected)
        #expect(option.value(Settings(.balancer)) != option.expected, "the value is the default")
        for text in option.bad {
            let error = #expect(throws: CommandError.self, "\(text)") {
                try settings(.balancer, [option.name: text])
            }
            #expect(error?.description.contains("--\(option.name) \(text): use ") == true, "\(text)")
        }
    }

    @Test func `Every limit has a case`() {
        let limits = SettingTable.sections.filter {
            $0 != ProcessSettings.self && $0 != MembershipSettings.self && $0 != StoreSettings.self
        }
        let names = limits.flatMap { $0.rows(of: .balancer).map(\.name) }
        #expect(Set(names).subtracting(["balance"]) == Set(SettingTableTests.cases.map(\.name)))
    }

    /// The balancer's limits bound clients; a worker's limits bound its application.
    @Test func `A worker is patient with its balancer`() throws {
        let worker = try settings(
            .worker, ["stall-timeout": "1s", "stream-timeout": "2s", "max-head": "2KiB", "max-trailers": "100"])
        #expect(worker.upstream.stallMilliseconds == 1_000)
        #expect(worker.upstream.streamMilliseconds == 2_000)
        #expect(worker.upstream.http.head == 2 << 10)
        #expect(worker.upstream.http.trailer == 100)
        #expect(worker.downstream.stallMilliseconds == 86_400_000)
        #expect(worker.downstream.streamMilliseconds == 86_400_000)
        #expect(worker.downstream.tunnelIdleMilliseconds == 86_400_000)
        #expect(worker.downstream.tunnelHalfClosedMilliseconds == 86_400_000)
        #expect(worker.downstream.slowestBytesPerSecond == 0)
        #expect(worker.downstream.http == .withinCluster)
    }

    /// The rest of the drain is for the tunnel's end in order.
    @Test(arguments: [("30", 29_000), ("4", 3_000), ("2", 1_500), ("0", 1)])
    func `A tunnel has the time of the drain, less its end`(drain: String, milliseconds: Int) throws {
        for program in Settings.Program.allCases {
            let settings = try settings(program, ["drain-seconds": drain])
            #expect(settings.acceptedLimits.tunnelDrainMilliseconds == milliseconds)
            let given = try self.settings(program, ["drain-seconds": drain, "tunnel-drain-timeout": "7s"])
            #expect(given.acceptedLimits.tunnelDrainMilliseconds == 7_000)
        }
    }

    @Test(arguments: [
        ("idle-timeout", "75", "75s"), ("idle-timeout", "60s", "60s"), ("idle-timeout", "3600", "1h"),
        ("idle-timeout", "5m", "5m"), ("drain-seconds", "30s", "30"), ("drain-seconds", "2m", "120"),
        ("drain-seconds", "30000ms", "30"), ("drain-seconds", "30", "30"), ("max-head", "2048", "2KiB"),
        ("memory-limit", "64MiB", "64MiB"),
        ("balance", "sticky", "sticky:cookie=understudy"), ("rate-limit", "10", "10:10"), ("id", "a-b", "a-b"),
        ("trust-request-id", "true", "true"), ("access-log", "-", "-"), ("port", "8443", "8443"),
    ])
    func `A value has one text`(name: String, text: String, expected: String) throws {
        #expect(try settings(.balancer, [name: text]).given == [name: expected])
        #expect(try settings(.balancer, [name: expected]).given == [name: expected])
    }

    @Test(arguments: [
        ("health-path", ["/", "/up?deep=1", "/%20"], ["", "up", "/a b", "/a#b", "/\u{e4}", "/a\r\nx: y"]),
        ("health-host", ["app.example.com", "127.0.0.1:3000", "[::1]"], ["", "a b", "a/b", "a\r\nx: y", "\u{e4}.a"]),
        ("health-status", ["200", "200-399", "404-404"], ["", "2", "199", "600", "300-200", "200-", "2,3", "+20"]),
        ("health-timeout", ["10ms", "1s"], ["9ms", "25h", ""]),
    ])
    func `A health check of the application is described in text`(name: String, good: [String], bad: [String]) throws {
        let base = ["forward": "http://127.0.0.1:3000", "health-path": "/up"]
        for text in good {
            #expect(throws: Never.self, "\(text)") {
                try settings(.worker, base.merging([name: text]) { $1 })
            }
        }
        for text in bad {
            let error = #expect(throws: CommandError.self, "\(text)") {
                try settings(.worker, base.merging([name: text]) { $1 })
            }
            #expect(error?.description.contains("--\(name) \(text): use ") == true, "\(text)")
        }
    }

    @Test func `Every default is a value of its setting`() throws {
        for program in Settings.Program.allCases {
            let rows = SettingTable.rows(of: program)
            #expect(rows.count > 30)
            for row in rows.values {
                guard let text = row.text(in: Settings(program)) else { continue }
                var settings = Settings(program)
                #expect(row.apply(text, to: &settings), "\(row.name)")
                #expect(row.text(in: settings) == text, "\(row.name)")
            }
        }
    }

    /// Values of these settings may come from another host.
    @Test func `A setting that another host may send names no file and no command`() {
        let names = SettingTable.rows(of: .balancer).values.filter { $0.scope == .cluster }
            .filter { if case .text = $0.kind { true } else { false } }.map(\.name)
        // The coordinator's name alone reaches no store: its members are settings of the host.
        #expect(Set(names) == ["balance", "coordinator", "etcd-prefix", "rate-limit", "when-store-lost"])
    }

    @Test func `Every setting is an option of its program, and in its help`() throws {
        let options = [
            (Settings.Program.balancer, TableOptions<BalancerAudience>.helpMessage(columns: 500)),
            (.worker, TableOptions<WorkerAudience>.helpMessage(columns: 500)),
        ]
        for (program, help) in options {
            for section in SettingTable.sections where !section.rows(of: program).isEmpty {
                #expect(help.contains(section.title(for: program).uppercased() + ":"))
            }
            let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            for row in SettingTable.rows(of: program).values {
                if case .flag = row.kind {
                    #expect(words.contains(" --\(row.name) \(row.help). "), "\(row.name)")
                    continue
                }
                let start = try #require(words.firstRange(of: " --\(row.name) <\(row.kind.valueName)> \(row.help) ("))
                let end = words[start.upperBound...].firstIndex(of: ")") ?? words.endIndex
                let note = words[start.upperBound..<end]
                #expect(note.hasSuffix("default: \(row.defaultText(of: program))"), "\(note)")
            }
        }
    }

    @Test func `Flags and options are parsed together`() throws {
        let balancer = try TableOptions<BalancerAudience>.parse(
            ["--insecure-bind", "--port=8443", "--queue-timeout", "2s", "--replace"])
        #expect(
            balancer.given == ["insecure-bind": "true", "port": "8443", "queue-timeout": "2s", "replace": "true"])
        #expect(throws: (any Error).self) { try TableOptions<WorkerAudience>.parse(["--queue-timeout", "2s"]) }
        #expect(throws: (any Error).self) { try TableOptions<WorkerAudience>.parse(["--port"]) }
    }
}
