import Foundation
import Testing

extension EndToEnd {
    /// The configuration file changes while the cluster runs.
    @Suite struct SettingsReload {
        private func makeCluster(
            _ text: String, workers: Int, workerArguments: [String] = []
        ) throws -> (cluster: TestCluster, file: String, folder: String) {
            let folder = try Files.makeTemporaryFolder()
            let file = "\(folder)/balancer.conf"
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            var options = TestCluster.Options(workers: workers)
            options.balancerArguments = ["--config", file]
            options.workerArguments = workerArguments
            return (try TestCluster(options), file, folder)
        }

        private func reload(_ cluster: TestCluster, _ file: String, _ text: String) throws {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            kill(try cluster.status().pid, SIGHUP)
        }

        /// A rate limit shows at once whether new settings are in use, and a successor keeps it.
        @Test func `A reload under load changes a limit, and no request fails`() throws {
            let (cluster, file, folder) = try makeCluster("queue-timeout: 2s\n", workers: 3)
            defer {
                cluster.tearDown()
                Files.remove(folder)
            }
            try cluster.waitUntilSettled()
            let process = try cluster.status().pid
            let outcome = try Scenario.run("reloads", on: cluster, rate: 100) { scenario in
                for count in 1...5 {
                    try scenario.fault { try reload(cluster, file, "queue-timeout: \(2 + count)s\nmax-head: 8KiB\n") }
                    try waitUntil("the settings are in use") {
                        cluster.balancerLog.components(separatedBy: "new settings are in use").count > count
                    }
                    try scenario.load.waitForMore(20)
                }
            }
            #expect(outcome.tally.failed == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
            // A new connection has the new limit.
            let large = try cluster.curl("/", "-H", "x-large: \(String(repeating: "a", count: 9000))")
            #expect(large.status == 431, "\(large)")
            #expect(try cluster.status().pid == process)
        }

        @Test func `A changed limit holds for requests from then on, and for a successor`() throws {
            let (cluster, file, folder) = try makeCluster("queue-timeout: 300ms\n", workers: 1)
            defer {
                cluster.tearDown()
                Files.remove(folder)
            }
            try cluster.waitUntilSettled()
            try reload(cluster, file, "rate-limit: 1:3\nthreads: 7\n")
            try waitUntil("the settings are in use") {
                cluster.balancerLog.contains("new settings are in use settings=queue-timeout,rate-limit")
            }
            // The number of threads is fixed at the start.
            try waitUntil("the setting is named") {
                cluster.balancerLog.contains("use 'balancer --replace'")
                    && cluster.balancerLog.contains("settings=threads")
            }
            try waitUntil("requests exceed the rate") { try cluster.curl("/").status == 429 }
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 1 }
            try waitUntil("requests exceed the rate again") { try cluster.curl("/").status == 429 }
        }

        /// Each request under an old value is in progress, seen by the balancer, when the new value comes.
        @Test func `A request keeps the settings with which it began, and the next one has the new ones`() throws {
            let (cluster, file, folder) = try makeCluster(
                "response-timeout: 50s\nstream-timeout: 50s\nmax-head: 16KiB\n", workers: 1)
            defer {
                cluster.tearDown()
                Files.remove(folder)
            }
            try cluster.waitUntilSettled()
            let large = "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 9000))\r\n\r\n"
            let kept = try KeptConnection(cluster, named: "kept")
            try kept.send(large)
            #expect(try kept.statuses(1) == [200])

            let slow = try cluster.startSlowRequest(milliseconds: 8_000)
            let upload = try KeptConnection(cluster, named: "upload")
            let begin = "POST /reverse HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
            try upload.send(begin)
            try cluster.waitForStatus("both requests are in progress") { $0.inFlight == [2] }
            try "response-timeout: 500ms\nstream-timeout: 500ms\nmax-head: 8KiB\n".write(
                toFile: file, atomically: true, encoding: .utf8)
            let reload = try Command.run(
                TestCluster.balancerProgram, ["reload", "--state-dir", cluster.stateDirectory])
            #expect(reload.status == 0 && reload.text.contains("stream-timeout: 50s -> 500ms"), "\(reload)")

            // New requests meet the new limits, over new connections and over the kept one.
            #expect(try cluster.startSlowRequest(milliseconds: 60_000).finish().status == 504)
            let late = try KeptConnection(cluster, named: "late")
            try late.send(begin)
            #expect(try late.statuses(1) == [408])
            try kept.send(large)
            #expect(try kept.statuses(2) == [200, 431])
            // The requests in progress have been silent for longer than the new limits allow.
            #expect(slow.isRunning)
            try upload.send("0\r\n\r\n")
            #expect(try upload.statuses(1) == [200])
            try upload.send(begin)
            #expect(try upload.statuses(2) == [200, 408])
            let response = slow.finish()
            #expect(response.isOK && response.text == "cba", "\(response)")
        }

        @Test func `A file with a mistake changes nothing`() throws {
            let (cluster, file, folder) = try makeCluster("max-head: 16KiB\n", workers: 1)
            defer {
                cluster.tearDown()
                Files.remove(folder)
            }
            try reload(cluster, file, "max-head: 1KiB\nqueue-size: many\n")
            try waitUntil("the mistake is logged") {
                cluster.balancerLog.contains("balancer.conf:2: queue-size many: use a number")
            }
            #expect(try cluster.curl("/", "-H", "x-large: \(String(repeating: "a", count: 9000))").status == 200)
        }

        @Test func `A worker reloads its limits too`() throws {
            let folder = try Files.makeTemporaryFolder()
            let file = "\(folder)/worker.conf"
            try "head-timeout: 10s\n".write(toFile: file, atomically: true, encoding: .utf8)
            var options = TestCluster.Options(workers: 1)
            options.workerArguments = ["--config", file]
            let cluster = try TestCluster(options)
            defer {
                cluster.tearDown()
                Files.remove(folder)
            }
            try "head-timeout: 9s\ncapacity: 2\n".write(toFile: file, atomically: true, encoding: .utf8)
            let worker = try #require(cluster.workers.first)
            kill(worker.process.identifier, SIGHUP)
            try waitUntil("the settings are in use") {
                worker.log.contains("new settings are in use settings=head-timeout")
            }
            try waitUntil("the other setting is named") { worker.log.contains("settings=capacity") }
            #expect(try cluster.curl("/").isOK)
        }
    }
}
