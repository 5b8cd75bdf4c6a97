import Foundation
import Testing

extension EndToEnd {
    /// Messages that name the thing and the cure.
    @Suite struct Messages {
        @Test func `A worker that asks at a wrong address names it, and says which port is right`() throws {
            let cluster = try TestCluster(workers: 0)
            defer { cluster.tearDown() }
            let empty = try Ports.free(1)[0]
            let hint = "give --balancer the cluster port, \(cluster.clusterPort)"
            let cases = [
                ("worker-8001", "127.0.0.1:\(cluster.publicPort)", "this is the balancer's public port; \(hint)"),
                ("worker-8002", "127.0.0.1:\(cluster.adminPort)", "this is the balancer's admin port; \(hint)"),
                ("worker-8003", "127.0.0.1:\(empty)", "the balancer at 127.0.0.1:\(empty) can't be reached"),
            ]
            for (id, address, says) in cases {
                let worker = try cluster.startWorker(id: id, arguments: ["--balancer", address])
                try waitUntil("\(id) says '\(says)'; its log: \(worker.log)") { worker.log.contains(says) }
            }
        }

        @Test func `The status shows who may stand in and a parked standby, and nobody left is a warning`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            try cluster.waitForStatus("the first worker has a parked standby, and both may stand in") {
                $0.workers.map(\.mayStandIn) == [true, true] && $0.workers.map(\.hasStandby) == [true, false]
            }
            let metrics = try PrometheusText(cluster.admin("/metrics")).samples
            #expect(metrics["understudy_worker_may_stand_in{worker=\"worker-8002\"}"] == 1)
            #expect(metrics["understudy_worker_standby_parked{worker=\"worker-8001\"}"] == 1)
            let table = try Command.run(
                TestCluster.balancerProgram, ["status", "--admin-port", "\(cluster.adminPort)"]
            ).text.split(separator: "\n")
            #expect(table.contains { $0.hasPrefix("worker-8001 ") && $0.hasSuffix(" parked") }, "\(table)")
            #expect(table.contains { $0.hasPrefix("worker-8002 ") && $0.hasSuffix(" able") }, "\(table)")
            #expect(!cluster.balancerLog.contains("no worker may stand in"))
            for worker in cluster.workers { worker.process.send(SIGTERM) }
            try waitUntil("the balancer warns; its log: \(cluster.balancerLog)") {
                cluster.balancerLog.contains("warning balancer no worker may stand in for this balancer")
            }
        }

        @Test func `A worker with another state directory says that it can't stand in`() throws {
            let cluster = try TestCluster(workers: 0)
            defer { cluster.tearDown() }
            let worker = try cluster.startWorker(
                id: "worker-8001", arguments: ["--state-dir", "\(cluster.folder)/other"])
            try waitUntil("the worker says so; its log: \(worker.log)") {
                worker.log.contains("warning worker this worker can't stand in for the balancer, which has another")
            }
            try cluster.waitUntilReady(1)
            // In the plain build no worker can prove that it may stand in, and the balancer believes its word.
            let isProofNeeded = TestCertificates.scheme == "https"
            #expect(try cluster.status().workers.map(\.mayStandIn) == [!isProofNeeded])
        }

        #if TLS
            @Test func `An expired public certificate is a warning at the start and at each reload`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                var options = TestCluster.Options()
                options.workers = 0
                options.certificates = "\(folder)/certs"
                try TestCertificates.copy(to: "\(folder)/certs")
                let file = "\(folder)/certs/public"
                let made = try Command.run(
                    "openssl",
                    [
                        "x509", "-in", "\(file).pem", "-signkey", "\(file).key", "-days", "-1", "-out",
                        "\(folder)/expired.pem",
                    ])
                try #require(made.status == 0, "\(made.errors)")
                try FileManager.default.removeItem(atPath: "\(file).pem")
                try FileManager.default.copyItem(atPath: "\(folder)/expired.pem", toPath: "\(file).pem")
                let cluster = try TestCluster(options)
                defer { cluster.tearDown() }
                let count = {
                    cluster.balancerLog.components(separatedBy: "the certificate for clients, has expired").count - 1
                }
                #expect(count() == 1, "\(cluster.balancerLog)")
                cluster.balancer?.send(SIGHUP)
                try waitUntil("the reload warns too; the log: \(cluster.balancerLog)") { count() == 2 }
            }

            @Test func `A worker without a balancer's files says why it can't stand in`() throws {
                let cluster = try TestCluster(workers: 0)
                defer { cluster.tearDown() }
                let files = ["worker-8001": "public.pem", "worker-8002": "nodes/worker-8002/balancer.key"]
                for (id, file) in files {
                    let certificates = "\(cluster.folder)/\(id)-certs"
                    try TestCertificates.copy(to: certificates)
                    try FileManager.default.removeItem(atPath: "\(certificates)/\(file)")
                    let worker = try cluster.startWorker(id: id, certificates: certificates)
                    try waitUntil("\(id) says why; its log: \(worker.log)") {
                        worker.log.split(separator: "\n").contains {
                            $0.contains("warning worker this worker can't") && $0.contains("\(file) is missing")
                        }
                    }
                }
                try cluster.waitUntilReady(2)
                #expect(try cluster.status().workers.map(\.mayStandIn) == [false, false])
                let mute = try cluster.startWorker(id: "worker-8003", arguments: ["--no-standby"])
                try cluster.waitUntilReady(3)
                #expect(!mute.log.contains("can't stand in"))
            }
        #endif
    }
}
