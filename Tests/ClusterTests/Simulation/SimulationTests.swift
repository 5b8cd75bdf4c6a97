import Simulation
import Testing

/// Some histories of the simulated cluster, in every test run. `scripts/simulate` runs many more, optimised.
@Suite struct SimulationTests {
    @Test(arguments: 0..<4)
    func everyInvariantHoldsAfterEveryEvent(shard: UInt64) {
        for seed in shard * 15..<(shard + 1) * 15 {
            for violation in Simulation.run(seed: seed).violations { Issue.record("seed \(seed): \(violation)") }
        }
    }

    /// The same seed is the same history: without that a printed seed would be worth nothing.
    @Test(arguments: [UInt64(3), 5, 8])
    func aHistoryCanBeReplayed(seed: UInt64) {
        var first: [String] = []
        var second: [String] = []
        _ = Simulation.run(seed: seed) { first.append($0) }
        _ = Simulation.run(seed: seed) { second.append($0) }
        #expect(first.count > 20)
        #expect(first == second)
    }

    /// Whether the histories go where the laws are needed.
    @Test func theHistoriesAreEventful() {
        var sum = Coverage()
        for seed in UInt64(1000)..<1040 { sum.add(Simulation.run(seed: seed).coverage) }
        let rare: Set<Coverage.Sight> = [.stepDown, .eviction]
        for sight in Coverage.Sight.allCases where !rare.contains(sight) { #expect(sum[sight] > 0, "\(sight)") }
        #expect(sum[.takeover] > 100)
        #expect(sum[.retry] > 20)
    }
}
