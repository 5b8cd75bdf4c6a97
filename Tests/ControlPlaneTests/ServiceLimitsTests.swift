import ArgumentParser
import Cluster
import Connections
import HTTP
import HTTP2
import Proxy
import Testing

@testable import ControlPlane

/// Every option of a limit: its name on the command line, what it sets, and what it refuses.
@Suite struct ServiceLimitsTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let good: String
        /// Each is refused.
        let bad: [String]
        /// What the good value sets at a balancer.
        let value: @Sendable (ServiceLimits) -> Int
        let expected: Int

        var testDescription: String { "--\(name)" }
    }

    private static func time(
        _ name: String, _ value: @escaping @Sendable (ServiceLimits) -> Int, least: String = "0s"
    ) -> Case {
        Case(
            name: name, good: "1500ms", bad: ["1500", "1.5s", "25h", "s", "-1s", least], value: value, expected: 1500)
    }

    private static func bytes(
        _ name: String, _ range: (String, String), _ value: @escaping @Sendable (ServiceLimits) -> Int
    ) -> Case {
        Case(
            name: name, good: "68KiB", bad: [range.0, range.1, "8kb", ""], value: value,
            expected: 68 << 10)
    }

    private static func count(
        _ name: String, _ beyond: [String], _ value: @escaping @Sendable (ServiceLimits) -> Int
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
        time("tunnel-drain-timeout") { $0.downstream.tunnelDrainMilliseconds },
        time("half-closed-timeout") { $0.downstream.halfClosedMilliseconds },
        time("linger-timeout") { $0.downstream.lingerMilliseconds },
        time("connect-timeout") { $0.upstream.connectMilliseconds },
        time("response-timeout") { $0.upstream.responseMilliseconds },
        time("upstream-idle-timeout") { $0.upstream.idleMilliseconds },
        count("upstream-idle-connections", ["65536"]) { $0.upstream.idleConnections },
        count("max-connections", ["0", "2000001"]) { $0.connections ?? 0 },
        count("max-workers", ["0", "20001"]) { $0.workers ?? 0 },
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
        time("queue-timeout") { $0.queueMilliseconds },
        count("queue-size", ["1000001"]) { $0.roster.queue },
        Case(name: "retries", good: "1", bad: ["3", "-1"], value: { $0.retries }, expected: 1),
        count("retry-budget", ["101"]) { $0.roster.retryPercent },
        count("retry-minimum", ["1000001"]) { $0.roster.retryMinimum },
        bytes("replay-buffer", ("2MiB", "many")) { $0.replayBytes },
        Case(
            name: "slow-start", good: "0s", bad: ["0", "25h"],
            value: { Int(max($0.roster.slowStartMilliseconds, $0.cluster.slowStartMilliseconds)) }, expected: 0),
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

    /// All groups at once.
    private struct All: ParsableArguments {
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var message: MessageOptions
        @OptionGroup var http2: HTTP2Options
        @OptionGroup var balancing: BalancingOptions
        @OptionGroup var health: HealthOptions
        @OptionGroup var failover: FailoverOptions

        var given: [String: String] {
            let groups = [
                connection.given, message.given, http2.given, balancing.given, health.given, failover.given,
            ]
            return groups.reduce(into: [:]) { $0.merge($1) { _, _ in fatalError("an option has two names") } }
        }
    }

    @Test(arguments: cases) func anOptionSetsItsLimit(option: Case) throws {
        let given = try All.parse(["--\(option.name)", option.good]).given
        #expect(given == [option.name: option.good])
        #expect(option.value(try ServiceLimits(given, isBalancer: true)) == option.expected)
        #expect(option.value(try ServiceLimits([:], isBalancer: true)) != option.expected, "the value is the default")
        for text in option.bad {
            #expect(throws: CommandError.self, "\(text)") { try ServiceLimits([option.name: text], isBalancer: true) }
        }
    }

    /// No option is forgotten above.
    @Test func theTableIsComplete() {
        let help = All.helpMessage(columns: 200)
        let names = help.split(separator: "\n").compactMap { line -> String? in
            let word = line.split(separator: " ").first ?? ""
            return line.hasPrefix("  --") ? String(word.dropFirst(2)) : nil
        }
        #expect(Set(names) == Set(ServiceLimitsTests.cases.map(\.name)))
    }

    /// A worker bounds its application; the balancer's clients are the balancer's.
    @Test func aWorkerIsPatientTowardsItsBalancer() throws {
        let limits = try ServiceLimits(
            ["stall-timeout": "1s", "stream-timeout": "2s", "max-head": "2KiB", "max-trailers": "100"],
            isBalancer: false)
        #expect(limits.upstream.stallMilliseconds == 1_000)
        #expect(limits.upstream.streamMilliseconds == 2_000)
        #expect(limits.upstream.http.head == 2 << 10)
        #expect(limits.upstream.http.trailer == 100)
        #expect(limits.downstream.stallMilliseconds == 86_400_000)
        #expect(limits.downstream.streamMilliseconds == 86_400_000)
        #expect(limits.downstream.tunnelIdleMilliseconds == 86_400_000)
        #expect(limits.downstream.tunnelHalfClosedMilliseconds == 86_400_000)
        #expect(limits.downstream.slowestBytesPerSecond == 0)
        #expect(limits.downstream.http == .withinCluster)
    }
}
