import Foundation
import Testing

extension Scenarios {
    /// Workers hang, flap or vanish, or another program uses their port.
    @Suite struct WorkerFaults {
        @Test func `A worker that is stopped with requests in progress delays them, and all of them are answered`()
            throws
        {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let victim = cluster.workers[1]
            let outcome = try Scenario.run("worker hangs", on: cluster) { scenario in
                scenario.fault { victim.process.send(SIGSTOP) }
                try cluster.waitForStatus("the worker is out of the rotation") { $0.state(of: victim.id) == "ejected" }
                try scenario.load.waitForMore(30)
                victim.process.send(SIGCONT)
                try cluster.waitUntilReady(3)
            }
            // A write that the worker had begun waits for it. The balancer sends no request to another worker that the
            // first may have processed.
            #expect(outcome.tally.failed == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
        }

        @Test func `A flapping worker fails no request of others`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let victim = cluster.workers[2]
            // The load contains only requests that may be sent twice: a write in a killed worker has no response.
            let outcome = try Scenario.run("worker flaps", on: cluster, writeEvery: 0) { scenario in
                let end = OpenLoop.now + WorkerFaults.flapSeconds
                var starts = 1
                while OpenLoop.now < end {
                    scenario.fault { victim.process.end() }
                    try scenario.load.waitForMore(10)
                    try victim.start()
                    starts += 1
                    try waitUntil("the worker has registered") {
                        victim.log.split(separator: "\n").count { $0.contains("registered with the balancer") }
                            >= starts
                    }
                }
                try cluster.waitUntilReady(3)
                try scenario.load.waitForMore(10)
            }
            #expect(outcome.tally.failed == 0, "\(outcome)")
        }

        /// `UNDERSTUDY_FLAP_SECONDS`, for a longer run.
        private static let flapSeconds =
            ProcessInfo.processInfo.environment["UNDERSTUDY_FLAP_SECONDS"].flatMap { Double($0) } ?? 10

        @Test func `When half of the workers vanish at once the others serve`() throws {
            var options = TestCluster.Options(workers: 4)
            let certificates = try TestCertificates.withNode("worker-8004")
            defer { Files.remove(certificates) }
            options.certificates = certificates
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let outcome = try Scenario.run("half vanish", on: cluster, writeEvery: 0) { scenario in
                scenario.fault {
                    for worker in cluster.workers.prefix(2) { worker.process.send(SIGKILL) }
                }
                try cluster.waitForStatus("the workers are out of the rotation") { $0.readyCount == 2 }
                try scenario.load.waitForMore(30)
                for worker in cluster.workers.prefix(2) {
                    worker.process.end()
                    try worker.start()
                }
                try cluster.waitUntilReady(4)
            }
            #expect(outcome.tally.failed == 0, "\(outcome)")
        }

        @Test func `A program that takes the port of a dead worker gets no request`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let victim = cluster.workers[0]
            var foreign: Application?
            let outcome = try Scenario.run("worker's port stolen", on: cluster, writeEvery: 0) { scenario in
                scenario.fault { victim.process.end() }
                try waitUntil("the port is taken") {
                    foreign = try? Application(port: victim.port)
                    return foreign != nil
                }
                try cluster.waitForStatus("the worker is out of the rotation") { $0.state(of: victim.id) == "ejected" }
                try scenario.load.waitForMore(30)
                foreign?.stop()
                try victim.start()
                try cluster.waitUntilReady(3)
            }
            #expect(outcome.tally.failed == 0, "\(outcome)")
            let heads = foreign?.heads ?? []
            #expect(heads.allSatisfy { $0.lowercased().contains("understudy-probe") }, "\(heads)")
        }
    }
}
