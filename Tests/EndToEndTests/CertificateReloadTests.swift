#if TLS
    import Foundation
    import Testing

    extension EndToEnd {
        /// Certificates are renewed or revoked while the cluster runs.
        @Suite struct CertificateReload {
            private func serial(_ cluster: TestCluster) throws -> String {
                let shown = try Command.run(
                    "openssl", ["s_client", "-connect", "127.0.0.1:\(cluster.publicPort)"], input: Data())
                let result = try Command.run(
                    "openssl", ["x509", "-noout", "-serial"], input: Data(shown.text.utf8))
                return result.text
            }

            private func makeCluster(workers: Int) throws -> (TestCluster, certificates: String) {
                let folder = try Files.makeTemporaryFolder()
                try TestCertificates.copy(to: "\(folder)/certificates")
                var options = TestCluster.Options(workers: workers)
                options.certificates = "\(folder)/certificates"
                return (try TestCluster(options), folder)
            }

            @Test func `The same process serves a renewed public certificate`() throws {
                let (cluster, folder) = try makeCluster(workers: 1)
                defer {
                    cluster.tearDown()
                    Files.remove(folder)
                }
                let before = try serial(cluster)
                let process = try cluster.status().pid
                Files.remove("\(cluster.certificates)/public.pem")
                try TestCertificates.make([], in: cluster.certificates)
                kill(process, SIGHUP)
                try waitUntil("the new certificate is served") { try serial(cluster) != before }
                #expect(try cluster.status().pid == process)
                #expect(try cluster.curl("/").status == 200)
            }

            @Test func `Unusable certificate files change nothing`() throws {
                let (cluster, folder) = try makeCluster(workers: 1)
                defer {
                    cluster.tearDown()
                    Files.remove(folder)
                }
                let before = try serial(cluster)
                try Data("no certificate".utf8).write(
                    to: URL(fileURLWithPath: "\(cluster.certificates)/public.pem"))
                kill(try cluster.status().pid, SIGHUP)
                try waitUntil("the balancer logs it") {
                    cluster.balancerLog.contains("the previous ones stay in use: ")
                }
                #expect(try serial(cluster) == before)
                #expect(try cluster.curl("/").status == 200)
            }

            @Test func `A reload with a good file and an unusable certificate changes nothing`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                let file = "\(folder)/balancer.yaml"
                try "queue-timeout: 2s\n".write(toFile: file, atomically: true, encoding: .utf8)
                try TestCertificates.copy(to: "\(folder)/certificates")
                var options = TestCluster.Options(workers: 1)
                options.certificates = "\(folder)/certificates"
                options.balancerArguments = ["--config", file]
                let cluster = try TestCluster(options)
                defer { cluster.tearDown() }
                func run(_ name: String) throws -> CommandResult {
                    try Command.run(TestCluster.balancerProgram, [name, "--state-dir", cluster.stateDirectory])
                }
                func queueTimeout() throws -> [Substring]? {
                    try run("settings").text.split(separator: "\n").map { $0.split(separator: " ") }
                        .first { $0.first == "queue-timeout" }
                }
                try "queue-timeout: 7s\n".write(toFile: file, atomically: true, encoding: .utf8)
                let certificate = "\(cluster.certificates)/public.pem"
                let good = try Data(contentsOf: URL(fileURLWithPath: certificate))
                try Data("no certificate".utf8).write(to: URL(fileURLWithPath: certificate))
                let refused = try run("reload")
                #expect(refused.status == 1 && refused.errorLines.count == 1, "\(refused)")
                #expect(refused.errors.contains("public.pem"), "\(refused)")
                #expect(try #require(try queueTimeout()).contains("2s"))
                try good.write(to: URL(fileURLWithPath: certificate))
                let taken = try run("reload")
                #expect(taken.status == 0, "\(taken)")
                #expect(try #require(try queueTimeout()).contains("7s"))
            }

            @Test func `A key with a passphrase is rejected without a prompt`() throws {
                let (cluster, folder) = try makeCluster(workers: 1)
                defer {
                    cluster.tearDown()
                    Files.remove(folder)
                }
                let key = "\(cluster.certificates)/public.key"
                let locked = try Command.run(
                    "openssl", ["pkcs8", "-topk8", "-in", key, "-passout", "pass:secret", "-out", "\(key).locked"])
                #expect(locked.status == 0)
                #expect(rename("\(key).locked", key) == 0 && chmod(key, 0o600) == 0)
                kill(try cluster.status().pid, SIGHUP)
                try waitUntil("the balancer refuses the key") { cluster.balancerLog.contains("has a passphrase") }
                #expect(try cluster.curl("/").isOK)
            }

            @Test func `A balancer does not start with the certificate of a worker`() throws {
                let (cluster, folder) = try makeCluster(workers: 1)
                cluster.tearDown()
                defer { Files.remove(folder) }
                let nodes = "\(cluster.certificates)/nodes"
                for suffix in ["pem", "key"] {
                    Files.remove("\(nodes)/balancer/balancer.\(suffix)")
                    try FileManager.default.copyItem(
                        atPath: "\(nodes)/worker-8001/worker.\(suffix)", toPath: "\(nodes)/balancer/balancer.\(suffix)")
                }
                let started = try Command.run(
                    TestCluster.balancerProgram, ["--certs", cluster.certificates, "--state-dir", "\(folder)/state"])
                #expect(started.status == 2)
                #expect(started.errors.contains("worker-8001, not for balancer balancer"))
            }

            @Test func `Connections of a revoked worker are closed, and those of other workers continue`() throws {
                let (cluster, folder) = try makeCluster(workers: 2)
                defer {
                    cluster.tearDown()
                    Files.remove(folder)
                }
                try TestCertificates.make(["revoke", "worker-8002"], in: cluster.certificates)
                for process in [try cluster.status().pid, cluster.workers[0].process.identifier] {
                    kill(process, SIGHUP)
                }
                try cluster.waitForStatus("the revoked worker is out of the rotation") { status in
                    !status.workers.contains { $0.id == "worker-8002" && $0.state == "ready" }
                }
                #expect(try cluster.status().workers.first { $0.id == "worker-8001" }?.state == "ready")
                for _ in 0..<4 { #expect(try cluster.curl("/").text == "worker-8001\n") }
                try waitUntil("the worker logs the reason") {
                    cluster.balancerLog.contains("certificate revoked")
                }
                // The revoked worker finds no balancer now. The running balancer must not suffer from that.
                let revoked = cluster.workers[1]
                try waitUntil("the worker sees that the balancer lives") {
                    revoked.log.contains("the balancer's process lives, but does not answer")
                }
                #expect(!revoked.log.contains("taking over after"))
                #expect(try cluster.status().epoch == 1)
            }
        }
    }
#endif
