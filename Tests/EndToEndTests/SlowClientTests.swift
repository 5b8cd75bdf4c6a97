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

        /// Both ways at once, since each takes as long as the balancer's patience.
        @Test(.enabled(if: isInstalled, "slowhttptest is not installed: scripts/setup --tests does that"))
        func `slowhttptest -H and -B lose all their connections while others are served`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            let attacks = [
                // A field every 2 s: the whole head has 10 s.
                ("-H", try start(cluster, "/", seconds: 60, ["-H", "-i", "2"])),
                // Counted content, some bytes every 5 s.
                ("-B", try start(cluster, "/echo", seconds: 120, ["-B", "-i", "5", "-s", "65536", "-x", "10"])),
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
        }
    }
}
