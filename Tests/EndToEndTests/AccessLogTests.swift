import Foundation
import Testing

extension EndToEnd {
    /// A line for each request, at the balancer and at the worker, that belong together.
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

        @Test func `Lines that the disk does not take are counted`() throws {
            let cluster = try TestCluster(.init(workers: 1, balancerArguments: ["--access-log", "/dev/full"]))
            defer { cluster.tearDown() }
            for _ in 0..<3 { #expect(try cluster.curl("/").isOK) }
            try waitUntil("all are counted") {
                try cluster.admin("/metrics").contains("\nunderstudy_access_log_dropped_total 3\n")
            }
        }

        @Test func `Lines are counted while there is no place for the file, and written when there is one again`()
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
            try waitUntil("it is counted") {
                try cluster.admin("/metrics").contains("\nunderstudy_access_log_dropped_total 1\n")
            }
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: false)
            #expect(try cluster.curl("/?kept").isOK)
            _ = try line("\(logs)/access", "/?kept")
        }

        @Test func `The log is complete after a stop, and can be moved away`() throws {
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
    }
}
