import Foundation
import Testing

extension Scenarios {
    @Suite struct Failover {
        @Test func `Ten kills of the balancer under load refuse nobody`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let load = try LoadGenerator(cluster)
            try load.waitForMore(20)
            for kills in 1...10 {
                let before = try cluster.status()
                #expect(before.epoch == kills)
                kill(before.pid, SIGKILL)
                let after = try cluster.waitForStatus("the next balancer has all workers") {
                    $0.epoch > before.epoch && $0.readyCount == 3
                }
                #expect(after.epoch == before.epoch + 1)
                #expect(after.pid != before.pid)
                #expect(after.workers.map(\.id) == before.workers.map(\.id))
                try load.waitForMore(20)
            }
            let tally = load.stop()
            #expect(tally.refused == 0, "\(tally)")
            #expect(tally.timedOut == 0, "\(tally)")
            #expect(tally.otherStatus == 0, "\(tally)")
            // Only requests in progress inside the dead processes are lost.
            #expect(tally.lost <= 10 * load.clients, "\(tally)")
        }

        @Test func `The worker with the smallest port starts the successor`() throws {
            let cluster = try TestCluster(.inTurn)
            defer { cluster.tearDown() }
            for round in 1...3 {
                try cluster.waitUntilSettled()
                kill(try cluster.status().pid, SIGKILL)
                let status = try cluster.waitForStatus("a successor reigns") { $0.epoch > round && $0.readyCount == 3 }
                #expect(status.id == "worker-8001")
            }
        }

        @Test
        func `If the balancer and the first worker die together, the second worker starts the successor`()
            throws
        {
            let cluster = try TestCluster(.inTurn)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let balancer = try cluster.status().pid
            // Stopped processes can't act, so nothing happens between the two kills.
            kill(balancer, SIGSTOP)
            cluster.workers[0].process.send(SIGKILL)
            kill(balancer, SIGKILL)
            let status = try cluster.waitForStatus("a successor reigns") {
                $0.epoch == 2 && $0.state(of: "worker-8002") == "ready" && $0.state(of: "worker-8003") == "ready"
            }
            #expect(status.id == "worker-8002")
            #expect(try cluster.curl("/").isOK)
        }

