import Foundation
import Testing

extension EndToEnd {
    /// Workers with a limit of requests.
    @Suite struct Queue {
        private func cluster(workers: Int, maximumRequests: Int, _ more: String...) throws -> TestCluster {
            var options = TestCluster.Options()
            options.workers = workers
            // All loops share one queue.
            options.balancerArguments = ["--threads", "2"] + more
            options.workerArguments = ["--max-requests", "\(maximumRequests)"]
            return try TestCluster(options)
        }

        @Test func `A worker gets no more requests than its limit, and the next one when one ends`() throws {
            let cluster = try cluster(workers: 2, maximumRequests: 1, "--queue-timeout", "60s")
            defer { cluster.tearDown() }
            var requests = try (0..<2).map { _ in try cluster.startSlowRequest(milliseconds: 3000) }
            try cluster.waitForStatus("both workers are busy") { $0.inFlight == [1, 1] }
            requests += try (0..<4).map { _ in try cluster.startSlowRequest(milliseconds: 1) }
            try waitUntil("all requests have been answered") {
                let inFlight = try cluster.status().inFlight
                #expect(inFlight.allSatisfy { $0 <= 1 })
                return requests.allSatisfy { !$0.isRunning }
            }
            for request in requests {
                let response = request.finish()
                #expect(response.isOK && response.text == "cba", "\(response)")
            }
            let metrics = try PrometheusText(cluster.admin("/metrics"))
            // The machine may be too slow to start all of them in time.
            #expect(try #require(metrics.samples["understudy_queued_total"]) >= 1)
            #expect(metrics.samples["understudy_queue_length"] == 0)
        }

        @Test func `A request that waits too long for a busy worker gets 504`() throws {
            let cluster = try cluster(workers: 1, maximumRequests: 1)
            defer { cluster.tearDown() }
            let slow = try cluster.startSlowRequest(milliseconds: 5000)
            try cluster.waitForStatus("the worker is busy") { $0.inFlight == [1] }
            let response = try cluster.curl("/")
            #expect(response.status == 504)
            #expect(response.text == "{\"error\": \"no worker became free in time\"}\n")
            #expect(slow.finish().isOK)
            #expect(try cluster.curl("/").isOK)
        }
    }
}
