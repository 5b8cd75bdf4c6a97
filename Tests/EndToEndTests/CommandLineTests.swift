import Foundation
import Testing

extension Defences {
    /// A mistake on the command line ends the program with one line that names the cure, and with exit status 2.
    @Suite struct CommandLine {
        struct Case: CustomTestStringConvertible, Sendable {
            let program: String
            let arguments: [String]
            let says: String

            init(_ program: String, _ arguments: [String], says: String) {
                self.program = program
                self.arguments = arguments
                self.says = says
            }

            var testDescription: String { "\(program) \(arguments.joined(separator: " "))" }
        }

        static let wrong = [
            Case("balancer", ["--nonsense"], says: "--nonsense"),
            Case("balancer", ["--port", "http"], says: "--port"),
            Case("balancer", ["--port", "70000"], says: "--port"),
            Case("balancer", ["--port", "0"], says: "--port 0: use a number from 1 to 65535"),
            Case("balancer", ["--port", "7000"], says: "three different ports"),
            Case("balancer", ["--threads", "0"], says: "--threads 0: use a number from 1 to 1024"),
            Case("balancer", ["--id", "UPPER"], says: "--id UPPER"),
            Case("balancer", ["--log-level", "loud"], says: "use trace, debug"),
            Case("balancer", ["--balance", "random"], says: "use fewest"),
            Case("balancer", ["--balance", "hash:header="], says: "--balance hash:header="),
            Case("balancer", ["--state-dir", "/proc/none"], says: "--state-dir"),
            Case("balancer", ["--head-timeout", "10d"], says: "use a time such as"),
            Case("balancer", ["--max-head", "1MiB"], says: "--max-head 1MiB: use bytes"),
            Case("balancer", ["--rate-limit", "many"], says: "use RATE or RATE:BURST"),
            Case("balancer", ["--max-connections-per-source", "0"], says: "from 1 to"),
            Case("balancer", ["--retries", "3"], says: "from 0 to 2"),
            Case("balancer", ["--stream-timeout", "2d"], says: "--stream-timeout 2d: use a time such as"),
            Case("balancer", ["--http2-streams", "0"], says: "--http2-streams 0: use a number from 1 to 10000"),
            Case("balancer", ["--max-trailers", "9KiB"], says: "--max-trailers 9KiB: use bytes such as"),
            Case("balancer", ["--min-rate", "-1"], says: "--min-rate"),
            Case("balancer", ["--probe-interval", "1ms"], says: "use a time such as 500ms, 10s, 2m or 1h, from 10ms"),
            Case("balancer", ["--eject-failures", "0"], says: "--eject-failures 0: use a number from 1 to 1000"),
            Case("worker", ["--drain-seconds", "86401"], says: "86401: use whole seconds such as 30, 30s or 2m, from"),
            Case("worker", ["--drain-seconds", "500ms"], says: "--drain-seconds 500ms: use whole seconds"),
            Case("worker", ["--max-fields", "113"], says: "--max-fields 113: use a number from 1 to 112"),
            Case("balancer", ["--config", "/no/such/file"], says: "--config /no/such/file can't be read"),
            Case("worker", ["--idle-timeout", "0s"], says: "--idle-timeout 0s: use a time"),
            Case("worker", ["--nonsense"], says: "--nonsense"),
            Case("worker", ["--port", "8000"], says: "balancer's public port"),
            Case("worker", ["--port", "7000"], says: "balancer's cluster port"),
            Case("worker", ["--port", "7123", "--balancer", "127.0.0.1:7123"], says: "balancer's cluster port"),
            Case("worker", ["--balancer", "nowhere"], says: "HOST:PORT"),
            Case("worker", ["--balancer", "127.0.0.1:0"], says: "a port from 1 to 65535"),
            Case("worker", ["--forward", "https://127.0.0.1:1"], says: "http://HOST:PORT"),
            Case("worker", ["--forward", "http://127.0.0.1:1/path"], says: "without a path"),
            Case("worker", ["--host", "no.such.host.invalid"], says: "--host no.such.host.invalid"),
            Case("worker", ["--id", "-x"], says: "--id"),
            Case("worker", ["--capacity", "0"], says: "--capacity 0: use a number from 1 to 1000"),
            Case("worker", ["--max-requests", "65536"], says: "--max-requests 65536: use a number from 0 to 65535"),
            Case("worker", ["--balancer", "127.0.0.1:7000,"], says: "HOST:PORT"),
            Case("worker", ["--port", "7123", "--balancer", "127.0.0.1:1,127.0.0.1:7123"], says: "cluster port"),
            Case("worker", ["--across-hosts"], says: "--across-hosts needs a --host"),
            Case("worker", ["--across-hosts", "--no-standby"], says: "exclude each other"),
            Case("balancer", ["--queue-timeut", "1s"], says: "Did you mean '--queue-timeout'?"),
            Case("worker", ["--queue-timeout", "1s"], says: "Unknown option"),
            Case("worker", ["--on-takeover"], says: "Missing value"),
            Case("worker", ["--on-takeover", "/no/such/program up"], says: "/no/such/program is no file that can be"),
            Case("worker", ["--on-takeover", "no-such-program-anywhere"], says: "is in no folder of PATH"),
            Case("worker", ["--takeover-without-quorum"], says: "give --across-hosts too"),
        ]