        @Test func `A hung balancer is replaced and does not return`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let hung = try cluster.status().pid
            kill(hung, SIGSTOP)
            let response = try cluster.curl("/")
            #expect(response.isOK, "\(response)")
            let status = try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            #expect(status.pid != hung)
            kill(hung, SIGCONT)
            try waitUntil("the hung process has been killed") { cluster.balancer?.isRunning == false }
            #expect(cluster.balancer?.exitStatus == 128 + SIGKILL)
        }

        /// The balancer sends its workers the time to wait.
        @Test func `Workers with a longer watch time do not replace a slow balancer`() throws {
            var options = TestCluster.Options()
            options.balancerArguments = ["--watch-misses", "100"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let hung = try cluster.status().pid
            kill(hung, SIGSTOP)
            // The pause is longer than the default allows.
            #expect(try Curl(cluster.url("/"), seconds: 2).finish().exitStatus == 28)
            kill(hung, SIGCONT)
            #expect(try cluster.curl("/").isOK)
            let status = try cluster.status()
            #expect(status.pid == hung && status.epoch == 1, "\(status)")
        }

        @Test func `Workers that join after a takeover are served by the successor`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 2 }
            try cluster.startWorker(id: "worker-8003")
            try cluster.waitUntilReady(3)
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 3 && $0.readyCount == 3 }
            #expect(try cluster.curl("/").isOK)
        }

        @Test func `/status, /metrics and the status table answer after a takeover`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            let samples = try PrometheusText(cluster.admin("/metrics")).samples
            #expect(samples["understudy_epoch"] == 2)
            #expect(samples["understudy_takeovers_total{kind=\"standby\"}"] == 1)
            #expect(samples["understudy_takeovers_total{kind=\"replacement\"}"] == 0)
            let duration = try #require(samples["understudy_last_takeover_duration_seconds"])
            #expect(duration > 0 && duration < 30)
            let table = try Command.run(
                TestCluster.balancerProgram, ["status", "--admin-port", "\(cluster.adminPort)"])
            #expect(table.status == 0)
            #expect(table.text.contains("epoch 2 "))
        }

        @Test func `A second balancer on the same state directory ends with a clear message`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let ports = try Ports.free(3)
            let arguments =
                ["--port", "\(ports[0])", "--cluster-port", "\(ports[1])", "--admin-port", "\(ports[2])"]
                + cluster.places
            let second = try Command.run(TestCluster.balancerProgram, arguments)
            #expect(second.status == 1)
            #expect(second.errorLines.count == 1)
            #expect(second.errors.contains("running already"))
            #expect(second.errors.contains("\(try cluster.status().pid)"))

            // A second balancer is refused beside a successor, too.
            kill(try cluster.status().pid, SIGKILL)
            let status = try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 1 }
            let third = try Command.run(TestCluster.balancerProgram, arguments)
            #expect(third.status == 1)
            #expect(third.errors.contains("\(status.pid)"))
            #expect(try cluster.curl("/").isOK)
        }

        @Test func `A worker without the listeners uses no epoch`() throws {
            var options = TestCluster.Options()
            options.workers = 0
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let ports = try Ports.free(2)
            try cluster.startWorker(id: "worker-8002", port: ports[1])
            try cluster.waitUntilSettled()
            // The second worker has the smallest port. Without the listeners it does not prove that it may stand in.
            Files.remove("\(cluster.stateDirectory)/handover.sock")
            let without = try cluster.startWorker(id: "worker-8001", port: ports[0])
            try waitUntil("both workers know the succession") {
                Set(["worker-8002", "worker-8001"]).allSatisfy { cluster.knows($0, of: 2) }
            }
            kill(try cluster.status().pid, SIGKILL)
            let status = try cluster.waitForStatus("a successor reigns") { $0.readyCount == 2 }
            #expect(!without.log.contains("taking over"))
            #expect(status.id == "worker-8002")
            #expect(status.epoch == 2)
            #expect(cluster.grantedEpoch == 2)
        }

        @Test func `A worker with --no-standby never takes over`() throws {
            var options = TestCluster.Options()
            options.workers = 2
            options.workerArguments = ["--no-standby"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let standIn = try cluster.startWorker(id: "worker-8003")
            try cluster.waitUntilReady(3)
            kill(try cluster.status().pid, SIGKILL)
            let status = try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            #expect(status.id == "worker-8003")

            // No worker may stand in now: the port stays closed, also after the orphaned workers' wait (5 s).
            standIn.process.end()
            kill(status.pid, SIGKILL)
            try waitUntil("the port is closed") { (try? PlainSocket(port: cluster.publicPort)) == nil }
            let isOpenAgain = Patience.until(seconds: 6.5) { (try? PlainSocket(port: cluster.publicPort)) != nil }
            #expect(!isOpenAgain)
            #expect(cluster.workers[0].process.isRunning && cluster.workers[1].process.isRunning)
        }

        @Test func `A balancer that an operator starts again finds its workers`() throws {
            let cluster = try TestCluster(Self.withoutStandby)
            defer { cluster.tearDown() }
            cluster.balancer?.end()
            try cluster.startBalancer()
            let status = try cluster.waitForStatus("all workers are ready") { $0.readyCount == 3 }
            #expect(status.epoch == 2)
            #expect(try cluster.curl("/").isOK)
        }

        /// Until the balancer opens its handover socket, only its worker can report the reason. Otherwise the worker
        /// would start the next balancer, which would end in the same way.
        @Test func `A balancer that ends because of a later reign reports it to the worker that started it`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let old = try cluster.copyState(to: "old-state")
            for epoch in 2...3 {
                kill(try cluster.status().pid, SIGKILL)
                try cluster.waitForStatus("a successor reigns") { $0.epoch == epoch && $0.readyCount == 1 }
            }
            // Its directory knows epoch 1 only, so it reigns under epoch 2.
            let ports = try Ports.free(3)
            let reports = "\(cluster.folder)/reports.txt"
            let starter = try SpawnedProcess(
                "python3",
                [
                    "\(Files.packageRoot)/Tests/Tools/starting_worker.py", "1", TestCluster.balancerProgram, "--host",
                    "127.0.0.1", "--port", "\(ports[0])", "--cluster-port", "\(ports[1])", "--admin-port",
                    "\(ports[2])",
                    "--certs", cluster.certificates, "--state-dir", old,
                ], output: reports, errors: "\(cluster.folder)/starter.log")
            defer { starter.end() }
            try waitUntil("the balancer ends at a request") {
                _ = try Curl("\(TestCertificates.scheme)://127.0.0.1:\(ports[0])/", seconds: 5).finish()
                return Files.text(reports).contains("ended with 1")
            }
            #expect(Files.text(reports).contains(#"{"superseded":{"_0":3}}"#), "\(Files.text(reports))")
            let status = try cluster.status()
            #expect(status.epoch == 3 && status.readyCount == 1)
        }

        private static var withoutStandby: TestCluster.Options {
            var options = TestCluster.Options()
            options.workerArguments = ["--no-standby"]
            return options
        }
    }
}
