import Balancing

/// A model of the table without regard to cost: a list with linear search.
struct TableModel {
    struct Worker {
        var slot: Slot
        var capacity: Int
        var limit: Int
        var outstanding = 0
        /// The number of its last request among all requests; 0 before the first one.
        var turn = 0
        var isRoutable: Bool
        var isRemoved = false

        init(slot: Slot, _ offer: HostShare, isRoutable: Bool) {
            self.slot = slot
            self.isRoutable = isRoutable
            (capacity, limit) = (offer.capacity, offer.limit)
        }

        /// The load as an exact number: the tests' capacities are powers of two and three times those.
        var load: Double { 3 * Double(outstanding) / Double(capacity) }
    }

    var workers: [Worker] = []
    private var turns = 0

    /// The workers that the default policy permits for the next request.
    func allowed(excluding tried: TriedSlots) -> [Slot] {
        let candidates = open.filter { !tried.contains($0.slot) }
        guard let least = candidates.map(\.load).min() else { return [] }
        return candidates.filter { $0.load == least }.map(\.slot)
    }

    /// Of the permitted workers with this one's capacity, those that got a request longest ago. More than one of them
    /// has had none yet.
    func nextInTurn(_ allowed: [Slot], like slot: Slot) -> [Slot] {
        let capacity = workers.first { $0.slot == slot }?.capacity
        let equals = workers.filter { allowed.contains($0.slot) && $0.capacity == capacity }
        let oldest = equals.map(\.turn).min()
        return equals.filter { $0.turn == oldest }.map(\.slot)
    }

    /// The workers that accept another request.
    var open: [Worker] { workers.filter { $0.isRoutable && !$0.isRemoved && $0.outstanding < $0.limit } }

    var routableCount: Int { workers.count { $0.isRoutable && !$0.isRemoved } }
    var totalOutstanding: Int { workers.reduce(0) { $0 + $1.outstanding } }

    mutating func change(_ slot: Slot, by step: Int) {
        guard let position = workers.firstIndex(where: { $0.slot == slot }) else { return }
        workers[position].outstanding += step
        if step > 0 {
            turns += 1
            workers[position].turn = turns
        }
        if workers[position].isRemoved, workers[position].outstanding == 0 { workers.remove(at: position) }
    }

    mutating func update(_ slot: Slot, _ offer: HostShare, isRoutable: Bool) {
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
