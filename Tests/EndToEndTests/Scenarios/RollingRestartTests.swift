import Foundation
import Testing

extension Scenarios {
    @Suite struct RollingRestart {
        @Test func `Restarts of every node, round after round, fail no request`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            let outcome = try Scenario.run("rolling restart", on: cluster, rate: 40) { scenario in
                for round in 1...Rounds.count(long: 20) {
                    for worker in cluster.workers {
                        worker.process.send(SIGTERM)
                        #expect(worker.process.wait() == 0)
                        try worker.start()
                        try cluster.waitUntilReady(3)
                    }
                    let before = try cluster.status()
                    // The balancer stops in one of two orderly ways, in turn.
                    if round.isMultiple(of: 2) {
                        try cluster.replaceBalancer()
                    } else {
                        kill(before.pid, SIGTERM)
                    }
                    try cluster.waitForStatus("a successor reigns") { $0.epoch > before.epoch && $0.readyCount == 3 }
                }
                try scenario.load.waitForMore(10)
            }
            #expect(outcome.tally.failed == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
        }
    }
}
