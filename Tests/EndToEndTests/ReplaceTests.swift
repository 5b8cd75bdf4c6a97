import Foundation
import Testing

extension EndToEnd {
    /// A planned change of the balancer's process refuses no client and fails no request.
    @Suite struct Replace {
        @Test func `Replacements of the balancer under load fail no request`() throws {
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
            // No worker took the replacement for a death.
            for worker in cluster.workers { #expect(!worker.log.contains("taking over"), "\(worker.id)") }
            // The workers keep standbys for the new balancer.
            try cluster.waitUntilSettled()
            kill(try cluster.status().pid, SIGKILL)
            let status = try cluster.waitForStatus("a worker has taken over") { $0.epoch == 7 && $0.readyCount == 3 }
            #expect(status.id == "worker-8001")
        }

        @Test func `A replacement started by an operator takes over from a balancer that a worker started`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            kill(try cluster.status().pid, SIGKILL)
            let successor = try cluster.waitForStatus("a worker has taken over") { $0.epoch == 2 && $0.readyCount == 3 }
            try cluster.replaceBalancer(["--threads", "1", "--log-level", "notice"])
            let status = try cluster.waitForStatus("the replacement reigns") { $0.epoch == 3 && $0.readyCount == 3 }
            #expect(status.id == "balancer")
            try waitUntil("the replaced process has ended") { ProcessTable.arguments(of: successor.pid).isEmpty }
            // The next standbys have the new options.
            try cluster.waitUntilSettled()
            kill(status.pid, SIGKILL)
            let next = try cluster.waitForStatus("a worker has taken over") { $0.epoch > 3 && $0.readyCount == 3 }
            let arguments = ProcessTable.arguments(of: next.pid).joined(separator: " ")
            #expect(arguments.contains("--threads 1 --log-level notice"))
        }

        @Test func `The replaced process finishes its requests within --drain-seconds`() throws {
            var options = TestCluster.Options()
            options.balancerArguments = ["--drain-seconds", "8"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let short = try cluster.startSlowRequest(milliseconds: 6000)
            let long = try cluster.startSlowRequest(milliseconds: 50_000)
            try cluster.waitForStatus("both requests are in progress") { $0.inFlight.reduce(0, +) == 2 }
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

        #if TLS
            @Test func `A replacement that no worker accepts changes nothing`() throws {
                let cluster = try TestCluster(workers: 2)
                defer { cluster.tearDown() }
                try cluster.waitUntilSettled()
                let other = "\(cluster.folder)/other-certs"
                try TestCertificates.make([], in: other)
                let result = try Command.run(
                    TestCluster.balancerProgram,
                    ["--replace", "--certs", other, "--state-dir", cluster.stateDirectory])
                #expect(result.status == 2)
                #expect(result.errors.contains("no worker accepts this balancer's certificate"), "\(result.errors)")
                let status = try cluster.status()
                #expect(status.epoch == 1 && status.readyCount == 2)
                #expect(try cluster.curl("/").isOK)
            }
        #endif

        @Test func `With a file a replacement has the settings of the file, and defaults for the others`() throws {
            var options = TestCluster.Options()
            options.workers = 1
            options.balancerArguments = ["--queue-timeout", "7s", "--drain-seconds", "9"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            func kept() -> String { Files.text("\(cluster.stateDirectory)/balancer.json") }
            try waitUntil("the setting is kept: \(kept())") { kept().contains(#""queue-timeout":"7s""#) }
            // Without a file, settings that are not given stay.
            try cluster.replaceBalancer(["--queue-size", "77"])
            try cluster.waitForStatus("the replacement reigns") { $0.epoch == 2 && $0.readyCount == 1 }
            // The file is written after the reign has begun.
            try waitUntil("both settings are kept: \(kept())") {
                kept().contains(#""queue-timeout":"7s""#) && kept().contains(#""queue-size":"77""#)
            }
            let file = "\(cluster.folder)/balancer.yaml"
            try "queue-size: 88\n".write(toFile: file, atomically: true, encoding: .utf8)
            try cluster.replaceBalancer(["--config", file])
            try cluster.waitForStatus("the next replacement reigns") { $0.epoch == 3 && $0.readyCount == 1 }
            try waitUntil("the file's setting is kept: \(kept())") {
                kept().contains(#""queue-size":"88""#) && !kept().contains("queue-timeout")
            }
            #expect(kept().contains(#""drainSeconds":30"#), "\(kept())")
        }

        @Test func `Stops of the balancer by SIGTERM under load fail no request`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let outcome = try Scenario.run("stops", on: cluster, rate: 100) { scenario in
                for epoch in 2...6 {
                    try cluster.waitUntilSettled()
                    let old = try cluster.status().pid
                    scenario.fault { kill(old, SIGTERM) }
                    try cluster.waitForStatus("a successor reigns") { $0.epoch == epoch && $0.readyCount == 3 }
                    try scenario.load.waitForMore(20)
                    try waitUntil("the old process has ended") { ProcessTable.hasEnded(old) }
                }
            }
            #expect(outcome.tally.failed == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
        }
    }
}
