import Balancing
import Cluster
import Testing

/// A table and its model, which take the same random steps.
struct TableTrial {
    let seed: UInt64
    var step = 0
    var random: SeededGenerator
    var table: HostTable
    private(set) var model = TableModel()
    /// The slots of the requests in progress.
    private var held: [Slot] = []

    init(seed: UInt64, _ table: HostTable) {
        self.seed = seed
        self.table = table
        random = SeededGenerator(seed: seed)
    }

    /// Names the present step in a failure.
    private func because(_ reason: String = "the table and the model differ") -> Comment {
        "seed \(seed) step \(step): \(reason)"
    }

    /// A random worker; nil if there is none.
    mutating func pick() -> Slot? {
        model.workers.isEmpty ? nil : model.workers[Int(random.below(UInt32(model.workers.count)))].slot
    }

    /// Up to three random workers.
    mutating func tried() -> TriedSlots {
        var tried = TriedSlots()
        for _ in 0..<random.below(4) {
            if let slot = pick() { tried.insert(slot) }
        }
        return tried
    }

    mutating func insert(_ offer: HostShare, isRoutable: Bool, slowStartBegan: Instant? = nil) {
        let slot = table.insert(offer, isRoutable: isRoutable, slowStartBegan: slowStartBegan)
        #expect(!model.workers.contains { $0.slot == slot }, because("a slot in use given out"))
        model.workers.append(TableModel.Worker(slot: slot, offer, isRoutable: isRoutable))
    }

    mutating func update(_ slot: Slot, _ offer: HostShare, isRoutable: Bool, slowStartBegan: Instant? = nil) {
        table.update(slot, offer, isRoutable: isRoutable, slowStartBegan: slowStartBegan)
        model.update(slot, offer, isRoutable: isRoutable)
    }

    mutating func removeOne() {
        guard let slot = pick() else { return }
        table.remove(slot)
        model.remove(slot)
    }

    /// The table has chosen a worker for a request, or none. The model permits the workers in `allowed`.
    mutating func acquired(_ slot: Slot?, of allowed: [Slot]) {
        if let slot {
            #expect(allowed.contains(slot), because("the choice is not permitted"))
            model.change(slot, by: 1)
            held.append(slot)
        } else {
            #expect(allowed.isEmpty, because("nobody chosen though \(allowed.count) could be"))
        }
    }

    /// A random request ends.
    mutating func releaseOne() {
        guard !held.isEmpty else { return }
        let slot = held.remove(at: Int(random.below(UInt32(held.count))))
        table.release(slot)
        model.change(slot, by: -1)
    }

    func check() {
        for worker in model.workers {
            #expect(table.outstanding(of: worker.slot) == worker.outstanding, because())
        }
        #expect(table.routableCount == model.routableCount, because())
        #expect(table.openCount == model.open.count, because())
        #expect(table.totalOutstanding == model.totalOutstanding, because())
    }
}
