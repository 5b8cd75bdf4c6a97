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
        var random = SeededGenerator(seed: seed)
        var table = HostTable(seed: seed)
        var model = TableModel()
        var held: [Slot] = []
        func offer() -> HostShare {
            HostShare(
                capacity: capacities[Int(random.below(UInt32(capacities.count)))],
                maximumRequests: limits[Int(random.below(UInt32(limits.count)))])
        }
        for step in 0..<500 {
            switch random.below(100) {
            case 0..<6 where model.workers.count < 12:
                let isRoutable = random.below(5) > 0
                let offer = offer()
                let slot = table.insert(offer, isRoutable: isRoutable)
                #expect(
                    !model.workers.contains { $0.slot == slot }, "seed \(seed) step \(step): a slot in use given out")
                model.workers.append(TableModel.Worker(slot: slot, offer, isRoutable: isRoutable))
            case 6..<9:
                guard let slot = pick(model, &random) else { continue }
                table.remove(slot)
                model.remove(slot)
            case 9..<16:
                guard let slot = pick(model, &random) else { continue }
                let isRoutable = random.below(3) > 0
                let offer = offer()
                table.update(slot, offer, isRoutable: isRoutable)
                model.update(slot, offer, isRoutable: isRoutable)
            case 16..<62:
                var tried = TriedSlots()
                for _ in 0..<random.below(4) {
                    if let slot = pick(model, &random) { tried.insert(slot) }
                }
                let allowed = model.allowed(excluding: tried)
                let slot = table.acquire(excluding: tried)
                if let slot {
                    #expect(allowed.contains(slot), "seed \(seed) step \(step): not one of the least")
                    #expect(
                        model.nextInTurn(allowed, like: slot).contains(slot),
                        "seed \(seed) step \(step): an equal got a request longer ago")
                    model.change(slot, by: 1)
                    held.append(slot)
                } else {
                    #expect(
                        allowed.isEmpty, "seed \(seed) step \(step): nobody chosen though \(allowed.count) could be")
                }
            default:
                guard !held.isEmpty else { continue }
                let slot = held.remove(at: Int(random.below(UInt32(held.count))))
                table.release(slot)
                model.change(slot, by: -1)
            }
            for worker in model.workers {
                #expect(table.outstanding(of: worker.slot) == worker.outstanding, "seed \(seed) step \(step)")
            }
            #expect(table.routableCount == model.routableCount, "seed \(seed) step \(step)")
            #expect(table.openCount == model.open.count, "seed \(seed) step \(step)")
            #expect(table.totalOutstanding == model.totalOutstanding, "seed \(seed) step \(step)")
        }
    }

    private func pick(_ model: TableModel, _ random: inout SeededGenerator) -> Slot? {
        model.workers.isEmpty ? nil : model.workers[Int(random.below(UInt32(model.workers.count)))].slot
    }
}
