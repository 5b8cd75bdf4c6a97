import Foundation
import Testing

extension EndToEnd {
    /// Clients that are slow on purpose are closed in the end, and hold nobody up meanwhile.
    @Suite struct SlowClients {
        private static let connections = 40
        /// It ends its help with 1; env(1) says 127 of what it can't find.
        private static let isInstalled = (try? Command.run("slowhttptest", ["-h"]).status) == 1

        /// - Parameter seconds: after which slowhttptest gives up by itself.
        private func start(_ cluster: TestCluster, _ path: String, seconds: Int, _ mode: [String]) throws -> Command {
            let connections = "\(SlowClients.connections)"
            return try Command(
                "slowhttptest",
                mode + ["-c", connections, "-r", connections, "-l", "\(seconds)", "-u", cluster.url(path)])
        }

        /// All ways at once, with a patience that does not make the test wait for a minute.
        @Test(.enabled(if: isInstalled, "slowhttptest is not installed: scripts/setup --tests does that"))
        func `slowhttptest -H, -B and -X lose all their connections while others are served`() throws {
            var options = TestCluster.Options()
            options.workers = 2
            options.balancerArguments = ["--head-timeout", "5s", "--stall-timeout", "5s", "--min-rate", "64KiB"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let attacks = [
                // A field every 2 s, and never the last.
                ("-H", try start(cluster, "/", seconds: 60, ["-H", "-i", "2"])),
                // Counted content, some bytes every 2 s.
                ("-B", try start(cluster, "/echo", seconds: 60, ["-B", "-i", "2", "-s", "65536", "-x", "10"])),
                // A response that is more than kernels hold, 8 KiB of it every second: fast enough for it to come to the reset
                // behind what its own kernel holds, and below the least rate.
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
                // Its last report; colours stand between the words.
                #expect(output.contains("No open connections left"), "\(name): \(output.suffix(1500))")
                #expect(!output.contains("service available:\u{1B}[1;31m   NO"), "\(name): \(output.suffix(1500))")
            }
            try cluster.waitForStatus("nobody is busy with them") { $0.inFlight == [0, 0] && $0.readyCount == 2 }
            let samples = try PrometheusText(cluster.admin("/metrics")).samples
            let count = Double(SlowClients.connections)
            #expect(samples["understudy_limits_total{limit=\"head-timeout\"}"] == count)
            #expect(samples["understudy_limits_total{limit=\"stall-timeout\"}"] == 2 * count)
        }
    }
}
