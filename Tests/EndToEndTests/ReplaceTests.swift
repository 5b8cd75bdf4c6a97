import Foundation
import Testing

extension EndToEnd {
    /// A planned change of the balancer's process: nobody is refused and no request fails.
    @Suite struct Replace {
        @Test func `Replacements of the balancer under load fail nobody`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let outcome = try Scenario.run("replacements", on: cluster, rate: 100) { scenario in
                for epoch in 2...6 {
                    let old = cluster.balancer
                    try scenario.fault { try cluster.replaceBalancer() }
                    let status = try cluster.waitForStatus("the replacement reigns") {
                        $0.epoch == epoch && $0.readyCount == 3
                    }
                    #expect(status.pid == cluster.balancer?.identifier)
                    #expect(old?.wait() == 0)
                    try scenario.load.waitForMore(20)
                }
            }
            #expect(outcome.tally.failed == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
            // Nobody took it for a death.
            for worker in cluster.workers { #expect(!worker.log.contains("taking over"), "\(worker.id)") }
            // And the workers stand by for the new one.
            try cluster.waitUntilSettled()
            kill(try cluster.status().pid, SIGKILL)
            let status = try cluster.waitForStatus("a worker has taken over") { $0.epoch == 7 && $0.readyCount == 3 }
            #expect(status.id == "worker-8001")
        }

        @Test func `A balancer that a worker brought back is replaced by one started by hand`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            kill(try cluster.status().pid, SIGKILL)
            let successor = try cluster.waitForStatus("a worker has taken over") { $0.epoch == 2 && $0.readyCount == 3 }
            try cluster.replaceBalancer(["--threads", "1", "--log-level", "notice"])
            let status = try cluster.waitForStatus("the replacement reigns") { $0.epoch == 3 && $0.readyCount == 3 }
            #expect(status.id == "balancer")
            try waitUntil("the replaced one has ended") { ProcessTable.arguments(of: successor.pid).isEmpty }
            // The next ones run with the new options.
            try cluster.waitUntilSettled()
            kill(status.pid, SIGKILL)
            let next = try cluster.waitForStatus("a worker has taken over") { $0.epoch > 3 && $0.readyCount == 3 }
            let arguments = ProcessTable.arguments(of: next.pid).joined(separator: " ")
            #expect(arguments.contains("--threads 1 --log-level notice"))
        }

        @Test func `Requests in progress are finished by the replaced process, within --drain-seconds`() throws {
            var options = TestCluster.Options()
            options.balancerArguments = ["--drain-seconds", "4"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let short = try cluster.startSlowRequest(milliseconds: 2000)
            let long = try cluster.startSlowRequest(milliseconds: 50_000)
            try cluster.waitForStatus("both are under way") { $0.inFlight.reduce(0, +) == 2 }
            let old = cluster.balancer
            try cluster.replaceBalancer()
            try cluster.waitForStatus("the replacement reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            #expect(short.isRunning && long.isRunning)
            let response = short.finish()
            #expect(response.isOK && response.text == "cba", "\(response)")
            #expect(old?.wait() == 0)
            #expect(long.finish().exitStatus != 0)
            #expect(cluster.balancerLog.contains("requests in progress did not end in time"))
        }

        @Test func `Without a balancer, or with other sockets, a replacement ends with one clear line`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let other = try Command.run(
                TestCluster.balancerProgram, ["--replace", "--port", "\(try Ports.free(1)[0])"] + cluster.places)
            #expect(other.status == 2)
            #expect(other.errorLines.count == 1 && other.errors.contains("leave the option out"), "\(other.errors)")
            let empty = try Command.run(
                TestCluster.balancerProgram,
                ["--replace", "--certs", cluster.certificates, "--state-dir", "\(cluster.folder)/other"])
            #expect(empty.status == 1)
            #expect(empty.errorLines.count == 1 && empty.errors.contains("no balancer reigns"), "\(empty.errors)")
            #expect(try cluster.status().epoch == 1)
            for worker in cluster.workers { worker.process.end() }
            cluster.balancer?.end()
            let dead = try Command.run(TestCluster.balancerProgram, ["--replace"] + cluster.places)
            #expect(dead.status == 1)
            #expect(dead.errorLines.count == 1 && dead.errors.contains("no balancer reigns"), "\(dead.errors)")
        }

        @Test func `Stops of the balancer by SIGTERM under load fail nobody`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let outcome = try Scenario.run("stops", on: cluster, rate: 100) { scenario in
                for epoch in 2...6 {
                    try cluster.waitUntilSettled()
                    let old = try cluster.status().pid
                    scenario.fault { kill(old, SIGTERM) }
                    try cluster.waitForStatus("a successor reigns") { $0.epoch == epoch && $0.readyCount == 3 }
                    try scenario.load.waitForMore(20)
                    try waitUntil("the old one has ended") { ProcessTable.hasEnded(old) }
                }
            }
            #expect(outcome.tally.failed == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
        }
    }
}
