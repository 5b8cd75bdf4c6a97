/// Slots sorted by load, the outstanding requests relative to capacity. Each capacity class has a `TurnHeap`.
///
/// Within a class, the slot with the fewest outstanding requests has the least load. Then the least loads of the
/// classes are compared. The cost is one step for each class in use.
///
/// Between classes of equal least load, smooth weighted round robin decides. With every choice, each of them earns the
/// total capacity of its least loaded slots. The class with the highest balance is next, and it pays the sum of all
/// earnings.
struct LoadIndex: Sendable {
    /// The slots with the least load.
    struct LeastLoaded {
        let load: Load
        /// The total capacity of the slots.
        var weight: UInt32
        /// A bit set of their classes.
        fileprivate var classes: UInt64
        /// The leader of the first class.
        fileprivate let first: Int32
    }

    private var orders = [TurnHeap](repeating: TurnHeap(), count: CapacityClass.count)
    /// The balance of each class in the round robin.
    private var earned = [Int64](repeating: 0, count: CapacityClass.count)
    /// A bit set of the classes that have members.
    private var classes: UInt64 = 0
    /// The number of classes that have members.
    private(set) var classCount = 0
    private(set) var count = 0
    /// The total capacity of all members.
    private(set) var weight: UInt32 = 0

    /// The slots with the least load, without `tried`; nil if none is left.
    func least(excluding tried: TriedSlots, _ hosts: [HostRecord]) -> LeastLoaded? {
        var best: LeastLoaded?
        var rest = classes
        while rest != 0 {
            let number = rest.trailingZeroBitCount
            rest &= rest - 1
            guard let leader = orders[number].leader(excluding: tried, hosts) else { continue }
            let capacity = CapacityClass(number: number).capacity
            let load = Load(outstanding: UInt32(leader.outstanding), capacity: capacity)
            let weight = UInt32(leader.ties) * capacity
            if let previous = best, previous.load <= load {
                guard previous.load == load else { continue }
                best?.classes |= 1 << UInt64(number)
                best?.weight += weight
            } else {
                best = LeastLoaded(load: load, weight: weight, classes: 1 << UInt64(number), first: leader.index)
            }
        }
        return best
    }

    /// The next one of the slots that `least` has returned for the same `tried`.
    mutating func choose(from leaders: LeastLoaded, excluding tried: TriedSlots, _ hosts: [HostRecord]) -> Int32 {
        // One class: its leader. A power of two has one bit.
        if leaders.classes & (leaders.classes - 1) == 0 { return leaders.first }
        return chooseClass(from: leaders, excluding: tried, hosts)
    }

    private mutating func chooseClass(
        from leaders: LeastLoaded, excluding tried: TriedSlots, _ hosts: [HostRecord]
    ) -> Int32 {
        var chosen = leaders.first
        var best = leaders.classes.trailingZeroBitCount
        var rest = leaders.classes
        while rest != 0 {
            let number = rest.trailingZeroBitCount
            rest &= rest - 1
            guard let leader = orders[number].leader(excluding: tried, hosts) else { continue }
            earned[number] &+= Int64(leader.ties) * Int64(CapacityClass(number: number).capacity)
            guard earned[number] > earned[best] else { continue }
            best = number
            chosen = leader.index
        }
        earned[best] &-= Int64(leaders.weight)
        return chosen
    }

    /// The member that covers `place`, which is 0 to `weight - 1`. Each member covers as many places as its capacity.
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

    /// Adds one request to a member.
    mutating func raise(_ index: Int32, turn: UInt64, _ hosts: inout [HostRecord]) {
        orders[Int(hosts[Int(index)].capacityClass.number)].raise(index, turn: turn, &hosts)
    }

    /// Removes one request from a member that has at least one.
    mutating func lower(_ index: Int32, _ hosts: inout [HostRecord]) {
        orders[Int(hosts[Int(index)].capacityClass.number)].lower(index, &hosts)
    }

    /// Moves a member that has a new turn.
    mutating func renew(_ index: Int32, _ hosts: inout [HostRecord]) {
        orders[Int(hosts[Int(index)].capacityClass.number)].renew(index, &hosts)
    }

    mutating func insert(_ index: Int32, _ hosts: inout [HostRecord]) {
        let number = Int(hosts[Int(index)].capacityClass.number)
        orders[number].insert(index, &hosts)
        if orders[number].count == 1 {
            classes |= 1 << UInt64(number)
            classCount += 1
        }
        count += 1
        weight += CapacityClass(number: number).capacity
    }

    mutating func remove(_ index: Int32, _ hosts: inout [HostRecord]) {
        let number = Int(hosts[Int(index)].capacityClass.number)
        orders[number].remove(index, &hosts)
        if orders[number].count == 0 {
            classes &= ~(1 << UInt64(number))
            classCount -= 1
            earned[number] = 0
        }
        count -= 1
        weight -= CapacityClass(number: number).capacity
    }
}
