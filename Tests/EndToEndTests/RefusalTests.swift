#if TLS
    import Foundation
    import Testing

    extension Defences {
        /// Only nodes with the right certificate get in. Both sides log the reason, and the registry does not change.
        @Suite struct Refusals {
            struct Case: Sendable {
                /// A folder of `Tests/Certificates/make-odd-certs`.
                let name: String
                /// The expected text of each log. The balancer does not notice every refusal by the worker.
                let inBalancer: String?
                let inWorker: String
            }

            static let odd = [
                Case(name: "expired", inBalancer: "certificate has expired", inWorker: "certificate expired"),
                Case(name: "not-yet-valid", inBalancer: "certificate is not yet valid", inWorker: "the peer refused"),
                Case(name: "no-eku", inBalancer: "no extended key usage", inWorker: "no extended key usage"),
                Case(name: "server-auth-only", inBalancer: "certificate purpose", inWorker: "the peer refused"),
                Case(name: "client-auth-only", inBalancer: "lacks serverAuth", inWorker: "lacks serverAuth"),
                Case(name: "two-uris", inBalancer: "2 URIs", inWorker: "2 URIs"),
                Case(name: "no-uri", inBalancer: "names no node", inWorker: "names no node"),
                Case(name: "balancer-role", inBalancer: "role does not allow", inWorker: "role does not allow"),
                Case(name: "operator-role", inBalancer: "role does not allow", inWorker: "role does not allow"),
                Case(name: "other-id", inBalancer: "names another node", inWorker: "names another node"),
                // The worker sees another cluster's balancer and leaves before its first request.
                Case(name: "other-cluster-name", inBalancer: nil, inWorker: "no balancer of this cluster"),
                Case(
                    name: "host-not-in-san", inBalancer: "not valid for the given host",
                    inWorker: "not valid for the given host"),
                Case(name: "self-signed", inBalancer: "self-signed certificate", inWorker: "the peer refused"),
                Case(name: "other-ca", inBalancer: "certificate is refused", inWorker: "the peer refused"),
                Case(name: "public-leaf", inBalancer: "certificate purpose", inWorker: "the peer refused"),
            ]

            @Test func `An odd certificate is refused`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let folder = "\(cluster.folder)/odd"
                try TestCertificates.makeOdd(id: "worker-8009", in: folder)
                let before = try cluster.status().workers.map(\.id)
                let log = "\(cluster.folder)/worker-8009.log"
                let port = try Ports.free(1)[0]
                for odd in Refusals.odd {
                    // The log lines about the earlier certificates don't count.
                    let (seenOfBalancer, seenOfWorker) = (cluster.balancerLog.utf8.count, Files.text(log).utf8.count)
                    let worker = try cluster.startWorker(
                        id: "worker-8009", port: port, certificates: "\(folder)/\(odd.name)")
                    if let text = odd.inBalancer {
                        try waitUntil("the balancer's log says '\(text)' for \(odd.name)") {
                            Refusals.tail(cluster.balancerLog, from: seenOfBalancer).contains(text)
                        }
                    }
                    try waitUntil("the worker's log says '\(odd.inWorker)' for \(odd.name); its log: \(worker.log)") {
                        Refusals.tail(worker.log, from: seenOfWorker).contains(odd.inWorker)
                    }
                    #expect(try cluster.status().workers.map(\.id) == before, "\(odd.name)")
                    #expect(worker.process.isRunning, "\(odd.name)")
                    worker.process.end()
                }
            }

            private static func tail(_ log: String, from offset: Int) -> String {
                String(decoding: log.utf8.dropFirst(offset), as: UTF8.self)
            }

            @Test func `A revoked node is refused`() throws {
                let folder = try Files.makeTemporaryFolder()
                defer { Files.remove(folder) }
                let certificates = "\(folder)/certs"
                try TestCertificates.copy(to: certificates)
                try TestCertificates.make(["revoke", "worker-8003"], in: certificates)
                var options = TestCluster.Options()
                options.workers = 2
                options.certificates = certificates
                let cluster = try TestCluster(options)
                defer { cluster.tearDown() }
                let worker = try cluster.startWorker(id: "worker-8003")
                let name = "(spiffe://understudy/worker/worker-8003, serial "
                try waitUntil("the balancer names it") { cluster.balancerLog.contains("certificate revoked \(name)") }
                try waitUntil("the worker names it; its log: \(worker.log)") {
                    worker.log.contains("nodes/worker-8003/worker.pem \(name)")
                        && worker.log.contains("certificate revoked")
                }
                #expect(try cluster.status().workers.map(\.id) == ["worker-8001", "worker-8002"])
            }

            @Test func `A peer without a certificate reaches neither the cluster port nor a worker`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                for port in [cluster.clusterPort, cluster.workers[0].port] {
                    let response = try Curl("https://127.0.0.1:\(port)/", []).finish()
                    #expect(response.status == 0 && response.exitStatus != 0, "\(response)")
                }
                #expect(cluster.balancerLog.contains("showed no certificate"))
                #expect(cluster.workers[0].log.contains("showed no certificate"))
            }

            /// Sends a registration with the certificate of the shared node `worker-8003`.
            private func register(
                _ cluster: TestCluster, id: String = "worker-8003", host: String = "127.0.0.1", port: UInt16,
                incarnation: UInt64
            ) throws -> CurlResponse {
                let node = "\(cluster.certificates)/nodes/worker-8003"
                let body =
                    #"{"id":"\#(id)","host":"\#(host)","port":\#(port),"incarnation":\#(incarnation),"mayStandIn":false,"#
                    + #""capacity":1,"maximumEpochSeen":0}"#
                return try Curl(
                    "https://127.0.0.1:\(cluster.clusterPort)/cluster/v1/register",
                    ["--cert", "\(node)/worker.pem", "--key", "\(node)/worker.key", "-d", body]
                ).finish()
            }

            /// The balancer's log has the real finding. The peer gets the same answer in each case, after the same
            /// time.
            @Test func `A claimed port with another process, or with none, is refused in the same words`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                // This process accepts connections and stays silent.
                let silent = try LoopbackListener()
                defer { silent.stop() }
                let ports = [cluster.workers[0].port, cluster.adminPort, try Ports.free(1)[0], silent.port]
                let answers = try ports.map { try register(cluster, port: $0, incarnation: 1) }
                // The balancer's own ports are public.
                #expect(answers[1].status == 400 && answers[1].text.contains("belongs to the balancer"))
                for answer in [answers[0], answers[2], answers[3]] {
                    #expect(answer.status == 409, "\(answer)")
                    #expect(answer.text == answers[0].text)
                    #expect(answer.text.contains("did not find this worker at the address it gave"), "\(answer)")
                }
                let log = cluster.balancerLog
                #expect(log.contains("worker-8003 refused: spiffe://"), "\(log)")
                #expect(log.contains("worker-8003 refused: the balancer can't reach the worker"), "\(log)")
                #expect(try cluster.status().workers.map(\.id) == ["worker-8001"])
            }

            @Test func `The balancer does not connect to a claimed host that is not in the worker's certificate`()
                throws
            {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let answer = try register(cluster, host: "127.0.0.2", port: try Ports.free(1)[0], incarnation: 1)
                #expect(answer.status == 403, "\(answer)")
                #expect(answer.text.contains("the certificate is not valid for the given host"), "\(answer)")
                #expect(!cluster.balancerLog.contains("can't reach the worker"))
            }

            /// Content follows the head. An unauthorized peer is refused before its content.
            @Test func `A peer without a node name is refused before its content is read`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let odd = "\(cluster.folder)/odd"
                try TestCertificates.makeOdd(id: "worker-8009", in: odd)
                let leaf = "\(odd)/two-uris/nodes/worker-8009/worker"
                let head =
                    "POST /cluster/v1/register HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n"
                // The content never arrives, and openssl waits for the end of the connection.
                let answer = try Command.run(
                    "timeout",
                    [
                        "3", "openssl", "s_client", "-quiet", "-connect", "127.0.0.1:\(cluster.clusterPort)", "-cert",
                        "\(leaf).pem",
                        "-key", "\(leaf).key",
                    ], input: Data(head.utf8))
                #expect(answer.text.contains("HTTP/1.1 403"), "\(answer.text) \(answer.errors)")
                #expect(answer.text.contains("one is allowed"), "\(answer.text)")
            }

            @Test func `An older incarnation is refused`() throws {
                let cluster = try TestCluster(workers: 3)
                defer { cluster.tearDown() }
                let same = try register(cluster, port: cluster.workers[2].port, incarnation: 1)
                #expect(
                    same.status == 409 && same.text.contains("an earlier start of this worker is registered as"),
                    "\(same)")
                let other = try register(cluster, port: try Ports.free(1)[0], incarnation: 1)
                #expect(other.status == 409 && other.text.contains("a later start of this worker"), "\(other)")
                #expect(cluster.balancerLog.contains("worker-8003 refused: a later start"))
                try cluster.waitUntilReady(3)
            }

            @Test func `Nonsense at the cluster port gets an error and changes nothing`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let node = "\(cluster.certificates)/nodes/worker-8003"
                let always = ["--cert", "\(node)/worker.pem", "--key", "\(node)/worker.key"]
                let base = "https://127.0.0.1:\(cluster.clusterPort)"
                let table: [(String, [String], Int)] = [
                    ("/cluster/v1/register", ["-d", "{"], 400), ("/cluster/v1/register", [], 405),
                    ("/cluster/v1/watch", ["-d", "[]"], 400), ("/cluster/v2/register", ["-d", "{}"], 404),
                    ("/cluster/v1/register", ["-d", String(repeating: "x", count: 70_000)], 413),
                ]
                for (path, arguments, status) in table {
                    let response = try Curl(base + path, always + arguments).finish()
                    #expect(response.status == status, "\(path): \(response)")
                }
                #expect(try cluster.status().workers.map(\.state) == ["ready"])
            }

            @Test func `A worker refuses a balancer without the balancer's role`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                // At the requested address another worker answers, with a certificate of the cluster.
                let place = "127.0.0.1:\(cluster.workers[0].port)"
                let worker = try cluster.startWorker(id: "worker-8002", arguments: ["--balancer", place])
                try waitUntil("the worker logs it; its log: \(worker.log)") {
                    worker.log.contains(
                        "no balancer of this cluster answers at \(place): spiffe://understudy/worker/worker-8001")
                }
                #expect(try cluster.status().workers.map(\.id) == ["worker-8001"])
            }
        }
    }
#endif
