import Testing

@testable import ControlPlane
@testable import Settings
@testable import Storage

/// The configuration from another host is data.
@Suite struct ForeignConfigurationTests {
    private let local = BalancerConfiguration.Local(threads: 3, logLevel: "notice", insecureBind: false)

    private func decoded(_ json: String) -> ForeignConfiguration? {
        JSON.decode(ForeignConfiguration.self, from: json.utf8)
    }

    private static func json(ports: String = "\"port\":8000,\"clusterPort\":7000,\"adminPort\":9000", more: String)
        -> String
    {
        "{\"host\":\"10.0.0.1\",\"threads\":1000,\"logLevel\":\"trace\",\"insecureBind\":true,\(ports)\(more)}"
    }

    static let hostileOptions = [
        #""access-log":"/etc/cron.d/evil""#, #""access-log":"-""#, #""on-takeover":"rm -rf /""#,
        #""on-release":"rm -rf /""#,
        #""certs":"/tmp/theirs""#,
        #""state-dir":"/tmp/theirs""#, #""config":"/tmp/theirs""#, #""replace":"""#, #""standby":"""#,
        #""id":"worker-1""#,
        #""--access-log":"/tmp/x""#, #""head-timeout --access-log":"/tmp/x""#,
        #""head-timeout=1s\n--access-log":"/tmp/x""#,
        #""balance":"--access-log=/tmp/x""#, #""balance":"fewest\n--access-log /tmp/x""#,
        #""head-timeout":"--access-log=/tmp/x""#, #""head-timeout":"1s\n--access-log=/tmp/x""#, #""head-timeout":"""#,
        #""head-timeout":"25h""#, #""rate-limit":"10:20 --certs /tmp""#, #""rate-limit":"-1""#,
        #""max-connections":"0""#,
        #""access-log\u0000":"/tmp/x""#, #""":"x""#, #""port":"1""#, #""host":"evil""#, #""insecure-bind":"true""#,
        #""log-level":"trace""#, #""threads":"1024""#, #""a-later-version":"7""#, #""ACCESS-LOG":"/tmp/x""#,
    ]

    @Test(arguments: hostileOptions) func `A setting that is no limit or policy in its range is dropped`(
        option: String
    ) throws {
        let json = Self.json(more: ",\"options\":{\(option),\"idle-timeout\":\"9s\"}")
        let foreign = try #require(decoded(json))
        #expect(foreign.options == ["idle-timeout": "9s"])
        let configuration = BalancerConfiguration(following: foreign, at: "10.0.0.2", present: nil, local: local)
        #expect(
            configuration.arguments == [
                "--host", "10.0.0.2", "--port", "8000", "--cluster-port", "7000", "--admin-port", "9000", "--threads",
                "3",
                "--log-level", "notice", "--drain-seconds", "30", "--idle-timeout=9s",
            ])
    }

    @Test(arguments: [
        "\"port\":0,\"clusterPort\":7000,\"adminPort\":9000", "\"port\":7000,\"clusterPort\":7000,\"adminPort\":9000",
        "\"port\":65536,\"clusterPort\":7000,\"adminPort\":9000",
        "\"port\":\"8000\",\"clusterPort\":7000,\"adminPort\":9000",
        "\"clusterPort\":7000,\"adminPort\":9000",
        "\"port\":8000,\"clusterPort\":7000,\"adminPort\":9000,\"drainSeconds\":-1",
        "\"port\":8000,\"clusterPort\":7000,\"adminPort\":9000,\"drainSeconds\":86401",
        "\"port\":8000,\"clusterPort\":7000,\"adminPort\":9000,\"options\":[\"access-log\"]",
    ])
    func `An absurd value is rejected`(ports: String) {
        #expect(decoded(Self.json(ports: ports, more: "")) == nil)
        let answer = "{\"epoch\":1,\"version\":1,\"configuration\":\(Self.json(ports: ports, more: ""))}"
        #expect(JSON.decode(WatchAnswer.self, from: answer.utf8) == nil)
    }

    @Test func `Limits, policies and ports are adopted, and a host's own settings are not`() throws {
        var theirs = BalancerConfiguration(
            host: "0.0.0.0", port: 1, clusterPort: 2, adminPort: 3, threads: 8, logLevel: "debug", insecureBind: true,
            drainSeconds: 7,
            options: [
                "access-log": "/var/log/theirs", "balance": "hash:header=x-user", "max-head": "8KiB",
                "rate-limit": "10:20",
                "watch-misses": "5", "http2-streams": "7", "probe-fall": "4", "queue-size": "9", "retries": "1",
            ])
        theirs.trustRequestID = true
        let text = String(decoding: JSON.encode(ForeignConfiguration(theirs)), as: UTF8.self)
        #expect(!text.contains("/var/log"), "\(text)")
        // A worker of an earlier version reads it as the whole configuration.
        #expect(JSON.decode(BalancerConfiguration.self, from: text.utf8) != nil)
        let foreign = try #require(decoded(text))
        let ours = BalancerConfiguration(
            host: "10.0.0.2", port: 11, clusterPort: 12, adminPort: 13, threads: 2, logLevel: "warning",
            insecureBind: false,
            options: ["access-log": "/var/log/ours", "max-head": "1KiB"])
        let next = BalancerConfiguration(following: foreign, at: "10.0.0.2", present: ours, local: local)
        var expected = BalancerConfiguration(
            host: "0.0.0.0", port: 1, clusterPort: 2, adminPort: 3, threads: 2, logLevel: "warning",
            insecureBind: false,
            drainSeconds: 7, options: theirs.options.merging(["access-log": "/var/log/ours"]) { $1 })
        expected.trustRequestID = true
        #expect(next == expected)
        #expect(next.arguments.contains("--balance=hash:header=x-user"))
    }

    @Test func `Limits and policies may come from another host, and nothing else`() {
        for name in [
            "head-timeout", "max-trailers", "http2-resets", "slow-start", "takeover-timeout", "rate-limit",
            "max-workers", "balance",
        ] {
            #expect(SettingTable.rows(of: .balancer)[name]?.scope == .cluster, "\(name)")
        }
        for name in ["access-log", "certs", "config", "state-dir", "threads", "log-level", "", "id", "head"] {
            #expect(SettingTable.rows(of: .balancer)[name]?.scope != .cluster, "\(name)")
        }
    }
}
