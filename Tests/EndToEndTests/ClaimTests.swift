import Foundation
import Testing

extension Defences {
    /// False claims of members and other peers have no effect.
    @Suite struct ClaimTests {
        #if TLS
            /// Sends one request with the certificate of a node.
            private func send(
                _ body: String, to path: String, port: UInt16, as node: String, role: String = "worker",
                fields: [String] = [], in cluster: TestCluster
            ) throws -> CurlResponse {
                let leaf = "\(cluster.certificates)/nodes/\(node)/\(role)"
                let content = body.isEmpty ? [] : ["-d", body]
                return try Curl(
                    "https://127.0.0.1:\(port)\(path)",
                    ["--cert", "\(leaf).pem", "--key", "\(leaf).key"] + content + fields.flatMap { ["-H", $0] }
                ).finish()
            }

            private func registration(of worker: TestWorker, incarnation: UInt64, seen: UInt64 = 0, home: String? = nil)
                -> String
            {
                let home = home.map { #","home":"\#($0)","acrossHosts":false"# } ?? ""
                return #"{"id":"\#(worker.id)","host":"127.0.0.1","port":\#(worker.port),"#
                    + #""incarnation":\#(incarnation),"mayStandIn":true,"capacity":1,"maximumEpochSeen":\#(seen)\#(home)}"#
            }

            /// The content of a worker's copy of the registry.
            private struct Copy: Decodable {
                struct Worker: Decodable {
                    let id: String
                    let incarnation: UInt64
                    let mayStandIn: Bool
                }

                let home: String?
                let workers: [Worker]

                func worker(_ id: String) -> Worker? { workers.first { $0.id == id } }
            }

            private func list(of id: String, in cluster: TestCluster) -> Copy? {
                try? JSONDecoder().decode(
                    Copy.self, from: Files.bytes("\(cluster.stateDirectory)/snapshot-\(id).json"))
            }

            /// Once, such a claim ended every balancer for good: the number became durable, and exceeded the highest
            /// epoch that workers accept.
            @Test(arguments: [2, 1 << 40, 1 << 61, 1 << 62] as [UInt64])
            func `An epoch that a worker's certificate claims changes nothing, not even after restarts`(epoch: UInt64)
                throws
            {
                let cluster = try TestCluster()
                defer { cluster.tearDown() }
                try cluster.waitUntilSettled()
                let pid = try cluster.status().pid
                let worker = cluster.workers[2]
                let known = try #require(list(of: worker.id, in: cluster))
                let incarnation = try #require(known.worker(worker.id)?.incarnation)
                let claims = [
                    ("scout", #"{"epochSeen":\#(epoch),"reignsAt":"127.0.0.1:\#(cluster.adminPort)"}"#),
                    ("register", registration(of: worker, incarnation: incarnation, seen: epoch)),
                    (
                        "watch",
                        #"{"id":"\#(worker.id)","incarnation":\#(incarnation),"epochSeen":\#(epoch),"#
                            + #""snapshotEpoch":1,"snapshotVersion":1,"inFlight":0}"#
                    ),
                ]
                for (path, body) in claims {
                    _ = try send(
                        body, to: "/cluster/v1/\(path)", port: cluster.clusterPort, as: worker.id, in: cluster)
                }
                let prevote = #"{"candidate":"\#(worker.id)","epochSeen":\#(epoch)}"#
                for other in cluster.workers[..<2] {
                    let answer = try send(
                        prevote, to: "/cluster/v1/prevote", port: other.port, as: worker.id, in: cluster)
                    #expect(answer.status == 200 && answer.text.contains(#""agrees":false"#), "\(answer)")
                }
                try waitUntil("the balancer logs it") {
                    cluster.balancerLog.contains("claims that a balancer of epoch")
                }
                try cluster.waitForStatus("all workers are ready") {
                    $0.pid == pid && $0.epoch == 1 && $0.readyCount == 3
                }
                #expect(try cluster.curl("/").isOK)
                kill(pid, SIGKILL)
                try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
                for worker in cluster.workers { worker.process.end() }
                kill(try cluster.status().pid, SIGKILL)
                try waitUntil("the balancer is dead") { (try? cluster.status()) == nil }
                try cluster.startBalancer()
                for worker in cluster.workers { try worker.start() }
                try cluster.waitForStatus("all workers are ready") { $0.epoch == 3 && $0.readyCount == 3 }
                #expect(try cluster.curl("/").isOK)
            }

            /// Such a worker took part in each prevote, and its rank prevented the others from keeping a parked
            /// standby.
            @Test func `A worker that only claims to be able to stand in is in no succession`() throws {
                let cluster = try TestCluster(.init(workers: 0))
                defer { cluster.tearDown() }
                // The smallest port would have the first rank.
                let liar = try cluster.startWorker(id: "worker-8003", arguments: ["--no-standby"])
                for id in ["worker-8001", "worker-8002"] { try cluster.startWorker(id: id) }
                try cluster.waitUntilReady(3)
                try waitUntil("the worker list is known") {
                    list(of: "worker-8001", in: cluster)?.worker(liar.id) != nil
                }
                let copy = try #require(list(of: "worker-8001", in: cluster))
                let (known, home) = (try #require(copy.worker(liar.id)), copy.home)
                let body = registration(of: liar, incarnation: known.incarnation, home: home)
                let answer = try send(
                    body, to: "/cluster/v1/register", port: cluster.clusterPort, as: liar.id, in: cluster)
                #expect(answer.status == 200, "\(answer)")
                let claim = #"{"id":"\#(liar.id)","incarnation":\#(known.incarnation)}"#
                let shown = try send(
                    claim, to: "/cluster/v1/stand-in", port: cluster.clusterPort, as: liar.id, in: cluster)
                #expect(shown.status == 403, "\(shown)")
                try waitUntil("the others may stand in, and the liar may not") {
                    list(of: "worker-8002", in: cluster)?.workers.sorted { $0.id < $1.id }.map(\.mayStandIn)
                        == [true, true, false]
                }
                try waitUntil("the first honest worker has a standby") { cluster.workers[1].parkedStandby != nil }
                let hung = try cluster.status().pid
                kill(hung, SIGSTOP)
                let status = try cluster.waitForStatus("the balancer is replaced") {
                    $0.epoch == 2 && $0.readyCount == 3
                }
                #expect(status.pid != hung && status.id == "worker-8001")
            }

            @Test func `A prevote in another worker's name is refused`() throws {
                let cluster = try TestCluster(workers: 2)
                defer { cluster.tearDown() }
                let body = #"{"candidate":"worker-8001","epochSeen":1,"acrossHosts":true}"#
                let answer = try send(
                    body, to: "/cluster/v1/prevote", port: cluster.workers[0].port, as: "worker-8002", in: cluster)
                #expect(answer.status == 403, "\(answer)")
                #expect(answer.text.contains("another node than the certificate's"), "\(answer)")
            }

            @Test func `Not even a balancer's certificate raises a worker's fence beyond reach`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let port = cluster.workers[0].port
                for epoch in [1 << 61, 1 << 62, UInt64.max] {
                    let answer = try send(
                        "", to: "/", port: port, as: "balancer", role: "balancer",
                        fields: ["understudy-epoch: \(epoch)"], in: cluster)
                    #expect(answer.status == 409, "\(answer)")
                    #expect(try cluster.curl("/").isOK)
                }
                try waitUntil("the worker logs it") { cluster.workers[0].log.contains("too high to be believed") }
            }
        #endif

        // MARK: An operator restarts the numbers

        private func epochs(_ arguments: String..., in cluster: TestCluster) throws -> CommandResult {
            try Command.run(
                TestCluster.balancerProgram, ["epochs", "--state-dir", cluster.stateDirectory] + arguments)
        }

        /// A line of the epoch file: 20 digits and their FNV-1a hash.
        private func line(of epoch: UInt64) -> String {
            let digits = String(repeating: "0", count: 20 - String(epoch).count) + String(epoch)
            let check = digits.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
            let hexadecimal = String(check, radix: 16)
            return digits + " " + String(repeating: "0", count: 16 - hexadecimal.count) + hexadecimal + "\n"
        }

        @Test func `An operator restarts exhausted epochs`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 2 }
            try waitUntil("the worker list is known") { cluster.knows("worker-8002", of: 2) }
            #expect(try epochs(in: cluster).text == "granted  2\nmet      2\n")
            let early = try epochs("--reset", in: cluster)
            #expect(early.status == 1 && early.errors.contains("a balancer reigns (process"), "\(early.errors)")
            #expect(try cluster.status().epoch == 2)
            for worker in cluster.workers { worker.process.end() }
            kill(try cluster.status().pid, SIGKILL)
            try waitUntil("the balancer is dead") { (try? cluster.status()) == nil }
            let file = "\(cluster.stateDirectory)/epoch"
            try Data((line(of: 1 << 62) + line(of: 3)).utf8).write(to: URL(fileURLWithPath: file))
            let refused = try cluster.spawnBalancer()
            #expect(refused.wait() == 1)
            #expect(cluster.balancerLog.contains("the epochs are used up"), "\(cluster.balancerLog)")
            #expect(cluster.balancerLog.contains("balancer epochs --reset"))
            let reset = try epochs("--reset", in: cluster)
            #expect(reset.status == 0 && reset.text.contains("the next epoch is 1"), "\(reset)")
            #expect(try epochs(in: cluster).text == "granted  0\nmet      0\n")
            try cluster.startBalancer()
            for worker in cluster.workers { try worker.start() }
            try cluster.waitForStatus("all workers are ready") { $0.epoch == 1 && $0.readyCount == 2 }
            #expect(try cluster.curl("/").isOK)
        }
    }
}
