import Foundation
import Synchronization
import Testing

extension Scenarios {
    /// Load at the ports of the control plane, which must not end a reign.
    @Suite struct Pulse {
        /// Waits until the balancer reports that it has reigned for this many seconds.
        private func waitForUptime(_ seconds: Int, of cluster: TestCluster, epoch: Int) throws {
            try cluster.waitForStatus("epoch \(epoch) lasts", seconds: 60) { $0.uptimeSeconds >= seconds }
            let status = try cluster.status()
            #expect(status.epoch == epoch, "\(cluster.workers.map(\.log))")
        }

        @Test func `Silent connections that fill the cluster port cause no takeover`() throws {
            var options = TestCluster.Options()
            options.balancerArguments = ["--max-workers", "6"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            // Connections beyond the limit wait in the listener, which the successor inherits.
            let strangers = try (0..<300).map { _ in try PlainSocket(port: cluster.clusterPort) }
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            try waitForUptime(4, of: cluster, epoch: 2)
            #expect(try cluster.curl("/").isOK)
            for stranger in strangers { stranger.finish() }
            try cluster.waitForStatus("all workers are ready") { $0.epoch == 2 && $0.readyCount == 3 }
        }

        @Test func `Pipelined requests of a local user at the admin port cause no takeover`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let isOver = Atomic(false)
            let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let batch = Data(String(repeating: request, count: 200).utf8)
            let sockets = try (0..<30).map { _ in try PlainSocket(port: cluster.adminPort, patienceSeconds: 1) }
            let threads = DispatchGroup()
            for socket in sockets {
                threads.enter()
                Thread {
                    while !isOver.load(ordering: .relaxed), socket.send(batch), socket.receive() != nil {}
                    threads.leave()
                }.start()
            }
            // The operator's own request is answered.
            let reader = try Command.run(
                TestCluster.balancerProgram, ["status", "--admin-port", "\(cluster.adminPort)"])
            #expect(reader.status == 0 && reader.text.contains("epoch 1 "))
            try waitForUptime(5, of: cluster, epoch: 1)
            #expect(try cluster.curl("/").isOK)
            isOver.store(true, ordering: .relaxed)
            for socket in sockets { socket.breakOff() }
            threads.wait()
            let log = cluster.workers.map(\.log).joined()
            #expect(!log.contains("does not answer at its cluster port") && !log.contains("taking over"), "\(log)")
        }
    }
}
