import Foundation
import Testing

extension Scenarios {
    /// The balancer's process dies, hangs, is started twice, or returns late.
    @Suite struct BalancerFaults {
        @Test(arguments: [0, 1, 1000])
        func `A balancer that is killed with requests in progress loses those and no others`(inFlight: Int) throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            var slow: OpenLoop?
            if inFlight > 0 {
                slow = try OpenLoop(
                    cluster, path: "/reverse?delay_ms=60000", rate: min(inFlight, 400), timeout: 90,
                    arguments: ["--post", "abc", "--count", "\(inFlight)"])
                try cluster.waitForStatus("\(inFlight) are in flight") { $0.inFlight.reduce(0, +) == inFlight }
            }
            let balancer = try cluster.status().pid
            let outcome = try Scenario.run("kill with \(inFlight) in flight", on: cluster) { scenario in
                scenario.fault { kill(balancer, SIGKILL) }
                try scenario.load.waitForAnswer(after: scenario.lastFault)
                try cluster.waitForStatus("all workers are ready") { $0.epoch == 2 && $0.readyCount == 3 }
                try scenario.load.waitForMore(20)
            }
            #expect(outcome.tally.refused + outcome.tally.timedOut + outcome.tally.otherStatus == 0, "\(outcome)")
            // The load's requests inside the dead process: at most as many as begin in a second.
            #expect(outcome.tally.failed <= 50, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
            if let slow {
                let tally = OpenLoopTally(try slow.stop())
                #expect(tally.lost + tally.reset == inFlight, "\(tally)")
            }
        }

