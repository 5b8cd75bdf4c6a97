import Cluster

/// The table as one would write it without a thought of cost: a list that is searched.
struct TableModel {
    struct Worker {
        var slot: Slot
        var capacity: Int
        var limit: Int
        var outstanding = 0
        var isRoutable: Bool
        var isRemoved = false

        init(slot: Slot, _ offer: WorkerOffer, isRoutable: Bool) {
            self.slot = slot
            self.isRoutable = isRoutable
            (capacity, limit) = (offer.capacity, offer.limit)
        }

        /// Exact: the capacities of the tests are powers of two and three times those.
        var load: Double { 3 * Double(outstanding) / Double(capacity) }
    }

    var workers: [Worker] = []

    /// The workers that the law allows for the next request.
    func allowed(excluding tried: TriedSlots) -> [Slot] {
        let candidates = open.filter { !tried.contains($0.slot) }
        guard let least = candidates.map(\.load).min() else { return [] }
        return candidates.filter { $0.load == least }.map(\.slot)
    }

    /// The workers that would take another request.
    var open: [Worker] { workers.filter { $0.isRoutable && !$0.isRemoved && $0.outstanding < $0.limit } }

    var routableCount: Int { workers.count { $0.isRoutable && !$0.isRemoved } }
    var totalOutstanding: Int { workers.reduce(0) { $0 + $1.outstanding } }

    mutating func change(_ slot: Slot, by step: Int) {
        guard let position = workers.firstIndex(where: { $0.slot == slot }) else { return }
        workers[position].outstanding += step
        if workers[position].isRemoved, workers[position].outstanding == 0 { workers.remove(at: position) }
    }

    mutating func update(_ slot: Slot, _ offer: WorkerOffer, isRoutable: Bool) {
        guard let position = workers.firstIndex(where: { $0.slot == slot }), !workers[position].isRemoved else {
            return
        }
        workers[position].isRoutable = isRoutable
        (workers[position].capacity, workers[position].limit) = (offer.capacity, offer.limit)
    }

    mutating func remove(_ slot: Slot) {
        guard let position = workers.firstIndex(where: { $0.slot == slot }) else { return }
        workers[position].isRemoved = true
        if workers[position].outstanding == 0 { workers.remove(at: position) }
    }
}
