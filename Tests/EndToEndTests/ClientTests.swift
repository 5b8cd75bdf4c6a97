import Foundation
import Testing

extension EndToEnd {
    /// Clients that people use, by the programs in `Tests/Clients`; those that are not installed are skipped.
    ///
    /// Each trusts the cluster's authority alone, and is to find out that nobody else does.
    @Suite struct Clients {
        private static let hasPython = FileManager.default.isExecutableFile(atPath: Files.python)
        private static let needsPython: Comment = "scripts/setup --tests makes .venv"

        private static func tool(_ name: String) -> String { "\(Files.packageRoot)/Tests/Clients/\(name)" }

        private static func has(_ program: String) -> Bool {
            (try? Command.run("sh", ["-c", "command -v \(program)"]).status) == 0
        }

        /// Runs a client until it ends.
        private func run(_ program: String, _ arguments: [String]) throws {
            let result = try Command.run(
                "env", ["PYTHONDONTWRITEBYTECODE=1", program] + arguments, seconds: 150)
            #expect(result.status == 0 && result.text == "all is well\n", "\(result.text)\(result.errors)")
        }

        /// A client's tour of the tasks, in the end of which it kills the balancer and goes on.
        private func tour(_ program: String, _ arguments: [String]) throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            try run(program, arguments + places(cluster))
            try cluster.waitForStatus("nothing is under way") { $0.epoch == 2 && $0.inFlight == [0, 0] }
        }

        private func places(_ cluster: TestCluster) -> [String] {
            let authority = TestCertificates.scheme == "https" ? ["\(cluster.certificates)/ca.pem"] : []
            return ["\(TestCertificates.scheme)://localhost:\(cluster.publicPort)", "\(cluster.adminPort)"] + authority
        }

        /// A cluster before `web-server`.
        private func withWebServer(_ body: (TestCluster) throws -> Void) throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let server = try SpawnedProcess(
                Files.python, [Clients.tool("web-server")], output: "\(folder)/output", errors: "\(folder)/errors")
            defer { server.end() }
            try waitUntil("the application says its port: \(Files.text("\(folder)/errors"))") {
                Files.text("\(folder)/output").hasSuffix("\n")
            }
            let port = Files.text("\(folder)/output").trimmingCharacters(in: .newlines)
            let cluster = try TestCluster(workers: 2, workerArguments: ["--forward", "http://127.0.0.1:\(port)"])
            defer { cluster.tearDown() }
            try body(cluster)
            try cluster.waitForStatus("nothing is under way") { $0.inFlight == [0, 0] }
        }

        @Test(
            .enabled(if: hasPython, needsPython), arguments: ["requests-client", "httpx-client", "aiohttp-client"])
        func `Python's clients are served, also while the balancer is brought back`(client: String) throws {
            try tour(Files.python, [Clients.tool(client)])
        }

        @Test(.enabled(if: hasPython, needsPython))
        func `WebSockets reach an application, by two clients`() throws {
            try withWebServer { cluster in
                try run(Files.python, [Clients.tool("websocket-client")] + places(cluster))
                let metrics = try PrometheusText(cluster.admin("/metrics"))
                #expect(metrics.samples["understudy_tunnels_total"] == 33)
                #expect(metrics.samples["understudy_tunnels"] == 0)
            }
        }

        #if TLS
            @Test(.enabled(if: has("node"), "node is not installed"))
            func `node's https and http2 are served`() throws {
                let cluster = try TestCluster(workers: 2)
                defer { cluster.tearDown() }
                try run("node", [Clients.tool("node-client"), "\(cluster.publicPort)", places(cluster)[2]])
                try cluster.waitForStatus("nothing is under way") { $0.inFlight == [0, 0] }
            }

            @Test(.enabled(if: has("javac"), "Java's development kit is not installed"))
            func `Java's HttpClient is served, also while the balancer is brought back`() throws {
                try tour("java", [Clients.tool("Client.java")])
            }

            @Test(
                .enabled(if: hasPython && has("chromium") && has("certutil"), "chromium or certutil is not installed"))
            func `A browser is served over HTTP2 alone, its WebSockets too`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                try withWebServer { cluster in
                    let places = places(cluster)
                    try run(Clients.tool("chromium-client"), [folder, places[0], places[2]])
                    let samples = try PrometheusText(cluster.admin("/metrics")).samples
                    // The handshakes that ended for want of trust made no connection that speaks anything.
                    #expect(samples["understudy_http2_connections_total"] == samples["understudy_handshakes_total"])
                    #expect(samples["understudy_tunnels_total"] == 5)
                }
            }
        #endif
    }
}
