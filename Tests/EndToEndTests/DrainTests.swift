import Foundation
import Testing

extension EndToEnd {
    /// A planned stop loses no request.
    @Suite struct Drain {
        @Test func `A worker finishes its requests after SIGTERM and leaves, and no request fails`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let load = try LoadGenerator(cluster)
            let slow = try (0..<3).map { _ in try cluster.startSlowRequest(milliseconds: 3000) }
            try cluster.waitForStatus("each worker has a slow request") { $0.inFlight.allSatisfy { $0 >= 1 } }
            let leaving = cluster.workers[1]
            leaving.process.send(SIGTERM)
            try cluster.waitForStatus("the worker drains or has left") { $0.state(of: leaving.id) != "ready" }
            try load.waitForMore(40)
            for request in slow {
                let response = request.finish()
                #expect(response.isOK && response.text == "cba", "\(response)")
            }
            #expect(leaving.process.wait() == 0)
            try cluster.waitForStatus("the worker has left") { $0.state(of: leaving.id) == nil }
            try load.waitForMore(20)
            let tally = load.stop()
            #expect(tally.refused + tally.timedOut + tally.lost + tally.otherStatus == 0, "\(tally)")
        }

        @Test func `A balancer finishes its requests after SIGTERM while its successor serves`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let slow = try cluster.startSlowRequest(milliseconds: 3000)
            try cluster.waitForStatus("the slow request is in progress") { $0.inFlight.reduce(0, +) == 1 }
            cluster.balancer?.send(SIGTERM)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            #expect(slow.isRunning)
            #expect(try cluster.curl("/").isOK)
            let response = slow.finish()
            #expect(response.isOK && response.text == "cba", "\(response)")
            #expect(cluster.balancer?.wait() == 0)
        }

        @Test func `When all workers have stopped, the balancer stops too, and no process is left`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            for worker in cluster.workers { worker.process.send(SIGTERM) }
            for worker in cluster.workers { #expect(worker.process.wait() == 0) }
            try cluster.waitForStatus("no worker is left") { $0.workers.isEmpty }
            cluster.balancer?.send(SIGTERM)
            #expect(cluster.balancer?.wait() == 0)
            try waitUntil("no process of the cluster is left") {
                ProcessTable.withArgument(containing: cluster.folder).isEmpty
            }
        }
    }
}
