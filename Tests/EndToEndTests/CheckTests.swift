import Foundation
import Testing

extension Defences {
    /// `balancer check` and `worker check`.
    @Suite struct Checks {
        private func write(_ text: String, to path: String) throws {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }

        @Test func `Every mistake of a file is shown at once, with its line`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let file = "\(folder)/balancer.yaml"
            try write(
                "port: http\n# ports\ncluster-port: 9000\nqueue-timeut: 5s\non-release: /none/at/all\nport: 1\n",
                to: file)
            let result = try Command.run(TestCluster.balancerProgram, ["check", "--config", file])
            #expect(result.status == 2)
            #expect(
                result.text == """
                    \(file):1: port http: use a number from 1 to 65535
                    \(file):3: --port, --cluster-port and --admin-port must be three different ports
                    \(file):4: unknown key queue-timeut: did you mean queue-timeout?
                    \(file):5: --on-release /none/at/all: /none/at/all is no file that can be executed: give the path of the program
                    \(file):6: port stands in line 1 already

                    """)
            try write("on-takeover: /none/at/all\nhost: 'no name'\nbalancer: a b\nforward: ftp://x\n", to: file)
            let worker = try Command.run(TestCluster.workerProgram, ["check", "--config", file])
            #expect(worker.status == 2)
            let lines = worker.text.split(separator: "\n")
            #expect(
                lines.count == 4 && lines.enumerated().allSatisfy { $1.hasPrefix("\(file):\($0 + 1): ") }, "\(worker)")
            try write("queue-timeout: 5s\n", to: file)
            let good = try Command.run(TestCluster.balancerProgram, ["check", "--config", file])
            #expect(good.status == 0 && good.text == "\(file): no mistakes\n", "\(good)")
            let missing = try Command.run(TestCluster.balancerProgram, ["check", "--config", "\(folder)/none"])
            #expect(missing.status == 2 && missing.errorLines.count == 1, "\(missing)")
        }

        #if TLS
            @Test func `Every mistake of the certificates is shown at once`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                let (file, certs) = ("\(folder)/balancer.yaml", "\(folder)/certs")
                try write("idle-timeout: 5s\n", to: file)
                try TestCertificates.copy(to: certs)
                func check(_ program: String = TestCluster.balancerProgram, _ more: String...) throws -> CommandResult {
                    try Command.run(program, ["check", "--config", file, "--certs", certs] + more)
                }
                #expect(try check().status == 0)
                #expect(try check(TestCluster.workerProgram, "--id", "worker-8001").status == 0)

                let manager = FileManager.default
                let node = "\(certs)/nodes/balancer"
                // The key of another certificate, a worker's certificate, a key for everybody, a missing CA.
                try manager.removeItem(atPath: "\(certs)/public.key")
                try manager.copyItem(atPath: "\(certs)/nodes/worker-8001/worker.key", toPath: "\(certs)/public.key")
                for suffix in ["pem", "key"] {
                    try manager.removeItem(atPath: "\(node)/balancer.\(suffix)")
                    try manager.copyItem(
                        atPath: "\(certs)/nodes/worker-8001/worker.\(suffix)", toPath: "\(node)/balancer.\(suffix)")
                }
                try manager.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(node)/balancer.key")
                try manager.removeItem(atPath: "\(certs)/ca.pem")
                let result = try check()
                #expect(result.status == 2)
                for wanted in [
                    "\(certs)/ca.pem is missing: copy it", "\(node)/balancer.key",
                    "\(node)/balancer.pem is for spiffe://understudy/worker/worker-8001, not for balancer balancer: run 'certs/make-certs'",
                    "\(certs)/public.key is not the key of \(certs)/public.pem",
                ] {
                    #expect(result.text.contains(wanted), "\(wanted): \(result.text)")
                }
                #expect(result.text.split(separator: "\n").count == 4, "\(result.text)")
                let nobody = try check(TestCluster.workerProgram, "--id", "worker-9")
                #expect(
                    nobody.status == 2
                        && nobody.text.contains("worker-9/worker.pem is missing: run 'certs/make-certs node worker-9'"),
                    "\(nobody)")
            }

            @Test func `A certificate that has expired is a mistake`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                try TestCertificates.makeOdd(id: "worker-8001", in: "\(folder)/odd")
                let file = "\(folder)/worker.yaml"
                try write("capacity: 2\n", to: file)
                for (name, says) in [("expired", "has expired: run"), ("not-yet-valid", "is not yet valid: run")]
                where manager.fileExists(atPath: "\(folder)/odd/\(name)") {
                    let result = try Command.run(
                        TestCluster.workerProgram,
                        ["check", "--config", file, "--certs", "\(folder)/odd/\(name)", "--id", "worker-8001"])
                    #expect(result.status == 2 && result.text.contains("worker.pem \(says)"), "\(result)")
                }
            }

            private var manager: FileManager { FileManager.default }
        #endif
    }
}
