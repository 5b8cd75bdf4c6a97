#if TLS
    import Foundation
    import Testing

    extension EndToEnd {
        /// Only nodes with the right certificate get in; both sides say why not, and the registry stays as it was.
        @Suite struct Refusals {
            struct Case: CustomTestStringConvertible, Sendable {
                /// A folder of `Tests/Certificates/make-odd-certs`.
                let name: String
                /// What each log has to name.
                let inBalancer: String
                let inWorker: String

                var testDescription: String { name }
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
                // The worker sees another cluster's balancer and leaves before it asks for anything.
                Case(
                    name: "other-cluster-name", inBalancer: "balancer reigns", inWorker: "no balancer of this cluster"),
                Case(
                    name: "host-not-in-san", inBalancer: "not good for the given host",
                    inWorker: "not good for the given host"),
                Case(name: "self-signed", inBalancer: "self-signed certificate", inWorker: "the peer refused"),
                Case(name: "other-ca", inBalancer: "certificate is refused", inWorker: "the peer refused"),
                Case(name: "public-leaf", inBalancer: "certificate purpose", inWorker: "the peer refused"),
            ]

            @Test(arguments: odd)
            func `An odd certificate does not get in`(odd: Case) throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let folder = "\(cluster.folder)/odd"
                try TestCertificates.makeOdd(id: "worker-8009", in: folder)
                let before = try cluster.status().workers.map(\.id)
                let worker = try cluster.startWorker(id: "worker-8009", certificates: "\(folder)/\(odd.name)")
                try waitUntil("the balancer's log says '\(odd.inBalancer)'") {
                    cluster.balancerLog.contains(odd.inBalancer)
                }
                try waitUntil("the worker's log says '\(odd.inWorker)'; it says: \(worker.log)") {
                    worker.log.contains(odd.inWorker)
                }
                #expect(try cluster.status().workers.map(\.id) == before)
                #expect(worker.process.isRunning)
            }

            @Test func `A revoked node does not get in`() throws {
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
                try waitUntil("the balancer's log says so") { cluster.balancerLog.contains("certificate revoked") }
                try waitUntil("the worker's log says so; it says: \(worker.log)") {
                    worker.log.contains("certificate revoked")
                }
                #expect(try cluster.status().workers.map(\.id) == ["worker-8001", "worker-8002"])
            }

            @Test func `Nobody gets near the cluster port or a worker without a certificate`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                for port in [cluster.clusterPort, cluster.workers[0].port] {
                    let response = try Curl("https://127.0.0.1:\(port)/", []).finish()
                    #expect(response.status == 0 && response.exitStatus != 0, "\(response)")
                }
                #expect(cluster.balancerLog.contains("showed no certificate"))
                #expect(cluster.workers[0].log.contains("showed no certificate"))
            }

            /// Registers by hand, with the certificate of the shared node `worker-8003`.
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

            @Test func `A claimed port on which somebody else answers is refused`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let response = try register(cluster, port: cluster.workers[0].port, incarnation: 1)
                #expect(response.status == 403, "\(response)")
                #expect(response.text.contains("answers spiffe://understudy/worker/worker-8001 instead"), "\(response)")
                #expect(cluster.balancerLog.contains("worker-8003 refused: at the given address answers"))
                #expect(try cluster.status().workers.map(\.id) == ["worker-8001"])
            }

            @Test func `A claimed port on which nobody answers, or that is the balancer's, is refused`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let nobody = try register(cluster, port: try Ports.free(1)[0], incarnation: 1)
                #expect(nobody.status == 409 && nobody.text.contains("can't reach the worker"), "\(nobody)")
                let reserved = try register(cluster, port: cluster.publicPort, incarnation: 1)
                #expect(reserved.status == 400 && reserved.text.contains("belongs to the balancer"), "\(reserved)")
                #expect(try cluster.status().workers.map(\.id) == ["worker-8001"])
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

            @Test func `Nonsense at the cluster port is answered and changes nothing`() throws {
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
                // Where it asks another worker answers, with a certificate of the cluster.
                let worker = try cluster.startWorker(
                    id: "worker-8002", arguments: ["--balancer", "127.0.0.1:\(cluster.workers[0].port)"])
                try waitUntil("the worker says so; it says: \(worker.log)") {
                    worker.log.contains("no balancer of this cluster: spiffe://understudy/worker/worker-8001")
                }
                #expect(try cluster.status().workers.map(\.id) == ["worker-8001"])
            }
        }
    }
#endif