        @Test func `A hung balancer is killed before its successor reigns, and does not return`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let hung = try cluster.status().pid
            var wasDead = false
            let outcome = try Scenario.run("hang", on: cluster) { scenario in
                scenario.fault { kill(hung, SIGSTOP) }
                // An epoch is granted before the first connection is accepted. At the second epoch the hung process
                // must already be dead.
                try waitUntil("a second epoch is granted") { cluster.grantedEpoch == 2 }
                wasDead = ProcessTable.hasEnded(hung)
                try scenario.load.waitForAnswer(after: scenario.lastFault)
                try cluster.waitForStatus("all workers are ready") { $0.epoch == 2 && $0.readyCount == 3 }
                kill(hung, SIGCONT)
                try scenario.load.waitForMore(20)
            }
            #expect(wasDead)
            #expect(cluster.balancer?.wait() == 128 + SIGKILL)
            #expect(outcome.tally.refused + outcome.tally.timedOut + outcome.tally.otherStatus == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
        }

        @Test func `A successor that hangs during its takeover is replaced by the next`() throws {
            let cluster = try TestCluster(.inTurn)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let balancer = try cluster.status().pid
            let standby = try #require(cluster.workers[0].parkedStandby)
            let outcome = try Scenario.run("successor hangs", on: cluster) { scenario in
                kill(standby, SIGSTOP)
                scenario.fault { kill(balancer, SIGKILL) }
                let status = try cluster.waitForStatus("the next balancer reigns") {
                    $0.readyCount == 3 && $0.epoch > 1
                }
                #expect(status.id == "worker-8002")
                kill(standby, SIGCONT)
                try scenario.load.waitForMore(20)
            }
            #expect(outcome.tally.refused + outcome.tally.timedOut == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
            let status = try cluster.status()
            #expect(status.id == "worker-8002")
        }

        @Test func `Successors that are killed at any moment of their takeover are replaced by the next`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let outcome = try Scenario.run("successor killed", on: cluster) { scenario in
                for round in 0..<12 {
                    try cluster.waitUntilSettled()
                    let before = try cluster.status()
                    let standby = try #require(cluster.workers.compactMap(\.parkedStandby).first)
                    scenario.fault { kill(before.pid, SIGKILL) }
                    // The kills cover the time from before the order to reign until after the first responses.
                    let moment = OpenLoop.now + Double(round) * 0.001
                    while OpenLoop.now < moment { sched_yield() }
                    kill(standby, SIGKILL)
                    try cluster.waitForStatus("a balancer reigns") { $0.epoch > before.epoch && $0.readyCount == 3 }
                }
                try scenario.load.waitForMore(20)
            }
            #expect(outcome.tally.refused + outcome.tally.timedOut == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
        }

        @Test func `The last worker that may stand in starts the successor, and all dead processes return`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            for worker in cluster.workers.prefix(2) { worker.process.end() }
            kill(try cluster.status().pid, SIGKILL)
            let last = try cluster.waitForStatus("the last worker has taken over", seconds: 60) {
                $0.epoch > 1 && $0.state(of: "worker-8003") == "ready"
            }
            #expect(last.id == "worker-8003")

            // All processes die. A restarted worker finds no balancer, and finds itself in the last list.
            kill(last.pid, SIGKILL)
            for worker in cluster.workers { worker.process.end() }
            for process in ProcessTable.withArgument(containing: cluster.folder) { kill(process, SIGKILL) }
            for worker in cluster.workers { try worker.start() }
            try cluster.waitForStatus("all workers are ready", seconds: 80) {
                $0.epoch > last.epoch && $0.readyCount == 3
            }
            #expect(try cluster.curl("/").isOK)
        }

        @Test
        func `Of two balancers started at the same moment one reigns, and the other reports the reason for its end`()
            throws
        {
            let cluster = try TestCluster(workers: 0)
            defer { cluster.tearDown() }
            cluster.balancer?.end()
            var last = cluster.grantedEpoch
            let rounds = Rounds.count(long: 100)
            for round in 1...rounds {
                let pair = [try cluster.spawnBalancer(), try cluster.spawnBalancer()]
                try waitUntil("one of the two has ended") { pair.contains { !$0.isRunning } }
                let reigning = try #require(pair.first { $0.isRunning }, "both gave up in round \(round)")
                let loser = try #require(pair.first { !$0.isRunning })
                #expect(loser.exitStatus == 1)
                try waitUntil("the other balancer reigns") { (try? cluster.status())?.pid == reigning.identifier }
                #expect(cluster.grantedEpoch == last + 1)
                last = cluster.grantedEpoch
                for process in pair { process.end() }
            }
            let complaints = cluster.balancerLog.split(separator: "\n").filter { $0.hasPrefix("balancer: ") }
            #expect(complaints.count == rounds)
            #expect(complaints.allSatisfy { $0.contains("running already") })
        }

        @Test
        func `A balancer whose lock file was replaced ends, and the workers start a successor under the new file`()
            throws
        {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let lock = "\(cluster.stateDirectory)/balancer.lock"
            // No other process can have locked a file that does not exist.
            try FileManager.default.removeItem(atPath: lock)
            try waitUntil("the balancer has polled its fence twice") { try cluster.status().uptimeSeconds >= 3 }
            #expect(try cluster.status().epoch == 1)
            try Data().write(to: URL(fileURLWithPath: lock))
            #expect(cluster.balancer?.wait() == 1)
            #expect(cluster.balancerLog.contains("the fence is lost: this balancer ends"))
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            #expect(try cluster.curl("/").isOK)
        }

        @Test func `The workers refuse an old balancer with an old snapshot, and it reports that and ends`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let old = try cluster.copyState(to: "old-state")
            for epoch in 2...4 {
                kill(try cluster.status().pid, SIGKILL)
                try cluster.waitForStatus("a successor reigns") { $0.epoch == epoch && $0.readyCount == 3 }
            }
            // Its directory knows epoch 1 only, so it reigns under epoch 2.
            let ports = try Ports.free(3)
            let late = try Command(
                TestCluster.balancerProgram,
                [
                    "--host", "127.0.0.1", "--port", "\(ports[0])", "--cluster-port", "\(ports[1])", "--admin-port",
                    "\(ports[2])", "--certs", cluster.certificates, "--state-dir", old,
                ])
            try waitUntil("the old balancer ends at a request") {
                _ = try Curl("\(TestCertificates.scheme)://127.0.0.1:\(ports[0])/", seconds: 5).finish()
                return !late.isRunning
            }
            let result = late.finish()
            #expect(result.status == 1)
            #expect(result.errors.contains("a later balancer reigns: this one ends"), "\(result.errors)")
            let status = try cluster.status()
            #expect(status.epoch == 4 && status.readyCount == 3)
            #expect(try cluster.curl("/").isOK)
        }
    }
}
