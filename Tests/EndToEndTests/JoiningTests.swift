import Foundation
import Testing

extension EndToEnd {
    @Suite struct Joining {
        @Test func `Three workers join by themselves, and all get requests`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            var served: Set<String> = []
            for _ in 0..<200 where served.count < 3 {
                let response = try cluster.curl("/")
                try #require(response.isOK, "\(response)")
                served.insert(response.text)
            }
            #expect(served == ["worker-8001\n", "worker-8002\n", "worker-8003\n"])
        }

        @Test func `A worker with a wrong balancer address does not affect the balancer`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            let empty = try Ports.free(1)[0]
            let lost = try cluster.startWorker(id: "worker-8003", arguments: ["--balancer", "127.0.0.1:\(empty)"])
            try waitUntil("the worker sees that the balancer lives; its log: \(lost.log)") {
                lost.log.contains("the balancer's process lives, but does not answer")
            }
            #expect(!lost.log.contains("taking over after"))
            #expect(try cluster.status().epoch == 1)
        }

        @Test func `/status describes the balancer and each worker`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            for _ in 0..<3 { #expect(try cluster.curl("/").isOK) }
            let status = try cluster.status()
            #expect(status.role == "balancer")
            #expect(status.epoch == 1)
            #expect(status.pid == cluster.balancer?.identifier)
            #expect((0...120).contains(status.uptimeSeconds))
            #expect(status.version.contains("."))
            #expect(status.workers.map(\.id) == cluster.workers.map(\.id))
            #expect(status.workers.map(\.port) == cluster.workers.map(\.port))
            for worker in status.workers {
                #expect(worker.address == "127.0.0.1")
                #expect(worker.state == "ready")
                #expect(worker.inFlight == 0)
                #expect(worker.failuresTotal == 0)
                #expect((0...10_000).contains(worker.lastSeenMilliseconds ?? -1))
            }
            #expect(status.workers.map(\.requestsTotal).reduce(0, +) == 3)
        }

        @Test func `balancer status prints a table, or the JSON of /status`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let arguments = ["status", "--admin-port", "\(cluster.adminPort)"]
            let table = try Command.run(TestCluster.balancerProgram, arguments)
            #expect(table.status == 0)
            #expect(table.errors == "")
            let lines = table.text.split(separator: "\n")
            // One more line follows while no worker has proved yet that it may stand in.
            try #require(lines.count >= 5, "\(table.text)")
            #expect(lines[0].contains("epoch 1 "))
            #expect(lines[1].hasPrefix("WORKER"))
            #expect(lines[1].hasSuffix("STANDBY"))
            for (line, worker) in zip(lines[2...], cluster.workers) {
                let cells = line.split(separator: " ")
                #expect(cells.prefix(3) == [worker.id[...], "127.0.0.1:\(worker.port)", "ready"])
            }

            let json = try Command.run(TestCluster.balancerProgram, arguments + ["--json"])
            #expect(json.status == 0)
            let decoded = try JSONDecoder().decode(ClusterStatus.self, from: json.output)
            #expect(decoded.readyCount == 3)

            // The state directory leads to the same balancer, whatever its ports are.
            let place = ["status", "--state-dir", cluster.stateDirectory]
            let found = try Command.run(TestCluster.balancerProgram, place)
            #expect(found.status == 0 && found.text.contains("worker-8003"), "\(found)")
            let pid = try Command.run(TestCluster.balancerProgram, place + ["--pid"])
            #expect(pid.status == 0 && pid.text == "\(decoded.pid)\n", "\(pid)")
            let same = try Command.run(TestCluster.balancerProgram, place + ["--json"])
            #expect(try JSONDecoder().decode(ClusterStatus.self, from: same.output).pid == decoded.pid, "\(same)")
            // Without options the default directory is next, which is that of XDG_STATE_HOME here.
            let link = "\(cluster.folder)/home/understudy"
            try FileManager.default.createDirectory(
                atPath: "\(cluster.folder)/home", withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: cluster.stateDirectory)
            let byDefault = try Command.run(
                "env", ["XDG_STATE_HOME=\(cluster.folder)/home", TestCluster.balancerProgram, "status", "--pid"])
            #expect(byDefault.text == pid.text, "\(byDefault)")
            let both = try Command.run(TestCluster.balancerProgram, place + ["--admin-port", "\(cluster.adminPort)"])
            #expect(both.status == 2 && both.errors.contains("not both"), "\(both)")
        }

        @Test func `balancer status reports when no balancer answers`() throws {
            let port = try Ports.free(1)[0]
            let result = try Command.run(TestCluster.balancerProgram, ["status", "--admin-port", "\(port)"])
            #expect(result.status == 1)
            #expect(result.errorLines.count == 1)
            #expect(result.errors.contains("--admin-port"))
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let none = try Command.run(TestCluster.balancerProgram, ["status", "--state-dir", folder])
            #expect(none.status == 3 && none.errorLines.count == 1, "\(none)")
            #expect(none.errors.contains("no balancer reigns in \(folder): start one"), "\(none)")
        }

        @Test func `/metrics is Prometheus text that names each worker`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            #expect(try cluster.curl("/").isOK)
            let samples = try PrometheusText(cluster.admin("/metrics")).samples
            #expect(samples["understudy_epoch"] == 1)
            for worker in cluster.workers {
                #expect(samples["understudy_worker_ready{worker=\"\(worker.id)\"}"] == 1)
            }
            #expect(samples["understudy_requests_total"] == 1)
            #expect(samples["understudy_responses_total{class=\"2xx\"}"] == 1)
            #expect(samples.keys.contains { $0.hasPrefix("understudy_build_info{version=") })
            let openCount = try #require(samples["process_open_fds"])
            #expect(openCount > 0 && openCount <= (samples["process_max_fds"] ?? 0))
            let (received, sent) = (samples["understudy_received_bytes_total"], samples["understudy_sent_bytes_total"])
            #expect(try #require(received) > 20)
            #expect(try #require(sent) > 20)
            #expect(samples["understudy_takeovers_total{kind=\"standby\"}"] == 0)
            // The first probe comes a second after the registration.
            #expect(samples["understudy_probes_total{result=\"passed\"}"] != nil)
            #expect(samples["understudy_metrics_omitted_series"] == 0)
            let durations = "understudy_request_duration_seconds"
            #expect(samples["\(durations)_count{class=\"2xx\"}"] == 1)
            #expect(samples["\(durations)_bucket{class=\"2xx\",le=\"+Inf\"}"] == 1)
            #expect(samples["\(durations)_bucket{class=\"5xx\",le=\"+Inf\"}"] == 0)
            #expect(try #require(samples["\(durations)_sum{class=\"2xx\"}"]) > 0)
        }

        @Test func `Workers beyond --max-workers wait until there is room, and the log gives the reason`() throws {
            let cluster = try TestCluster(.init(workers: 1, balancerArguments: ["--max-workers", "1"]))
            defer { cluster.tearDown() }
            let second = try cluster.startWorker(id: "worker-8002")
            try waitUntil("the balancer logs that its limit is reached") {
                cluster.balancerLog.contains("see --max-workers")
            }
            #expect(try cluster.status().workers.map(\.id) == ["worker-8001"])
            #expect(second.process.isRunning)
            cluster.workers[0].process.send(SIGTERM)
            #expect(cluster.workers[0].process.wait() == 0)
            try cluster.waitForStatus("the second worker is ready") { $0.state(of: "worker-8002") == "ready" }
        }

        @Test func `A worker that was started before its balancer joins later`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            cluster.workers[0].process.send(SIGTERM)
            #expect(cluster.workers[0].process.wait() == 0)
            cluster.balancer?.send(SIGTERM)
            #expect(cluster.balancer?.wait() == 0)

            let worker = try cluster.startWorker(id: "worker-8002", arguments: ["--no-standby"])
            try waitUntil("the worker's registration has failed") { worker.log.contains("balancer") }
            try cluster.startBalancer()
            try cluster.waitForStatus("the worker has joined") { $0.state(of: "worker-8002") == "ready" }
        }
    }
}
