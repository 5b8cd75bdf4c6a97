import Foundation
import Testing

extension EndToEnd {
    /// Prometheus' own checks of `/metrics`. `scripts/check-metrics` installs the program and runs them.
    @Suite struct Metrics {
        private static let hasPromtool =
            (try? Command.run("sh", ["-c", "command -v promtool"]).status) == 0
        private static let needsPromtool: Comment = "scripts/setup --for metrics installs promtool"

        @Test(.enabled(if: hasPromtool, needsPromtool))
        func `promtool finds no fault in the metrics, the alerts and their tests`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            #expect(try cluster.curl("/").isOK)
            let metrics = Data(try cluster.admin("/metrics").utf8)
            let alerts = "\(Files.packageRoot)/contrib/prometheus"
            for arguments in [
                ["check", "metrics"], ["check", "rules", "--lint=all", "--lint-fatal", "\(alerts)/alerts.yml"],
                ["test", "rules", "\(alerts)/alerts-test.yml"],
            ] {
                let result = try Command.run("promtool", arguments, input: metrics)
                #expect(result.status == 0, "\(arguments): \(result.text)\(result.errors)")
            }
            // promtool itself works: it finds a fault where there is one.
            let fault = Data("# TYPE requests counter\nrequests 1\n".utf8)
            #expect(try Command.run("promtool", ["check", "metrics"], input: fault).status != 0)
        }
    }
}
