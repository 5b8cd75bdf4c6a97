import Foundation
import Testing

extension Scenarios {
    @Suite struct Health {
        @Test func `A killed worker leaves the rotation at once, fails no GET, and returns`() throws {
            // The probes are too rare to detect the death.
            let cluster = try TestCluster(.init(balancerArguments: ["--probe-interval", "10m"]))
            defer { cluster.tearDown() }
            let load = try LoadGenerator(cluster)
            try load.waitForMore(20)
            let victim = cluster.workers[1]
            victim.process.end()
            try cluster.waitForStatus("the worker is ejected") { $0.state(of: victim.id) == "ejected" }
            let counts = try PrometheusText(cluster.admin("/metrics")).samples
            // A probe is refused, or requests that were on their way fail first.
            let ejections = counts.filter { $0.key.hasPrefix("understudy_ejections_total{") && $0.value > 0 }
            #expect(ejections.values.reduce(0, +) == 1, "\(ejections)")
            if ejections.keys.contains(where: { $0.contains("refused") }) {
                #expect(try #require(counts["understudy_probes_total{result=\"refused\"}"]) >= 1)
            }
            try load.waitForMore(50)
            try victim.start()
            try cluster.waitUntilReady(3)
            try load.waitForMore(20)
            let tally = load.stop()
            #expect(tally.served > 0)
            #expect(tally.refused + tally.timedOut + tally.lost + tally.otherStatus == 0, "\(tally)")
        }

        @Test func `Kills of workers under load fail no GET`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let load = try LoadGenerator(cluster)
            for round in 0..<6 {
                try load.waitForMore(20)
                let victim = cluster.workers[round % 3]
                victim.process.end()
                try load.waitForMore(20)
                try victim.start()
                try cluster.waitUntilReady(3)
            }
            let tally = load.stop()
            #expect(tally.refused + tally.timedOut + tally.lost + tally.otherStatus == 0, "\(tally)")
        }

        @Test func `A hung worker leaves the rotation after three probes, and returns when it continues`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let victim = cluster.workers[2]
            victim.process.send(SIGSTOP)
            let began = Date()
            // Three probes, every 1 s, with a timeout of 1 s each: about 6 s, and twice that on a slow machine.
            try cluster.waitForStatus("the worker is out of the rotation", seconds: 12) {
                $0.state(of: victim.id) == "ejected"
            }
            #expect(Date().timeIntervalSince(began) > 1.5)
            let counts = try PrometheusText(cluster.admin("/metrics"))
            #expect(counts.samples["understudy_ejections_total{reason=\"probes\"}"] == 1)
            #expect(counts.sum(of: "understudy_ejections_total") == 1)
            #expect(try #require(counts.samples["understudy_probes_total{result=\"failed\"}"]) >= 3)
            #expect(try #require(counts.samples["understudy_probes_total{result=\"passed\"}"]) >= 1)
            #expect(counts.samples["understudy_probes_total{result=\"refused\"}"] == 0)
            for _ in 0..<6 {
                let response = try cluster.curl("/")
                #expect(response.isOK && response.text != "worker-8003\n", "\(response)")
            }
            victim.process.send(SIGCONT)
            try cluster.waitUntilReady(3)
        }

        /// Two failures instead of five, and half a second instead of half a minute.
        @Test func `Failed requests eject a worker for the time of the options`() throws {
            let listener = try LoopbackListener()
            listener.start { socket in
                guard socket.receive() != nil else { return }
                // The response breaks off in the middle.
                socket.send(Data("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".utf8))
            }
            defer { listener.stop() }
            var options = TestCluster.Options()
            options.workers = 2
            options.balancerArguments = [
                "--eject-failures", "2", "--eject-time", "500ms", "--eject-time-max", "500ms", "--probe-interval",
                "100ms", "--probe-rise", "1", "--slow-start", "0s",
            ]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            try cluster.startWorker(
                id: "worker-8003", arguments: ["--forward", "http://127.0.0.1:\(listener.port)"])
            try cluster.waitUntilReady(3)
            try waitUntil("the worker is ejected") {
                _ = try cluster.curl("/")
                return cluster.balancerLog.contains("failed 2 requests in a row")
            }
            let counts = try PrometheusText(cluster.admin("/metrics"))
            let ejections = counts.samples["understudy_ejections_total{reason=\"responses\"}"]
            #expect(try #require(ejections) >= 1)
            #expect(counts.sum(of: "understudy_ejections_total") == ejections)
            // This is sooner than the default allows.
            try cluster.waitForStatus("all workers are ready again", seconds: 20) { $0.readyCount == 3 }
        }

        @Test func `Without a worker the answer is 503 with Retry-After`() throws {
            let cluster = try TestCluster(workers: 0)
            defer { cluster.tearDown() }
            let began = Date()
            let response = try cluster.curl("/")
            #expect(Date().timeIntervalSince(began) < 15)
            #expect(response.status == 503)
            #expect(response.field("retry-after").flatMap { Int($0) } != nil)
            #expect(response.field("content-type")?.hasPrefix("application/json") == true)
            #expect(response.text.contains("\"error\""))
        }

        @Test func `When the last worker dies the client gets an error, not a hang`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            cluster.workers[0].process.end()
            let began = Date()
            let response = try cluster.curl("/")
            #expect(Date().timeIntervalSince(began) < 15)
            #expect((502...504).contains(response.status), "\(response)")
            try cluster.waitForStatus("the worker is out of the rotation") { $0.readyCount == 0 }
            #expect(try cluster.curl("/").status == 503)
            try cluster.workers[0].start()
            try cluster.waitUntilReady(1)
            #expect(try cluster.curl("/").isOK)
        }

        @Test func `A waiting request is served when a worker joins in time`() throws {
            let cluster = try TestCluster(workers: 0)
            defer { cluster.tearDown() }
            // Each request waits up to 1 s. The requests follow each other until the worker has joined, so one of them
            // waits at that moment.
            let worker = try cluster.startWorker(id: "worker-8001")
            var response = try cluster.curl("/")
            try waitUntil("a request is served") {
                if response.isOK { return true }
                response = try cluster.curl("/")
                return response.isOK
            }
            #expect(worker.process.isRunning)
        }

        @Test func `A restarted worker replaces the dead one with the same id`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            let victim = cluster.workers[0]
            func waitForRegistrations(_ count: Int) throws {
                try waitUntil("the worker's log has \(count) registrations") {
                    victim.log.split(separator: "\n").count { $0.contains("registered with the balancer") } == count
                }
            }
            for start in 2...4 {
                // The balancer knows the worker a moment before the worker logs it.
                try waitForRegistrations(start - 1)
                victim.process.end()
                try victim.start()
                try waitForRegistrations(start)
                try cluster.waitUntilReady(2)
            }
            #expect(try cluster.status().workers.count == 2)
        }
    }
}
