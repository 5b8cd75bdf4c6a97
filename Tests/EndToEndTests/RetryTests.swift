import Foundation
import Testing

extension EndToEnd {
    @Suite struct Retries {
        /// Requests pile up at a worker, so that many fail at once when it is killed.
        @Test func `A worker that is killed under load fails no idempotent request`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let load = try LoadGenerator(cluster, clients: 16)
            for victim in cluster.workers {
                try load.waitForMore(30)
                victim.process.send(SIGSTOP)
                try cluster.waitForStatus("requests pile up at the worker") {
                    ($0.worker(victim.id)?.inFlight ?? 0) >= 3
                }
                victim.process.end()
                try load.waitForMore(50)
                try victim.start()
                try cluster.waitUntilReady(3)
            }
            let tally = load.stop()
            #expect(tally.served > 0)
            #expect(tally.refused + tally.timedOut + tally.lost + tally.otherStatus == 0, "\(tally)")
            let metrics = try PrometheusText(cluster.admin("/metrics"))
            // Some of the requests in progress may have been answered just before.
            #expect(metrics.sum(of: "understudy_retries_total") >= 3)
            #expect(try #require(metrics.samples["understudy_worker_connections"]) >= 3)
            #expect(metrics.sum(of: "understudy_ejections_total") >= 1)
        }
    }
}
