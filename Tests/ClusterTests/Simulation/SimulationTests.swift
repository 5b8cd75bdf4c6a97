import Simulation
import Testing

/// Some histories of the simulated cluster, in every test run. `scripts/simulate` runs many more in an optimized build.
@Suite struct SimulationTests {
    @Test(arguments: 0..<4)
    func everyInvariantHoldsAfterEveryEvent(shard: UInt64) {
        for seed in shard * 5..<(shard + 1) * 5 {
            for violation in Simulation.run(seed: seed).violations { Issue.record("seed \(seed): \(violation)") }
        }
    }

    @Test func everyInvariantHoldsOnManyHosts() {
        for seed in 0..<40 as Range<UInt64> {
            for violation in Simulation.run(.manyHosts, seed: seed).violations {
                Issue.record("seed \(seed): \(violation)")
            }
        }
    }

    /// The same seed gives the same history. Otherwise a printed seed would be useless.
    @Test(arguments: [UInt64(2), 5, 8], Simulation.Kind.allCases)
    func aHistoryCanBeReplayed(seed: UInt64, kind: Simulation.Kind) {
        var first: [String] = []
        var second: [String] = []
        _ = Simulation.run(kind, seed: seed) { first.append($0) }
        _ = Simulation.run(kind, seed: seed) { second.append($0) }
        #expect(first.count > 20)
        #expect(first == second)
    }
}
