/// Slots sorted by load, outstanding requests in relation to capacity: a `BucketOrder` for each class of capacity.
///
/// Within a class the fewest outstanding is the least load; between classes the leaders are compared. The cost is one
/// step for each class in use.
struct LoadOrder: Sendable {
    /// Those with the least load: a tie in one class, chosen among the classes that lead.
    struct Leader {
        fileprivate let tie: BucketTie
        fileprivate let number: Int
        let load: Load
        /// The capacity of all that lead.
        var weight: UInt32
    }

    private var orders = [BucketOrder](repeating: BucketOrder(), count: CapacityClass.count)
    /// One bit for each class that has members.
    private(set) var classes: UInt64 = 0
    private(set) var count = 0
    /// The capacity of all members.
    private(set) var weight: UInt32 = 0

    /// Those with the least load, without the tried; nil when nobody is left. Between classes with equal loads one is
    /// drawn, in proportion to their capacity.
    func least(
        excluding tried: TriedSlots, _ nodes: [OutstandingNode], _ generator: inout SeededGenerator
    ) -> Leader? {
        var best: Leader?
        var rest = classes
        while rest != 0 {
            let number = rest.trailingZeroBitCount
            rest &= rest - 1
            guard let tie = orders[number].least(excluding: tried, nodes) else { continue }
            let capacity = CapacityClass(number: number).capacity
            let load = Load(outstanding: UInt32(tie.outstanding), capacity: capacity)
            let weight = UInt32(tie.count) * capacity
            let leader = Leader(tie: tie, number: number, load: load, weight: weight)
            guard let previous = best, previous.load <= load else {
                best = leader
                continue
            }
            guard previous.load == load else { continue }
            let sum = previous.weight + weight
            if generator.below(sum) < weight { best = leader }
            best?.weight = sum
        }
        return best
    }

    /// One of those that lead, drawn at random.
    func draw(from leader: Leader, _ generator: inout SeededGenerator) -> Int32 {
        orders[leader.number].member(at: leader.tie.draw(&generator))
    }

    /// The member at `place` of 0 to `weight - 1`, where each member has as many places as capacity.
    func member(at place: UInt32) -> Int32? {
        var left = place
        var rest = classes
        while rest != 0 {
            let number = rest.trailingZeroBitCount
            rest &= rest - 1
            let capacity = CapacityClass(number: number).capacity
            let places = UInt32(orders[number].count) * capacity
            if left < places { return orders[number].member(at: Int(left / capacity)) }
            left -= places
        }
        return nil
    }

    /// One more request on a member.
    mutating func raise(_ index: Int32, _ nodes: inout [OutstandingNode]) {
        orders[Int(nodes[Int(index)].capacityClass.number)].raise(index, &nodes)
    }

    /// One request less on a member that has at least one.
    mutating func lower(_ index: Int32, _ nodes: inout [OutstandingNode]) {
        orders[Int(nodes[Int(index)].capacityClass.number)].lower(index, &nodes)
    }

    mutating func insert(_ index: Int32, _ nodes: inout [OutstandingNode]) {
        let number = Int(nodes[Int(index)].capacityClass.number)
        orders[number].insert(index, &nodes)
        classes |= 1 << UInt64(number)
        count += 1
        weight += CapacityClass(number: number).capacity
    }

    mutating func remove(_ index: Int32, _ nodes: inout [OutstandingNode]) {
        let number = Int(nodes[Int(index)].capacityClass.number)
        orders[number].remove(index, &nodes)
        if orders[number].count == 0 { classes &= ~(1 << UInt64(number)) }
        count -= 1
        weight -= CapacityClass(number: number).capacity
    }
}
