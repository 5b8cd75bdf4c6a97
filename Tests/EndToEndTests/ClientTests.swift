import Foundation
import Testing

extension EndToEnd {
    /// Common clients, run by the programs in `Tests/Clients`. Tests of clients that are not installed are skipped.
    ///
    /// Each client trusts only the cluster's authority, and checks that it rejects any other.
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

        /// Runs a client's tour of the tasks. At its end the client kills the balancer and continues.
        private func tour(_ program: String, _ arguments: [String]) throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            try run(program, arguments + places(cluster))
            try cluster.waitForStatus("no request is in progress") { $0.epoch == 2 && $0.inFlight == [0, 0] }
        }

        private func places(_ cluster: TestCluster) -> [String] {
            let authority = TestCertificates.scheme == "https" ? ["\(cluster.certificates)/ca.pem"] : []
            return ["\(TestCertificates.scheme)://localhost:\(cluster.publicPort)", "\(cluster.adminPort)"] + authority
        }

        /// Runs `body` with a cluster in front of `web-server`.
        private func withWebServer(
            balancerArguments: [String] = [], _ body: (TestCluster) throws -> Void
        ) throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let server = try SpawnedProcess(
                Files.python, [Clients.tool("web-server")], output: "\(folder)/output", errors: "\(folder)/errors")
            defer { server.end() }
            try waitUntil("the application prints its port: \(Files.text("\(folder)/errors"))") {
                Files.text("\(folder)/output").hasSuffix("\n")
            }
            let port = Files.text("\(folder)/output").trimmingCharacters(in: .newlines)
            var options = TestCluster.Options()
            options.workers = 2
            options.balancerArguments = balancerArguments
            options.workerArguments = ["--forward", "http://127.0.0.1:\(port)"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            try body(cluster)
            try cluster.waitForStatus("no request is in progress") { $0.inFlight == [0, 0] }
        }

        @Test(
            .enabled(if: hasPython, needsPython), arguments: ["requests-client", "httpx-client", "aiohttp-client"])
        func `Python's clients are served, also during a takeover`(client: String) throws {
            try tour(Files.python, [Clients.tool(client)])
        }

        @Test(.enabled(if: hasPython, needsPython))
        func `Two WebSocket clients reach an application`() throws {
            try withWebServer { cluster in
                try run(Files.python, [Clients.tool("websocket-client")] + places(cluster))
                let metrics = try PrometheusText(cluster.admin("/metrics"))
                #expect(metrics.samples["understudy_tunnels_total"] == 33)
                #expect(metrics.samples["understudy_tunnels"] == 0)
            }
        }

        @Test(.enabled(if: hasPython, needsPython))
        func `A drain gives tunnels its time, and ends them in order`() throws {
            try withWebServer(balancerArguments: ["--drain-seconds", "4"]) { cluster in
                try cluster.waitUntilSettled()
                try run(Files.python, [Clients.tool("tunnel-drain-client")] + places(cluster))
            }
        }

        @Test(.enabled(if: hasPython, needsPython))
        func `An HTTP2 client that has closed its sending side gets its response, and each fault gets its error code`()
            throws
        {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            try run(Files.python, [Clients.tool("http2-conduct-client")] + places(cluster))
            try cluster.waitForStatus("no request is in progress") { $0.inFlight == [0] }
        }

        /// Runs `body` with a cluster in front of `h2c-server`.
        private func withHTTP2Server(_ body: (TestCluster) throws -> Void) throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let server = try SpawnedProcess(
                Files.python, [Clients.tool("h2c-server"), "200"], output: "\(folder)/output",
                errors: "\(folder)/errors")
            defer { server.end() }
            try waitUntil("the application prints its port: \(Files.text("\(folder)/errors"))") {
                Files.text("\(folder)/output").hasSuffix("\n")
            }
            let port = Files.text("\(folder)/output").trimmingCharacters(in: .newlines)
            let cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "h2c://127.0.0.1:\(port)", "--threads", "1"])
            defer { cluster.tearDown() }
            try body(cluster)
            try cluster.waitForStatus("no request is in progress") { $0.inFlight == [0] }
        }

        @Test(.enabled(if: hasPython, needsPython))
        func `Cancelled requests of one client end no other client's request to a shared application`() throws {
            try withHTTP2Server { try run(Files.python, [Clients.tool("http2-resets-client")] + places($0)) }
        }

        @Test(.enabled(if: hasPython, needsPython))
        func `Trailers of counted content pass both ways between an HTTP2 client and an HTTP2 application`() throws {
            try withHTTP2Server { try run(Files.python, [Clients.tool("http2-trailers-client")] + places($0)) }
        }

        #if TLS
            @Test(.enabled(if: has("node"), "node is not installed"))
            func `node's https and http2 are served`() throws {
                let cluster = try TestCluster(workers: 2)
                defer { cluster.tearDown() }
                try run("node", [Clients.tool("node-client"), "\(cluster.publicPort)", places(cluster)[2]])
                try cluster.waitForStatus("no request is in progress") { $0.inFlight == [0, 0] }
            }

            @Test(.enabled(if: has("javac"), "Java's development kit is not installed"))
            func `Java's HttpClient is served, also during a takeover`() throws {
                try tour("java", [Clients.tool("Client.java")])
            }

            @Test(
                .enabled(if: hasPython && has("chromium") && has("certutil"), "chromium or certutil is not installed"))
            func `A browser is served over HTTP2 only, including its WebSockets`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                try withWebServer { cluster in
                    let places = places(cluster)
                    try run(Clients.tool("chromium-client"), [folder, places[0], places[2]])
                    let metrics = try PrometheusText(cluster.admin("/metrics"))
                    let samples = metrics.samples
                    // Handshakes that failed for lack of trust made no HTTP/2 connection.
                    let handshakes = metrics.sum(of: "understudy_handshakes_total")
                    #expect(samples["understudy_http2_connections_total"] == handshakes)
                    #expect(samples["understudy_tunnels_total"] == 5)
                }
            }
        #endif
    }
}
