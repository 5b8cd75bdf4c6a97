import Storage
import Testing

@testable import Settings

@Suite struct BalancerConfigurationTests {
    private func configuration(_ texts: [String: String]) throws -> BalancerConfiguration {
        BalancerConfiguration(try Settings.load(.balancer, commandLine: texts))
    }

    @Test func `A successor gets what was given, in fields and by name`() throws {
        let made = try configuration([
            "port": "8443", "threads": "3", "drain-seconds": "1m", "queue-timeout": "2", "balance": "round-robin",
            "access-log": "/var/log/a", "trust-request-id": "true", "certs": "/c", "state-dir": "/s", "id": "b",
        ])
        #expect(made.port == 8443 && made.threads == 3 && made.drainSeconds == 60 && made.trustRequestID)
        #expect(
            made.options == ["queue-timeout": "2s", "balance": "round-robin", "access-log": "/var/log/a"])
        #expect(
            made.arguments == [
                "--host", "::", "--port", "8443", "--cluster-port", "7000", "--admin-port", "9000", "--threads",
                "3", "--log-level", "info", "--drain-seconds", "60", "--trust-request-id",
                "--access-log=/var/log/a", "--balance=round-robin", "--queue-timeout=2s",
            ])
    }

    @Test func `A replacement with the same settings has the same configuration`() throws {
        let first = try configuration(["threads": "2", "queue-size": "5", "insecure-bind": "true"])
        let second = BalancerConfiguration(try Settings.load(.balancer, commandLine: [:], over: first.texts))
        #expect(second == first)
    }

    /// Version 0.1.0 wrote this file, and reads the one that this version writes.
    @Test func `The file of the version before is read, and keeps its form`() throws {
        let old = #"""
            {"adminPort":9000,"clusterPort":7000,"drainSeconds":30,"host":"0.0.0.0","insecureBind":false,\#
            "logLevel":"info","options":{"queue-timeout":"300ms"},"port":8000,"threads":2,"trustRequestID":false}
            """#
        let read = try #require(JSON.decode(BalancerConfiguration.self, from: old.utf8))
        #expect(read == (try configuration(["host": "0.0.0.0", "threads": "2", "queue-timeout": "300ms"])))
        #expect(String(decoding: JSON.encode(read), as: UTF8.self).contains(#""options":{"queue-timeout":"300ms"}"#))
        #expect(JSON.decode(BalancerConfiguration.self, from: JSON.encode(read)) == read)
    }
}
