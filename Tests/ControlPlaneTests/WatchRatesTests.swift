import Cluster
import Testing

@testable import ControlPlane

@Suite struct WatchRatesTests {
    private func report(_ counts: [(String, UInt64, UInt64)], epoch: UInt64 = 1, pid: Int32 = 7) -> StatusReport {
        StatusReport(
            role: "balancer", id: "balancer", epoch: epoch, pid: pid, uptimeSeconds: 1, version: "1",
            workers: counts.map {
                StatusReport.Worker(
                    id: $0.0, address: "127.0.0.1", port: 1, state: .ready, inFlight: 0, requestsTotal: $0.1,
                    failuresTotal: $0.2)
            })
    }

    @Test func ratesAreDifferencesOverTheTime() throws {
        let earlier = report([("a", 100, 3), ("b", 50, 0), ("gone", 9, 9)])
        let later = report([("a", 350, 4), ("b", 20, 0), ("new", 10, 1)])
        let rates = try #require(WatchRates(from: earlier, to: later, nanoseconds: 2_000_000_000))
        #expect(rates.workers["a"] == WatchRates.Rate(requests: 125, failures: 0.5))
        #expect(rates.workers["b"]?.requests == 10, "it has started anew")
        #expect(rates.workers["new"] == WatchRates.Rate(requests: 5, failures: 0.5))
        #expect(rates.workers.count == 3)
        #expect(rates.total == WatchRates.Rate(requests: 140, failures: 1))
    }

    @Test func aSuccessorCountsFromZero() {
        let earlier = report([("a", 100, 3)])
        #expect(WatchRates(from: earlier, to: report([("a", 101, 3)], epoch: 2), nanoseconds: 1_000_000_000) == nil)
        #expect(WatchRates(from: earlier, to: report([("a", 101, 3)], pid: 8), nanoseconds: 1_000_000_000) == nil)
        #expect(WatchRates(from: earlier, to: earlier, nanoseconds: 0) == nil)
    }
}
