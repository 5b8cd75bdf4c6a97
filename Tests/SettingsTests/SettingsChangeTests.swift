import Balancing
import Connections
import HTTP
import Telemetry
import Testing

@testable import Settings

@Suite struct SettingsChangeTests {
    private func settings(_ texts: [String: String]) throws -> Settings {
        try Settings.load(.balancer, commandLine: texts)
    }

    @Test func `A live setting is adopted, another one is named`() throws {
        let present = try settings(["queue-timeout": "1s", "threads": "2", "rate-limit": "5", "max-head": "2KiB"])
        let wanted = try settings(["queue-timeout": "2s", "threads": "3", "idle-timeout": "75s", "max-head": "2KiB"])
        let change = SettingsChange(from: present, to: wanted)
        #expect(change.adopted == ["queue-timeout", "rate-limit"])
        #expect(change.deferred == ["threads"])
        #expect(change.settings.requests.queueMilliseconds == 2000 && change.settings.threads == 2)
        #expect(change.settings.rate == nil && change.settings.downstream.http.head == 2 << 10)
        #expect(change.settings.given == ["queue-timeout": "2s", "threads": "2", "max-head": "2KiB"])
    }

    @Test func `A standby follows the configuration of the running balancer`() throws {
        let running = try settings(["queue-timeout": "2s", "drain-seconds": "9", "threads": "4"])
        let standby = try settings(["drain-seconds": "30", "threads": "2"])
        let change = standby.following(BalancerConfiguration(running))
        #expect(change.adopted == ["drain-seconds", "queue-timeout"])
        #expect(change.settings.drainSeconds == 9 && change.settings.threads == 2)
        let configuration = BalancerConfiguration(change.settings)
        #expect(configuration.options == ["queue-timeout": "2s"] && configuration.drainSeconds == 9)
    }

    /// The descriptors, the sockets and the threads are divided at the start.
    @Test func `Settings of the process's start are not live`() {
        for name in ["port", "host", "threads", "max-connections", "max-workers", "access-log", "certs", "balance"] {
            #expect(SettingTable.rows(of: .balancer)[name]?.isLive == false, "\(name)")
        }
    }
}
