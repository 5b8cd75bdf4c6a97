import Balancing
import Cluster
import Testing

/// Applies the same random operations to the table and to a simple model. The table and the model must agree after
/// every step.
@Suite struct HostTablePropertyTests {
    @Test(arguments: UInt64(0)..<200)
    func agreesWithTheModel(seed: UInt64) { live(seed: seed, capacities: [1], limits: [0]) }

    @Test(arguments: UInt64(0)..<200)
    func agreesWithTheModelWhenWorkersDifferInCapacity(seed: UInt64) {
        live(seed: seed, capacities: [1, 1, 2, 3, 4, 8, 64], limits: [0])
    }

    @Test(arguments: UInt64(0)..<200)
    func agreesWithTheModelWhenWorkersHaveLimits(seed: UInt64) {
        live(seed: seed, capacities: [1, 2], limits: [0, 1, 2, 5])
    }

    private func live(seed: UInt64, capacities: [Int], limits: [Int]) {
        var trial = TableTrial(seed: seed, HostTable(seed: seed))
        func offer() -> HostShare {
            HostShare(
                capacity: capacities[Int(trial.random.below(UInt32(capacities.count)))],
                maximumRequests: limits[Int(trial.random.below(UInt32(limits.count)))])
        }
        for step in 0..<500 {
            trial.step = step
            switch trial.random.below(100) {
            case 0..<6 where trial.model.workers.count < 12:
                let isRoutable = trial.random.below(5) > 0
                trial.insert(offer(), isRoutable: isRoutable)
            case 6..<9: trial.removeOne()
            case 9..<16:
                guard let slot = trial.pick() else { continue }
                let isRoutable = trial.random.below(3) > 0
                trial.update(slot, offer(), isRoutable: isRoutable)
            case 16..<62:
                let tried = trial.tried()
                let allowed = trial.model.allowed(excluding: tried)
                let slot = trial.table.acquire(excluding: tried)
                if let slot {
                    #expect(
                        trial.model.nextInTurn(allowed, like: slot).contains(slot),
                        "seed \(seed) step \(step): an equal got a request longer ago")
                }
                trial.acquired(slot, of: allowed)
            default: trial.releaseOne()
            }
            trial.check()
        }
    }
}
