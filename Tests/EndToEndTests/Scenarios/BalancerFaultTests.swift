import Foundation
import Testing

extension Scenarios {
    /// The balancer's process dies, hangs, is doubled, or comes back late.
    @Suite struct BalancerFaults {
        @Test(arguments: [0, 1, 1000])
        func `Killed with requests in flight, it loses those and no other`(inFlight: Int) throws {
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
                try cluster.waitForStatus("all is well again") { $0.epoch == 2 && $0.readyCount == 3 }
                try scenario.load.waitForMore(20)
            }
            #expect(outcome.tally.refused + outcome.tally.timedOut + outcome.tally.otherStatus == 0, "\(outcome)")
            // What the load had in the dead process: at most as much as it begins in a second.
            #expect(outcome.tally.failed <= 50, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
            if let slow {
                let tally = OpenLoopTally(try slow.stop())
                #expect(tally.lost + tally.reset == inFlight, "\(tally)")
            }
        }

        @Test func `Hung, it is killed before its successor reigns, and does not come back`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let hung = try cluster.status().pid
            var wasDead = false
            let outcome = try Scenario.run("hang", on: cluster) { scenario in
                scenario.fault { kill(hung, SIGSTOP) }
                // An epoch is granted before anything is accepted: whoever sees the second one must not see the hung
                // process alive.
                try waitUntil("a second epoch is granted") { cluster.grantedEpoch == 2 }
                wasDead = ProcessTable.hasEnded(hung)
                try scenario.load.waitForAnswer(after: scenario.lastFault)
                try cluster.waitForStatus("all is well again") { $0.epoch == 2 && $0.readyCount == 3 }
                kill(hung, SIGCONT)
                try scenario.load.waitForMore(20)
            }
            #expect(wasDead)
            #expect(cluster.balancer?.wait() == 128 + SIGKILL)
            #expect(outcome.tally.refused + outcome.tally.timedOut + outcome.tally.otherStatus == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
        }

        @Test func `A successor that hangs in its takeover is followed by the next`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let balancer = try cluster.status().pid
            let standby = try #require(cluster.workers[0].parkedStandby)
            let outcome = try Scenario.run("successor hangs", on: cluster) { scenario in
                kill(standby, SIGSTOP)
                scenario.fault { kill(balancer, SIGKILL) }
                let status = try cluster.waitForStatus("the next one reigns") { $0.readyCount == 3 && $0.epoch > 1 }
                #expect(status.id == "worker-8002")
                kill(standby, SIGCONT)
                try scenario.load.waitForMore(20)
            }
            #expect(outcome.tally.refused + outcome.tally.timedOut == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
            let status = try cluster.status()
            #expect(status.id == "worker-8002")
        }

        @Test func `Successors killed at any moment of their takeover are followed by the next`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let outcome = try Scenario.run("successor killed", on: cluster) { scenario in
                for round in 0..<12 {
                    try cluster.waitUntilSettled()
                    let before = try cluster.status()
                    let standby = try #require(cluster.workers.compactMap(\.parkedStandby).first)
                    scenario.fault { kill(before.pid, SIGKILL) }
                    // From before the word has come until the first requests are served.
                    let moment = OpenLoop.now + Double(round) * 0.001
                    while OpenLoop.now < moment { sched_yield() }
                    kill(standby, SIGKILL)
                    try cluster.waitForStatus("somebody reigns") { $0.epoch > before.epoch && $0.readyCount == 3 }
                }
                try scenario.load.waitForMore(20)
            }
            #expect(outcome.tally.refused + outcome.tally.timedOut == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
        }

        @Test func `The last who may stand in brings it back, and all the dead do when they return`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            for worker in cluster.workers.prefix(2) { worker.process.end() }
            kill(try cluster.status().pid, SIGKILL)
            let last = try cluster.waitForStatus("the last one has taken over", seconds: 60) {
                $0.epoch > 1 && $0.state(of: "worker-8003") == "ready"
            }
            #expect(last.id == "worker-8003")

            // Everybody dies. Who comes back finds no balancer, and itself in the last list.
            kill(last.pid, SIGKILL)
            for worker in cluster.workers { worker.process.end() }
            for process in ProcessTable.withArgument(containing: cluster.folder) { kill(process, SIGKILL) }
            for worker in cluster.workers { try worker.start() }
            try cluster.waitForStatus("all are back", seconds: 80) { $0.epoch > last.epoch && $0.readyCount == 3 }
            #expect(try cluster.curl("/").isOK)
        }

        @Test func `Of two balancers started in the same moment one reigns, and the other says why it does not`() throws
        {
            let cluster = try TestCluster(workers: 0)
            defer { cluster.tearDown() }
            cluster.balancer?.end()
            var last = cluster.grantedEpoch
            for round in 1...100 {
                let pair = [try cluster.spawnBalancer(), try cluster.spawnBalancer()]
                try waitUntil("one has given up") { pair.contains { !$0.isRunning } }
                let reigning = try #require(pair.first { $0.isRunning }, "both gave up in round \(round)")
                let loser = try #require(pair.first { !$0.isRunning })
                #expect(loser.exitStatus == 1)
                try waitUntil("the other one reigns") { (try? cluster.status())?.pid == reigning.identifier }
                #expect(cluster.grantedEpoch == last + 1)
                last = cluster.grantedEpoch
                for process in pair { process.end() }
            }
            let complaints = cluster.balancerLog.split(separator: "\n").filter { $0.hasPrefix("balancer: ") }
            #expect(complaints.count == 100)
            #expect(complaints.allSatisfy { $0.contains("running already") })
        }

        @Test func `Whose lock file was replaced by another ends, and the workers bring a successor under that one`()
            throws
        {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let lock = "\(cluster.stateDirectory)/balancer.lock"
            // Nobody else can have locked a file that is not there.
            try FileManager.default.removeItem(atPath: lock)
            try waitUntil("it has looked twice") { try cluster.status().uptimeSeconds >= 3 }
            #expect(try cluster.status().epoch == 1)
            try Data().write(to: URL(fileURLWithPath: lock))
            #expect(cluster.balancer?.wait() == 1)
            #expect(cluster.balancerLog.contains("the fence is lost: this balancer ends"))
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            #expect(try cluster.curl("/").isOK)
        }

        @Test func `An old balancer with an old snapshot is refused by the workers, says so and goes`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let old = "\(cluster.folder)/old-state"
            try FileManager.default.createDirectory(
                atPath: old, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            for name in try FileManager.default.contentsOfDirectory(atPath: cluster.stateDirectory)
            where !name.hasSuffix(".sock") {
                try FileManager.default.copyItem(atPath: "\(cluster.stateDirectory)/\(name)", toPath: "\(old)/\(name)")
            }
            for epoch in 2...4 {
                kill(try cluster.status().pid, SIGKILL)
                try cluster.waitForStatus("a balancer is back") { $0.epoch == epoch && $0.readyCount == 3 }
            }
            // Its directory knows of epoch 1 only, so that it believes to be the second.
            let ports = try Ports.free(3)
            let late = try Command(
                TestCluster.balancerProgram,
                [
                    "--host", "127.0.0.1", "--port", "\(ports[0])", "--cluster-port", "\(ports[1])", "--admin-port",
                    "\(ports[2])", "--certs", cluster.certificates, "--state-dir", old,
                ])
            try waitUntil("it goes as soon as it is used") {
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
