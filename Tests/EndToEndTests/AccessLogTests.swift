import Foundation
import Testing

extension EndToEnd {
    /// The balancer and the worker each write a line for a request, and both lines have the same id.
    @Suite struct AccessLog {
        private func line(_ path: String, _ target: String) throws -> [String: String] {
            var found: String?
            try waitUntil("\(path) tells of \(target)") {
                found = Files.text(path).split(separator: "\n").map(String.init)
                    .first { $0.contains("target=\"\(target)\"") }
                return found != nil
            }
            var parts: [String: String] = [:]
            for match in (found ?? "").matches(of: /([a-z]+)=("(?:[^"\\]|\\.)*"|[^ ]*)/) {
                parts[String(match.1)] = match.2.trimmingCharacters(in: ["\""])
            }
            return parts
        }

        private func cluster(_ folder: String) throws -> TestCluster {
            try TestCluster(
                .init(
                    workers: 1, balancerArguments: ["--access-log", "\(folder)/balancer.log"],
                    workerArguments: ["--access-log", "\(folder)/worker.log"]))
        }

        @Test func `A request can be followed through both logs`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let cluster = try cluster(folder)
            defer { cluster.tearDown() }
            let response = try cluster.curl("/bytes/1000?a=%22b", HTTP2.version)
            #expect(response.isOK, "\(response)")
            let id = try #require(response.field("x-request-id"))
            let edge = try line("\(folder)/balancer.log", "/bytes/1000?a=%22b")
            #expect(edge["id"] == id && edge["status"] == "200" && edge["bytes"] == "1000", "\(edge)")
            #expect(
                edge["method"] == "GET" && edge["client"] == "127.0.0.1" && edge["node"] == "worker-8001", "\(edge)")
            let time = try #require(edge["time"])
            #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(time)")
            let milliseconds = try #require(edge["ms"].flatMap { Double($0) })
            #expect(milliseconds >= 0)
            let worker = try line("\(folder)/worker.log", "/bytes/1000?a=%22b")
            #expect(worker["id"] == id && worker["status"] == "200" && worker["node"] == "worker-8001", "\(worker)")
        }

        /// A line of the access log in JSON.
        private struct Line: Decodable {
            let target: String
            let status: Int
            let client: String
            let method: String
            let node: String?
            let id: String
            let host: String
            let `protocol`: String?
            let userAgent: String
            let bytes: Int
            let bytesReceived: Int
            let tlsVersion: String?
            let attempts: Int
            let ms: Double
            let queueMs: Double?
            let connectMs: Double?
            let firstByteMs: Double?
        }

        @Test func `In JSON every field can be read, and text of a client stays inside its string`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let log = "\(folder)/balancer.log"
            let cluster = try TestCluster(
                .init(
                    workers: 1,
                    balancerArguments: ["--access-log", log, "--access-log-fields", "all", "--log-format", "json"],
                    workerArguments: ["--max-requests", "1", "--log-format", "json"]))
            defer { cluster.tearDown() }
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let lines = {
                Files.text(log).split(separator: "\n").compactMap {
                    try? decoder.decode(Line.self, from: Data($0.utf8))
                }
            }
            let agent = "a \"quote\" \\ \u{9B}[2J"
            let slow = try cluster.startCurl(
                "/reverse?delay_ms=700", "--data-binary", "abc", "-A", agent, HTTP2.version)
            try cluster.waitForStatus("the request is in progress") { $0.inFlight == [1] }
            // The worker takes one request at a time, so this one waits in the queue.
            let long = String(repeating: "x", count: 600)
            #expect(try cluster.curl("/?queued", "--http1.1", "-H", "Host: App.Example:81", "-A", long).isOK)
            #expect(slow.finish().isOK)
            #expect(try cluster.curl("/?bad", "--http1.1", "-H", "Host: a b").status == 400)
            try waitUntil("three lines are there: \(Files.text(log))") { lines().count == 3 }
            #expect(Files.text(log).split(separator: "\n").count == 3)
            let isTLS = TestCertificates.scheme == "https"

            let first = try #require(lines().first { $0.target.hasPrefix("/reverse") })
            #expect(first.status == 200 && first.method == "POST" && first.node == "worker-8001")
            #expect(first.bytes == 3 && first.bytesReceived == 3 && first.attempts == 1 && !first.id.isEmpty)
            #expect(first.userAgent == "a \"quote\" \\ \u{C2}\u{9B}[2J")
            #expect(first.protocol == (isTLS ? "HTTP/2" : "HTTP/1.1") && first.tlsVersion == (isTLS ? "1.3" : nil))
            #expect(first.host == "127.0.0.1:\(cluster.publicPort)" && first.queueMs == 0)
            #expect(try #require(first.firstByteMs) >= 700 && first.ms >= first.firstByteMs ?? 0)

            let queued = try #require(lines().first { $0.target == "/?queued" })
            #expect(queued.protocol == "HTTP/1.1" && queued.host == "App.Example:81")
            #expect(queued.userAgent == String(repeating: "x", count: 512))
            #expect(try #require(queued.queueMs) > 0 && queued.connectMs == 0)
            #expect(try #require(queued.queueMs) <= queued.firstByteMs ?? 0)

            let bad = try #require(lines().first { $0.status == 400 })
            #expect(bad.protocol == nil && bad.queueMs == nil && bad.host == "" && bad.node == nil)

            // Every line of the process log is one object too.
            let processLog = Files.text("\(cluster.folder)/balancer.log")
            let objects = processLog.split(separator: "\n").map {
                try? JSONDecoder().decode([String: String].self, from: Data($0.utf8))
            }
            #expect(!objects.isEmpty && objects.allSatisfy { $0?["level"] != nil }, "\(processLog)")
            // A successor keeps the format and the fields.
            cluster.balancer?.send(SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 1 }
            #expect(try cluster.curl("/?after").isOK)
            try waitUntil("the successor writes the same: \(Files.text(log))") {
                lines().contains { $0.target == "/?after" }
            }
        }

        @Test func `Access log lines that the disk rejects are counted`() throws {
            let cluster = try TestCluster(.init(workers: 1, balancerArguments: ["--access-log", "/dev/full"]))
            defer { cluster.tearDown() }
            for _ in 0..<3 { #expect(try cluster.curl("/").isOK) }
            try waitUntil("all lines are counted") {
                try cluster.admin("/metrics").contains("\nunderstudy_access_log_dropped_total 3\n")
            }
        }

        @Test
        func `Access log lines are counted while the file can't be opened, and written when it can be opened again`()
            throws
        {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let logs = "\(folder)/logs"
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: false)
            let cluster = try TestCluster(.init(workers: 1, balancerArguments: ["--access-log", "\(logs)/access"]))
            defer { cluster.tearDown() }
            Files.remove(logs)
            #expect(try cluster.curl("/?lost").isOK)
            try waitUntil("the lines are counted") {
                try cluster.admin("/metrics").contains("\nunderstudy_access_log_dropped_total 1\n")
            }
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: false)
            #expect(try cluster.curl("/?kept").isOK)
            _ = try line("\(logs)/access", "/?kept")
        }

        @Test func `The access log is complete after a stop, and the file can be moved`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let cluster = try cluster(folder)
            defer { cluster.tearDown() }
            let log = "\(folder)/balancer.log"
            #expect(try cluster.curl("/?first").isOK)
            _ = try line(log, "/?first")
            try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
            #expect(try cluster.curl("/?second").isOK)
            _ = try line(log, "/?second")
            #expect(!Files.text(log).contains("first"))
            // The last line of a process that stops at once.
            #expect(try cluster.curl("/?third").isOK)
            let balancer = try #require(cluster.balancer)
            balancer.send(SIGTERM)
            #expect(balancer.wait(seconds: Patience.seconds) == 0)
            #expect(Files.text(log).contains("/?third"))
        }

        /// A request that the balancer rejects itself, the curl arguments for it, and the expected status.
        struct Refusal: CustomTestStringConvertible, Sendable {
            let target: String
            let arguments: [String]
            let status: String
            var testDescription: String { "\(status) for \(target)" }
        }

        static let refusals = [
            Refusal(
                target: "/?fields", arguments: ["-H", "x: \(String(repeating: "a", count: 20_000))"], status: "431"),
            Refusal(target: "/?host", arguments: ["-H", "Host: a b"], status: "400"),
            Refusal(target: "/?framing", arguments: ["-H", "Transfer-Encoding: gzip", "-d", "x"], status: "501"),
            Refusal(target: "/?line\(String(repeating: "b", count: 9000))", arguments: [], status: "414"),
        ]

        @Test(arguments: refusals) func `A request with a rejected head has a line with its status`(refusal: Refusal)
            throws
        {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let cluster = try cluster(folder)
            defer { cluster.tearDown() }
            let curl = try Curl(cluster.url(refusal.target), ["--http1.1"] + refusal.arguments).finish()
            let got = "\(curl.status)"
            let line = try line("\(folder)/balancer.log", String(refusal.target.prefix(1024)))
            #expect(line["status"] == got && line["client"] == "127.0.0.1", "\(curl), \(line)")
            #expect(line["bytes"] == "\(curl.body.count)", "\(curl), \(line)")
            #expect(line["method"] == (refusal.target == "/?framing" ? "POST" : "GET"))
        }

        @Test func `An HTTP2 request with a rejected head has a line with its status`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let cluster = try cluster(folder)
            defer { cluster.tearDown() }
            let field = "x: \(String(repeating: "a", count: 20_000))"
            let curl = try cluster.curl("/?large", HTTP2.version, "-H", field)
            #expect(curl.status == 431)
            let line = try line("\(folder)/balancer.log", "")
            #expect(line["status"] == "431" && line["bytes"] == "\(curl.body.count)", "\(line)")
        }

        @Test func `A request beyond the rate limit, or without a worker, has a line with its status`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let cluster = try TestCluster(
                .init(
                    workers: 0,
                    balancerArguments: [
                        "--access-log", "\(folder)/log", "--rate-limit", "1:1", "--queue-timeout", "100ms",
                    ]))
            defer { cluster.tearDown() }
            #expect(try cluster.curl("/?first").status == 503)
            #expect(try cluster.curl("/?second").status == 429)
            #expect(try line("\(folder)/log", "/?first")["status"] == "503")
            #expect(try line("\(folder)/log", "/?second")["status"] == "429")
        }
    }
}
