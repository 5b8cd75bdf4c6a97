import Foundation
import Testing

extension HostScenarios {
    /// The machine lacks a resource or behaves strangely.
    @Suite struct HostFaults {
        @Test func `Another program at the public port prevents the takeover until it ends`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            for process in ProcessTable.withArgument(containing: cluster.stateDirectory) { kill(process, SIGKILL) }
            var foreign: Application?
            try waitUntil("the port is taken") {
                foreign = try? Application(port: cluster.publicPort)
                return foreign != nil
            }
            let byHand = try cluster.spawnBalancer()
            #expect(byHand.wait() == 1)
            #expect(cluster.balancerLog.contains("can't listen on 127.0.0.1:\(cluster.publicPort): another process"))
            for worker in cluster.workers {
                worker.process.end()
                try worker.start()
            }
            try waitUntil("a takeover has failed") {
                cluster.workers.contains { $0.log.contains("another process listens there") }
            }
            foreign?.stop()
            try cluster.waitForStatus("a successor reigns", seconds: 60) { $0.readyCount == 2 }
            #expect(try cluster.curl("/").isOK)
        }

        @Test(.enabled(if: WallClock.isAvailable, "needs libfaketime, and no sanitizer"))
        func `A wall clock that jumps by a day changes nothing for members`() throws {
            let clock = try WallClock()
            var options = TestCluster.Options()
            options.launcher = clock.launcher
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let outcome = try Scenario.run("clock leaps", on: cluster) { scenario in
                // The clock jumps into the future, and back before the start of every process, but not before the
                // certificates.
                for (epoch, leap) in [(2, "+1d"), (3, "-4m")] {
                    try clock.leap(to: leap)
                    try scenario.load.waitForMore(60)
                    try cluster.waitUntilSettled()
                    let balancer = try cluster.status().pid
                    scenario.fault { kill(balancer, SIGKILL) }
                    try cluster.waitForStatus("all workers are ready") { $0.epoch == epoch && $0.readyCount == 3 }
                    let worker = cluster.workers[2]
                    worker.process.send(SIGTERM)
                    #expect(worker.process.wait() == 0)
                    try worker.start()
                    try cluster.waitUntilReady(3)
                }
            }
            #expect(outcome.tally.refused + outcome.tally.timedOut + outcome.tally.otherStatus == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
        }

        @Test(.enabled(if: Privileges.canMount, "mounting a file system needs root"))
        func `On a full disk the takeover succeeds`() throws {
            let cluster = try HostFaults.clusterOnSmallDisk()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let outcome = try Scenario.run("disk full", on: cluster) { scenario in
                let full = "\(cluster.stateDirectory)/full"
                let filled = try Command.run("dd", ["if=/dev/zero", "of=\(full)", "bs=1k"])
                #expect(filled.status != 0 && filled.errors.contains("No space left"), "\(filled.errors)")
                for epoch in 2...3 {
                    let balancer = try cluster.status().pid
                    scenario.fault { kill(balancer, SIGKILL) }
                    try cluster.waitForStatus("all workers are ready") { $0.epoch == epoch && $0.readyCount == 3 }
                    try scenario.load.waitForMore(20)
                }
                Files.remove(full)
                let balancer = try cluster.status().pid
                scenario.fault { kill(balancer, SIGKILL) }
                try cluster.waitForStatus("all workers are ready") { $0.epoch == 4 && $0.readyCount == 3 }
                try scenario.load.waitForMore(20)
            }
            #expect(outcome.tally.refused + outcome.tally.timedOut + outcome.tally.otherStatus == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
        }

        private static func clusterOnSmallDisk() throws -> TestCluster {
            var options = TestCluster.Options()
            options.makeState = { path in
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
                try mount("-t", "tmpfs", "-o", "size=256k,mode=700", "understudy", path)
            }
            options.removeState = { path in _ = try? Command.run("umount", ["-l", path]) }
            return try TestCluster(options)
        }

        private static func mount(_ arguments: String...) throws {
            let result = try Command.run("mount", arguments)
            guard result.status == 0 else { throw HarnessError("mount failed: \(result.errors)") }
        }

        @Test func `Without descriptors clients wait, and are served when there are some again`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let balancer = try cluster.status().pid
            let outcome = try Scenario.run("descriptors exhausted", on: cluster) { scenario in
                let used = ProcessTable.descriptorCount(of: balancer)
                let before = try Command.run(
                    "prlimit", ["--pid", "\(balancer)", "--nofile", "--noheadings", "-o", "SOFT"])
                scenario.fault { setLimit(of: balancer, to: "\(used)") }
                // Waiting connections stay in the listener's queue, without an error for their clients.
                let waiting = try (0..<8).map { _ in try cluster.startCurl("/") }
                try waitUntil("descriptors have run out") { ProcessTable.descriptorCount(of: balancer) >= used }
                setLimit(
                    of: balancer, to: before.text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "")
                for request in waiting {
                    let response = request.finish()
                    #expect(response.exitStatus == 0, "\(response)")
                }
                try scenario.load.waitForMore(30)
                try cluster.waitUntilReady(3)
            }
            #expect(outcome.tally.refused + outcome.tally.timedOut + outcome.tally.reset == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
            #expect(try cluster.status().epoch == 1)
        }

        private func setLimit(of process: pid_t, to limit: String) {
            let result = try? Command.run("prlimit", ["--pid", "\(process)", "--nofile=\(limit):"])
            #expect(result?.status == 0, "\(result?.errors ?? "")")
        }
    }
}