        /// Runs an executable with a state directory and certificates of its own.
        private func run(_ program: String, _ arguments: [String], in folder: String) throws -> CommandResult {
            var all = arguments
            if !arguments.contains("--state-dir") { all += ["--state-dir", "\(folder)/state"] }
            if !arguments.contains("--certs") { all += ["--certs", try TestCertificates.shared.get()] }
            return try Command.run("\(Files.products)/\(program)", all, in: folder)
        }

        private func expectUsageError(_ result: CommandResult, says: String) {
            #expect(result.status == 2)
            #expect(result.errorLines.count == 1, "\(result.errors)")
            #expect(result.errors.contains(says), "\(result.errors)")
        }

        @Test(arguments: wrong)
        func `A wrong option gives one clear line and exit status 2`(wrong: Case) throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            expectUsageError(try run(wrong.program, wrong.arguments, in: folder), says: wrong.says)
        }

        @Test func `A state directory that other users can enter is refused`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            try FileManager.default.createDirectory(
                atPath: "\(folder)/state", withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
            for program in ["balancer", "worker"] {
                expectUsageError(try run(program, [], in: folder), says: "chmod 700 \(folder)/state")
            }
        }

        @Test func `Help and version end with exit status 0`() throws {
            for program in ["balancer", "worker"] {
                let help = try Command.run("\(Files.products)/\(program)", ["--help"])
                #expect(help.status == 0 && help.text.contains("--port"), "\(help)")
                let version = try Command.run("\(Files.products)/\(program)", ["--version"])
                #expect(version.status == 0 && !version.text.isEmpty, "\(version)")
            }
        }

        @Test func `A port in use is an error that names the port`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let ports = try Ports.free(2)
            let balancer = try run(
                "balancer",
                [
                    "--host", "127.0.0.1", "--port", "\(cluster.publicPort)", "--cluster-port", "\(ports[0])",
                    "--admin-port", "\(ports[1])",
                ],
                in: cluster.folder + "/state")
            #expect(balancer.status == 1 && balancer.errors.contains("--port"), "\(balancer.errors)")
            #expect(balancer.errors.contains("127.0.0.1:\(cluster.publicPort)"), "\(balancer.errors)")
        }

        @Test func `A worker does not use a port of its running balancer`() throws {
            let cluster = try TestCluster(workers: 0)
            defer { cluster.tearDown() }
            let ports = [
                (cluster.publicPort, "public"), (cluster.clusterPort, "cluster"), (cluster.adminPort, "admin"),
            ]
            for (port, name) in ports {
                let arguments = [
                    "--port", "\(port)", "--id", "worker-8001", "--balancer", "127.0.0.1:\(cluster.clusterPort)",
                ]
                let result = try Command.run(TestCluster.workerProgram, arguments + cluster.places, in: cluster.folder)
                expectUsageError(result, says: "--port \(port) is the balancer's \(name) port")
            }
        }

        #if TLS
            @Test func `The error for a missing certificate names the command that makes it`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                expectUsageError(
                    try run("balancer", ["--certs", "\(folder)/none"], in: folder),
                    says: "\(folder)/none/ca.pem is missing: run 'certs/make-certs'")
                expectUsageError(
                    try run("worker", ["--certs", "\(folder)/none"], in: folder),
                    says: "\(folder)/none/ca.pem is missing: copy it from the folder in which certs/make-certs made it")
                expectUsageError(
                    try run("worker", ["--port", "8077"], in: folder),
                    says: "nodes/worker-8077/worker.pem is missing: run 'certs/make-certs node worker-8077'")
            }

            @Test func `A key that other users can read is refused`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                try TestCertificates.copy(to: "\(folder)/certs")
                let keys = ["balancer": "nodes/balancer/balancer.key", "worker": "nodes/worker-8001/worker.key"]
                for (program, key) in keys {
                    let path = "\(folder)/certs/\(key)"
                    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
                    expectUsageError(
                        try run(program, ["--certs", "\(folder)/certs"], in: folder), says: "chmod 600 \(path)")
                }
            }

            @Test func `A key of another certificate is refused`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                try TestCertificates.copy(to: "\(folder)/certs")
                let nodes = "\(folder)/certs/nodes"
                try FileManager.default.removeItem(atPath: "\(nodes)/worker-8001/worker.key")
                try FileManager.default.copyItem(
                    atPath: "\(nodes)/worker-8002/worker.key", toPath: "\(nodes)/worker-8001/worker.key")
                expectUsageError(try run("worker", ["--certs", "\(folder)/certs"], in: folder), says: "worker.key")
            }
        #endif
    }
}
