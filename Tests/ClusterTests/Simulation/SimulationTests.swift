import Cluster
import Foundation
import Testing

/// Many histories of a cluster, each from one seed. `UNDERSTUDY_SIM_SEEDS` says how many (2,000 unless told);
/// `UNDERSTUDY_SIM_SEED` runs one alone, for the one that a failure has printed.
@Suite struct SimulationTests {
    private static let shards = 8

    @Test(arguments: 0..<shards)
    func everyHistoryEndsWell(shard: Int) {
        let environment = ProcessInfo.processInfo.environment
        let only = environment["UNDERSTUDY_SIM_SEED"].flatMap(UInt64.init)
        let count = environment["UNDERSTUDY_SIM_SEEDS"].flatMap(Int.init) ?? 2000
        let seeds = only.map { [$0] } ?? (0..<count).map(UInt64.init)
        for seed in seeds where Int(seed) % Self.shards == shard {
            let violations = Self.run(seed)
            for violation in violations { Issue.record("seed \(seed): \(violation)") }
            if !violations.isEmpty { return }
        }
    }

    /// The same seed is the same history: without that a printed seed would be worth nothing.
    @Test func aHistoryCanBeRepeated() {
        #expect(Self.world(5).steps == Self.world(5).steps)
    }

    /// Whether the histories go where the laws are needed.
    @Test func theHistoriesAreEventful() {
        var sum = Coverage()
        for seed in UInt64(0)..<100 { sum.add(Self.world(seed).coverage) }
        #expect(sum.takeovers > 100)
        #expect(sum.lostRaces > 20)
        #expect(sum.killedHolders > 10)
        #expect(sum.prevotes > 50)
        #expect(sum.objections > 5)
        #expect(sum.fencedRequests > 5)
        #expect(sum.stepDowns > 5)
        #expect(sum.refusedIntruders > 20)
        #expect(sum.slowestServiceMilliseconds < 5000)
    }

    private static func run(_ seed: UInt64) -> [String] {
        world(seed).violations
    }

    private static func world(_ seed: UInt64) -> World {
        var random = SeededGenerator(seed: seed)
        let world = World(seed: seed, memberCount: 1 + Int(random.below(5)), isLease: random.below(4) == 0)
        world.run(faultMilliseconds: 3000, recoveryMilliseconds: 15_000)
        return world
    }
}
