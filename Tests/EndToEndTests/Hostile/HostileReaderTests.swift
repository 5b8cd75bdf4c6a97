import Foundation
import Testing

extension Defences {
    /// Logs are no weapon, neither for a reader that stops nor for a peer whose text is in them.
    @Suite struct HostileReaders {
        /// A pipe without a reader holds 64 KiB. Each handshake without a certificate causes a line.
        @Test func `A reader of standard error that stops reading delays no process`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let pipe = "\(folder)/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            let certificates = try UnderAttack.makeCertificates()
            defer { Files.remove(certificates) }
            var options = TestCluster.Options()
            options.certificates = certificates
            // A pipe that is opened to read and write does not wait for the other end.
            options.launcher = ["sh", "-c", "exec \"$@\" 2<>\(pipe)", "sh"]
            options.balancerArguments = ["--log-level", "trace"]
            options.workerArguments = ["--log-level", "trace"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let before = try cluster.status()
            let noise = Attack(
                "Noise", "strangers.garbage port=cluster threads=2", "strangers.garbage port=worker threads=2",
                "strangers.garbage port=public threads=2", "members.odd_claims")
            let outcome = try Scenario.run("standard error is not read", on: cluster) { scenario in
                let attacker = try Attacker(noise, on: cluster, certificates: certificates, seconds: Attack.seconds)
                #expect(try !attacker.finish().acts.values.contains(0))
                try scenario.load.waitForMore(20)
            }
            #expect(outcome.tally.failed == 0, "\(outcome)")
            let after = try cluster.status()
            #expect(after.pid == before.pid && after.epoch == before.epoch && after.readyCount == 3)
        }

        @Test func `A client's bytes forge no line of a log and change no reading direction`() throws {
            let certificates = try UnderAttack.makeCertificates()
            defer { Files.remove(certificates) }
            let log = "\(certificates)/access.log"
            var options = TestCluster.Options()
            options.certificates = certificates
            options.balancerArguments = ["--access-log", log, "--log-level", "debug"]
            options.workerArguments = ["--log-level", "debug"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let attack = Attack("Forged lines", "http1.forged_lines", "members.odd_claims")
            let report = try Attacker(attack, on: cluster, certificates: certificates, seconds: 1).finish()
            #expect(!report.acts.values.contains(0), "\(report)")
            try waitUntil("the access log has the lines") { Files.text(log).contains("forged") }
            let logs =
                ["balancer", "worker-8001", "worker-8002", "worker-8003"].map { "\(cluster.folder)/\($0).log" } + [log]
            for path in logs {
                let text = Files.text(path)
                let odd = text.unicodeScalars.filter { HostileReaders.isOdd($0) }
                #expect(odd.isEmpty, "\(path) has \(Set(odd.map { $0.escaped(asASCII: true) }))")
                #expect(!text.split(separator: "\n").contains { $0.hasPrefix("forged") }, "\(path)")
            }
        }

        /// Returns whether a terminal may do more with the character than show it: control characters except the end of
        /// a line, direction marks, and characters without width.
        private static func isOdd(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.properties.generalCategory {
            case .control: scalar != "\n"
            case .format, .lineSeparator, .paragraphSeparator, .surrogate: true
            default: false
            }
        }
    }
}
