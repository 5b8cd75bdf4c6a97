import Foundation
import Testing

extension EndToEnd {
    /// Strangers and members use many connections, and other peers still get in.
    @Suite struct Places {
        /// A command that limits the open files of a process.
        private static func limited(to count: Int) -> [String] { ["prlimit", "--nofile=\(count):\(count)"] }

        #if TLS
            /// 500 silent connections, each opened again as soon as it closes, at a balancer with few descriptors. Then
            /// the balancer dies.
            @Test func `Silent strangers at the cluster port exclude no member, not even after a crash`() throws {
                var options = TestCluster.Options()
                options.launcher = Places.limited(to: 512)
                let cluster = try TestCluster(options)
                defer { cluster.tearDown() }
                let crowd = try HeldConnections(500, at: cluster.clusterPort, in: cluster.folder)
                defer { crowd.end() }
                let rounds = crowd.rounds
                try waitUntil("the crowd has reconnected") { crowd.rounds > rounds }
                #expect(try cluster.status().readyCount == 3)
                kill(try cluster.status().pid, SIGKILL)
                try cluster.waitForStatus("a successor has all workers") { $0.epoch == 2 && $0.readyCount == 3 }
                let since = crowd.rounds
                try waitUntil("the crowd has connected to the successor") { crowd.rounds > since + 2 }
                for _ in 0..<20 { #expect(try cluster.curl("/").isOK) }
                let status = try cluster.status()
                #expect(status.epoch == 2 && status.readyCount == 3, "\(status)")
                for worker in cluster.workers { #expect(worker.process.isRunning) }
            }

            /// A peer with an incomplete handshake is still a stranger. A peer with a certificate gets a few
            /// connections, not all.
            @Test func `A member's certificate does not get all connections of the cluster port`() throws {
                var options = TestCluster.Options()
                options.workers = 2
                options.balancerArguments = ["--max-workers", "6"]
                let cluster = try TestCluster(options)
                defer { cluster.tearDown() }
                let crowd = try HeldConnections(
                    100, at: cluster.clusterPort, credentials: "\(cluster.certificates)/nodes/worker-8003/worker",
                    in: cluster.folder)
                defer { crowd.end() }
                kill(try cluster.status().pid, SIGKILL)
                try cluster.waitForStatus("a successor has both workers") { $0.epoch == 2 && $0.readyCount == 2 }
                for _ in 0..<20 { #expect(try cluster.curl("/").isOK) }
                #expect(try cluster.status().epoch == 2)
            }

            @Test func `Neither strangers nor a member get all connections of a worker`() throws {
                var options = TestCluster.Options()
                options.workers = 1
                options.workerArguments = ["--max-connections", "16"]
                let cluster = try TestCluster(options)
                defer { cluster.tearDown() }
                let port = cluster.workers[0].port
                let strangers = try HeldConnections(50, at: port, in: cluster.folder)
                defer { strangers.end() }
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                let member = try HeldConnections(
                    50, at: port, credentials: "\(cluster.certificates)/nodes/worker-8003/worker", in: folder)
                defer { member.end() }
                // The successor has no connection to the worker yet, and still gets in.
                kill(try cluster.status().pid, SIGKILL)
                try cluster.waitForStatus("a successor has the worker") { $0.epoch == 2 && $0.readyCount == 1 }
                for _ in 0..<20 { #expect(try cluster.curl("/").isOK) }
            }
        #endif

        @Test func `Other users' connections do not exclude the operator from the admin port`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let crowd = try HeldConnections(300, at: cluster.adminPort, in: cluster.folder)
            defer { crowd.end() }
            for _ in 0..<5 {
                let result = try Command.run(
                    TestCluster.balancerProgram, ["status", "--admin-port", "\(cluster.adminPort)"])
                #expect(result.status == 0, "\(result.errors)")
            }
        }

        @Test func `Silent clients exclude no client from the public port`() throws {
            var options = TestCluster.Options()
            options.workers = 1
            options.balancerArguments = ["--max-connections", "32"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let crowd = try HeldConnections(200, at: cluster.publicPort, in: cluster.folder)
            defer { crowd.end() }
            #if TLS
                for _ in 0..<20 { #expect(try cluster.curl("/").isOK) }
            #endif
            #expect(try cluster.status().readyCount == 1)
        }

        @Test(arguments: ["balancer", "worker"])
        func `Too low a limit of open files is an error at the start`(program: String) throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let certificates = try TestCertificates.shared.get()
            let ports = try Ports.free(3)
            let arguments =
                program == "balancer"
                ? ["--port", "\(ports[0])", "--cluster-port", "\(ports[1])", "--admin-port", "\(ports[2])"]
                : ["--id", "worker-8001", "--port", "\(ports[0])", "--file", "\(folder)/file"]
            let result = try Command.run(
                Places.limited(to: 48)[0],
                [Places.limited(to: 48)[1], "\(Files.products)/\(program)"] + arguments
                    + ["--certs", certificates, "--state-dir", "\(folder)/state"])
            #expect(result.status == 1)
            #expect(result.errorLines.count == 1, "\(result.errors)")
            #expect(result.errors.contains("the limit of open files is 48, and a \(program) with"), "\(result.errors)")
            #expect(result.errors.contains("raise it (ulimit -n"))
        }
    }
}
