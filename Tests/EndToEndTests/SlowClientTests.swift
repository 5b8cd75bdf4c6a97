import Foundation
import Testing

extension Defences {
    /// Clients that are slow on purpose are closed in the end, and delay no other client.
    @Suite struct SlowClients {
        private static let connections = 40
        /// slowhttptest ends its help with status 1. env(1) ends with 127 for a missing program.
        private static let isInstalled = (try? Command.run("slowhttptest", ["-h"]).status) == 1

        /// - Parameter seconds: the time after which slowhttptest stops by itself.
        private func start(_ cluster: TestCluster, _ path: String, seconds: Int, _ mode: [String]) throws -> Command {
            let connections = "\(SlowClients.connections)"
            return try Command(
                "slowhttptest",
                mode + ["-c", connections, "-r", connections, "-l", "\(seconds)", "-u", cluster.url(path)])
        }

        /// All three modes at once, with short timeouts, so that the test does not wait for a minute.
        @Test(.enabled(if: isInstalled, "slowhttptest is not installed: scripts/setup --tests does that"))
        func `slowhttptest -H, -B and -X lose all their connections while other clients are served`() throws {
            var options = TestCluster.Options()
            options.workers = 2
            options.balancerArguments = ["--head-timeout", "5s", "--stall-timeout", "5s", "--min-rate", "64KiB"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let attacks = [
                // One field every 2 s, and never the last.
                ("-H", try start(cluster, "/", seconds: 60, ["-H", "-i", "2"])),
                // Counted content, some bytes every 2 s.
                ("-B", try start(cluster, "/echo", seconds: 60, ["-B", "-i", "2", "-s", "65536", "-x", "10"])),
                // The client reads 8 KiB each second of a response that exceeds the kernels' buffers. That is fast
                // enough to reach the reset behind the bytes in its own kernel, and below the minimum data rate.
                (
                    "-X",
                    try start(
                        cluster, "/bytes/30000000", seconds: 60,
                        ["-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "8192"])
                ),
            ]
            var served = 0
            while attacks.contains(where: { $0.1.isRunning }) {
                #expect(try cluster.curl("/").isOK)
                served += 1
                guard served < 20_000 else { break }
            }
            #expect(served > 10)
            for (name, attack) in attacks {
                let output = attack.finish(seconds: 5).text
                // Its last report. Color codes stand between the words.
                #expect(output.contains("No open connections left"), "\(name): \(output.suffix(1500))")
                #expect(!output.contains("service available:\u{1B}[1;31m   NO"), "\(name): \(output.suffix(1500))")
            }
            try cluster.waitForStatus("no request is in progress") { $0.inFlight == [0, 0] && $0.readyCount == 2 }
            let samples = try PrometheusText(cluster.admin("/metrics")).samples
            let count = Double(SlowClients.connections)
            #expect(samples["understudy_limits_total{limit=\"head-timeout\"}"] == count)
            #expect(samples["understudy_limits_total{limit=\"stall-timeout\"}"] == 2 * count)
        }
    }
}
