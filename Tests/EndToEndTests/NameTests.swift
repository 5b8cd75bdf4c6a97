import Foundation
import Testing

extension EndToEnd {
    /// Names in `--forward` and `--balancer`. The test has its own /etc/hosts, in a mount namespace of the worker.
    @Suite(.enabled(if: Privileges.canMount)) struct Names {
        /// A file of names, and a command that starts a worker with it.
        private struct Hosts {
            let path: String
            let launcher: [String]

            init(_ text: String, in folder: String) throws {
                path = "\(folder)/hosts"
                let switchFile = "\(folder)/nsswitch.conf"
                try text.write(toFile: path, atomically: false, encoding: .utf8)
                try "hosts: files\n".write(toFile: switchFile, atomically: false, encoding: .utf8)
                let script =
                    "mount --bind '\(path)' /etc/hosts && mount --bind '\(switchFile)' /etc/nsswitch.conf && exec \"$@\""
                launcher = ["unshare", "-m", "sh", "-c", script, "sh"]
            }

            /// Keeps the file itself, because it is mounted.
            func add(_ line: String) throws {
                let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                defer { try? file.close() }
                try file.seekToEnd()
                try file.write(contentsOf: Data("\(line)\n".utf8))
            }
        }

        @Test func `Every address of an application's name is tried`() throws {
            let application = try Application()
            defer { application.stop() }
            let cluster = try TestCluster(workers: 0)
            defer { cluster.tearDown() }
            let hosts = try Hosts("127.0.0.1 two.test\n::1 two.test\n127.0.0.9 two.test\n", in: cluster.folder)
            let forward = ["--forward", "http://two.test:\(application.port)"]
            try cluster.startWorker(id: "worker-8001", arguments: forward, launcher: hosts.launcher)
            try cluster.waitUntilReady(1)
            for _ in 0..<3 {
                let response = try cluster.curl("/x")
                #expect(response.isOK && response.text.hasPrefix("GET /x "), "\(response)")
            }
        }

        @Test func `A name that can't be resolved at the start is tried again`() throws {
            let cluster = try TestCluster(workers: 0)
            defer { cluster.tearDown() }
            let application = try Application()
            defer { application.stop() }
            let hosts = try Hosts("127.0.0.1 localhost\n", in: cluster.folder)
            let worker = try cluster.startWorker(
                id: "worker-8001", arguments: ["--forward", "http://late.test:\(application.port)"],
                launcher: hosts.launcher)
            try waitUntil("the worker is there, without its application; its log: \(worker.log)") {
                worker.log.contains("the application takes no connections: no address is known for the name")
            }
            #expect(worker.process.isRunning)
            try hosts.add("127.0.0.1 late.test")
            try cluster.waitUntilReady(1)
            #expect(try cluster.curl("/x").isOK)
        }

        @Test func `One listener accepts clients of both families, and shows IPv4 clients as such`() throws {
            let application = try Application()
            defer { application.stop() }
            var options = TestCluster.Options()
            options.workers = 1
            options.workerArguments = ["--forward", "http://127.0.0.1:\(application.port)"]
            options.balancerArguments = ["--host", "::"] + TestCluster.insecureBind
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            for (host, client) in [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")] {
                let response = try Curl(
                    "\(TestCertificates.scheme)://\(host):\(cluster.publicPort)/x", ["--globoff"]
                ).finish()
                #expect(response.isOK, "\(response)")
                #expect(response.text.lowercased().contains("x-forwarded-for: \(client)\r\n"), "\(response.text)")
            }
        }

        #if TLS
            @Test func `A worker finds its balancer by a name that appears after the start`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                var options = TestCluster.Options()
                options.workers = 0
                options.certificates = "\(folder)/certs"
                try TestCertificates.copy(to: "\(folder)/certs")
                try TestCertificates.make(["node", "balancer", "--san", "lb.test"], in: "\(folder)/certs")
                let cluster = try TestCluster(options)
                defer { cluster.tearDown() }
                let hosts = try Hosts("127.0.0.1 localhost\n", in: cluster.folder)
                let worker = try cluster.startWorker(
                    id: "worker-8001", arguments: ["--balancer", "lb.test:\(cluster.clusterPort)"],
                    launcher: hosts.launcher)
                try waitUntil("the worker names the name; its log: \(worker.log)") {
                    worker.log.contains("the balancer at lb.test:\(cluster.clusterPort) can't be reached: no address")
                }
                // Nothing listens at the first address.
                try hosts.add("::1 lb.test")
                try hosts.add("127.0.0.1 lb.test")
                try cluster.waitUntilReady(1)
                #expect(try cluster.curl("/").text == "worker-8001\n")
            }
        #endif
    }
}
