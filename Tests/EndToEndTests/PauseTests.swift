import Foundation
import Testing

extension EndToEnd {
    /// An operator holds new requests.
    @Suite struct Pauses {
        private func run(_ arguments: [String], on cluster: TestCluster) throws -> CommandResult {
            try Command.run(TestCluster.balancerProgram, arguments + ["--state-dir", cluster.stateDirectory])
        }

        /// The options of a cluster whose requests wait for this time.
        private func options(queueTimeout: String) -> TestCluster.Options {
            var options = TestCluster.Options(workers: 2)
            options.balancerArguments = ["--threads", "2", "--queue-timeout", queueTimeout]
            return options
        }

        @Test func `A pause holds new requests through a takeover, and running ones finish`() throws {
            let cluster = try TestCluster(options(queueTimeout: "5m"))
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let running = try cluster.startSlowRequest(milliseconds: 2000)
            try cluster.waitForStatus("the request is in progress") { $0.inFlight.reduce(0, +) == 1 }
            let paused = try run(["pause", "--for", "1h"], on: cluster)
            #expect(paused.status == 0 && paused.text.hasPrefix("new requests are paused, 3600 s left, "), "\(paused)")
            let lost = try (0..<3).map { _ in try cluster.startCurl("/") }
            try cluster.waitForStatus("they wait") { $0.pause?.waiting == 3 }
            let finished = running.finish()
            #expect(finished.isOK && finished.text == "cba", "\(finished)")
            #expect(lost.allSatisfy { $0.isRunning })
            let metrics = try PrometheusText(cluster.admin("/metrics")).samples
            #expect(metrics["understudy_paused"] == 1 && metrics["understudy_queue_length"] == 3, "\(metrics)")
            #expect(try run(["status"], on: cluster).text.contains("new requests are paused, "))

            // The balancer dies, and takes the waiting requests along. The successor holds new ones.
            kill(try cluster.status().pid, SIGKILL)
            let after = try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 2 }
            let rest = try #require(after.pause?.remainingMilliseconds)
            #expect((1...3_600_000).contains(rest), "\(rest)")
            let held = try cluster.startCurl("/")
            try cluster.waitForStatus("it waits") { $0.pause?.waiting == 1 && $0.readyCount == 2 }
            #expect(held.isRunning)
            let resumed = try run(["resume"], on: cluster)
            #expect(resumed.status == 0 && resumed.text == "new requests get workers again\n", "\(resumed)")
            #expect(held.finish().isOK)
            #expect(try cluster.curl("/").isOK)
            #expect(try cluster.status().pause == nil)
            #expect(try PrometheusText(cluster.admin("/metrics")).samples["understudy_paused"] == 0)
            let again = try run(["resume", "--json"], on: cluster)
            #expect(again.status == 0 && again.text == #"{"changed":false,"stored":true}"# + "\n", "\(again)")
            for request in lost { _ = request.finish() }
        }

        @Test func `A held request gets 503 when its time in the queue is over, and a pause ends after its time`()
            throws
        {
            let cluster = try TestCluster(options(queueTimeout: "200ms"))
            defer { cluster.tearDown() }
            #expect(try run(["pause", "--json"], on: cluster).text.contains(#""pause":{"waiting":0}"#))
            let refused = try cluster.curl("/")
            #expect(
                refused.status == 503 && refused.text == "{\"error\": \"requests are paused; try again\"}\n",
                "\(refused)")
            #expect(refused.field("retry-after") == "1", "\(refused.head)")
            let short = try run(["pause", "--for", "1s"], on: cluster)
            #expect(short.status == 0, "\(short)")
            try cluster.waitForStatus("the pause is over") { $0.pause == nil }
            #expect(try cluster.curl("/").isOK)
            #expect(cluster.balancerLog.contains("the time of the pause is over"))
            for wrong in ["0", "25h", "soon", "-1s", ""] {
                let result = try run(["pause", "--for=\(wrong)"], on: cluster)
                #expect(result.status == 2 && result.errorLines.count == 1, "\(result)")
            }
        }
    }
}
