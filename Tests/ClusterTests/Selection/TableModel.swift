import Cluster

/// The table as one would write it without a thought of cost: a list that is searched.
struct TableModel {
    struct Worker {
        var slot: Slot
        var outstanding = 0
        var isRoutable: Bool
        var isRemoved = false
    }

    var workers: [Worker] = []

    /// The workers that the law allows for the next request.
    func allowed(excluding tried: TriedSlots) -> [Slot] {
        let candidates = workers.filter { $0.isRoutable && !$0.isRemoved && !tried.contains($0.slot) }
        guard let least = candidates.map(\.outstanding).min() else { return [] }
        return candidates.filter { $0.outstanding == least }.map(\.slot)
    }

    var routableCount: Int { workers.count { $0.isRoutable && !$0.isRemoved } }
    var totalOutstanding: Int { workers.reduce(0) { $0 + $1.outstanding } }

    mutating func change(_ slot: Slot, by step: Int) {
        guard let position = workers.firstIndex(where: { $0.slot == slot }) else { return }
        workers[position].outstanding += step
        if workers[position].isRemoved, workers[position].outstanding == 0 { workers.remove(at: position) }
    }

    mutating func remove(_ slot: Slot) {
        guard let position = workers.firstIndex(where: { $0.slot == slot }) else { return }
        workers[position].isRemoved = true
        if workers[position].outstanding == 0 { workers.remove(at: position) }
    }
}
