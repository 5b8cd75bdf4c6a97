import Foundation
import Testing

extension EndToEnd {
    /// The health of applications behind workers, and what its loss costs.
    @Suite struct ApplicationHealth {
        private func cluster(
            _ ports: [UInt16], _ arguments: [String] = [], balancer: [String] = []
        ) throws -> TestCluster {
            var options = TestCluster.Options()
            options.workers = 0
            options.balancerArguments = ["--slow-start", "0"] + balancer
            let cluster = try TestCluster(options)
            for (index, port) in ports.enumerated() {
                try cluster.startWorker(
                    id: "worker-\(8001 + index)", arguments: ["--forward", "http://127.0.0.1:\(port)"] + arguments)
            }
            try cluster.waitUntilReady(ports.count)
            return cluster
        }

        private func expectNoFailure(_ tally: LoadGenerator.Tally) {
            #expect(tally.served > 0)
            #expect(tally.refused + tally.timedOut + tally.lost + tally.otherStatus == 0, "\(tally)")
        }

        /// If an ejection lasted for its time, the first application would still be out when the second one stops.
        @Test func `Applications that restart one after the other cost no request`() throws {
            var applications = [try Application(), try Application()]
            defer { for application in applications { application.stop() } }
            let cluster = try cluster(
                applications.map(\.port), balancer: ["--eject-time", "1h", "--eject-time-max", "1h"])
            defer { cluster.tearDown() }
            let load = try LoadGenerator(cluster)
            for index in applications.indices {
                try load.waitForMore(20)
                let id = "worker-\(8001 + index)"
                let before = try #require(try cluster.status().worker(id)).failuresTotal
                applications[index].stop()
                // This many in a row eject the worker, unless the others failed shortly before.
                try cluster.waitForStatus("requests have failed at \(id)") {
                    ($0.worker(id)?.failuresTotal ?? 0) >= before + 5 || $0.state(of: id) == "ejected"
                }
                try load.waitForMore(20)
                applications[index] = try Application(port: applications[index].port)
                try cluster.waitUntilReady(2)
                try waitUntil("the application gets requests again") { applications[index].heads.count > 5 }
            }
            expectNoFailure(load.stop())
        }

        @Test func `An application that hangs is out within the probe rule, and costs no idempotent request`() throws {
            let applications = [try MoodyApplication(), try MoodyApplication()]
            defer { for application in applications { application.stop() } }
            let cluster = try cluster(
                applications.map(\.port),
                ["--health-path", "/up?deep=1", "--health-host", "app.example.com", "--health-timeout", "3s"])
            defer { cluster.tearDown() }
            #expect(applications[1].heads.contains("get /up?deep=1 http/1.1 host: app.example.com"))
            let load = try LoadGenerator(cluster)
            try load.waitForMore(20)
            applications[1].mood = .hangs
            let status = try cluster.waitForStatus("the worker is out of the rotation") {
                $0.state(of: "worker-8002") == "ejected"
            }
            let reason = status.worker("worker-8002")?.reason ?? ""
            #expect(reason.contains("the application does not answer GET /up?deep=1 within 3000 ms"), "\(reason)")
            #expect(cluster.balancerLog.contains("does not answer GET /up?deep=1"))
            #expect(cluster.workers[1].log.contains("this worker is not healthy"))
            try load.waitForMore(20)
            applications[1].mood = .serves
            try cluster.waitUntilReady(2)
            try load.waitForMore(20)
            expectNoFailure(load.stop())
        }

        /// Its health check passes before the first request.
        @Test func `A worker joins when its application has passed a check`() throws {
            let application = try MoodyApplication(.errs(status: 500))
            defer { application.stop() }
            let cluster = try cluster([])
            defer { cluster.tearDown() }
            let worker = try cluster.startWorker(
                id: "worker-8001",
                arguments: ["--forward", "http://127.0.0.1:\(application.port)", "--health-path", "/up"])
            try waitUntil("the worker logs the reason") {
                worker.log.contains("this worker is not healthy: the application answers GET /up with 500")
            }
            try waitUntil("the balancer logs the reason") {
                cluster.balancerLog.contains("status 503: the application answers GET /up with 500")
            }
            #expect(try cluster.status().readyCount == 0)
            application.mood = .serves
            try cluster.waitUntilReady(1)
            #expect(try cluster.curl("/").isOK)
        }

        /// It is the free one all the time.
        @Test func `An application that answers 500 to everything gets no more than its share`() throws {
            let application = try MoodyApplication(.errs(status: 500))
            defer { application.stop() }
            let cluster = try cluster([application.port])
            defer { cluster.tearDown() }
            for index in 2...3 { try cluster.startWorker(id: "worker-\(8000 + index)") }
            try cluster.waitUntilReady(3)
            // At the other workers it takes time.
            let load = try LoadGenerator(cluster, path: "/bytes/3000000", clients: 8)
            try load.waitForMore(100)
            let tally = load.stop()
            let all = tally.served + tally.otherStatus
            // A third, with room for the requests in progress and the first two errors.
            #expect(3 * tally.otherStatus <= all + 3 * (load.clients + 2), "\(tally)")
            #expect(tally.otherStatus > 0 && tally.refused + tally.timedOut + tally.lost == 0, "\(tally)")
            #expect(try cluster.status().state(of: "worker-8001") == "ready")
        }

        @Test(arguments: [502, 503, 504])
        func `An application that answers with a gateway's error is ejected`(status: Int) throws {
            let applications = [try MoodyApplication(.errs(status: status)), try MoodyApplication()]
            defer { for application in applications { application.stop() } }
            let cluster = try cluster(applications.map(\.port), balancer: ["--eject-time", "1h"])
            defer { cluster.tearDown() }
            try waitUntil("the worker is out of the rotation") {
                _ = try cluster.curl("/")
                return try cluster.status().state(of: "worker-8001") == "ejected"
            }
            let reason = try cluster.status().worker("worker-8001")?.reason
            #expect(reason == "failed 5 requests in a row, the last one got an error or no response")
            for _ in 0..<6 { #expect(try cluster.curl("/").isOK) }
        }

        @Test(
            .enabled(
                if: FileManager.default.isExecutableFile(atPath: Files.python), "scripts/setup --tests makes .venv"))
        func `A health check speaks HTTP/2 to an h2c application`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let application = try SpawnedProcess(
                Files.python, ["\(Files.packageRoot)/Tests/Clients/h2c-server", "200"], output: "\(folder)/output",
                errors: "\(folder)/errors")
            defer { application.end() }
            var port: UInt16?
            try waitUntil("the application listens") {
                port = UInt16(Files.text("\(folder)/output").trimmingCharacters(in: .whitespacesAndNewlines))
                return port != nil
            }
            let cluster = try cluster([])
            defer { cluster.tearDown() }
            try cluster.startWorker(
                id: "worker-8001",
                arguments: ["--forward", "h2c://127.0.0.1:\(try #require(port))", "--health-path", "/quick"])
            try cluster.startWorker(id: "worker-8002")
            try cluster.waitUntilReady(2)
            application.send(SIGSTOP)
            let status = try cluster.waitForStatus("the worker is out of the rotation") {
                $0.state(of: "worker-8001") == "ejected"
            }
            #expect(status.worker("worker-8001")?.reason?.contains("GET /quick within 1000 ms") == true, "\(status)")
            application.send(SIGCONT)
            try cluster.waitUntilReady(2)
        }
    }
}
