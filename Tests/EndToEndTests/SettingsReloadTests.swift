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
            #expect(cluster.balancerLog.contains("use 'balancer --replace'"))
            #expect(cluster.balancerLog.contains("settings=threads"))
            try waitUntil("requests exceed the rate") { try cluster.curl("/").status == 429 }
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 1 }
            try waitUntil("requests exceed the rate again") { try cluster.curl("/").status == 429 }
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
            #expect(worker.log.contains("settings=capacity"))
            #expect(try cluster.curl("/").isOK)
        }
    }
}
