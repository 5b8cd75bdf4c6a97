/// Weighted round robin: the workers take turns, each as often as its capacity says.
///
/// The open workers of one capacity class form a ring and take turns. Between the classes, smooth weighted round robin
/// decides. With every choice, each class earns the total capacity of its members. The class with the highest balance
/// is next, and it pays the sum of all earnings. After one round, every worker has been chosen exactly as often as its
/// capacity, and its turns are spread over the round.
struct RoundRobin: LoadBalancingPolicy {
    /// Most turns that one choice examines. The choice skips tried workers and may skip workers in slow start.
    private static let turns = 8

    private struct Ring: Sendable {
        /// The slot that has the next turn; without meaning if the ring is empty.
        var next: Int32 = -1
        var count: Int32 = 0
        var earned: Int64 = 0
    }

    private struct Link: Sendable {
        var before: Int32 = -1
        var after: Int32 = -1
    }

    private var rings = [Ring](repeating: Ring(), count: CapacityClass.count)
    /// A bit set of the rings that have members.
    private var classes: UInt64 = 0
    /// The ring links of each slot, by slot index.
    private var links: [Link] = []

    mutating func opened(_ index: Int32, _ capacityClass: CapacityClass) {
        let number = Int(capacityClass.number)
        while links.count <= Int(index) { links.append(Link()) }
        if rings[number].count == 0 {
            links[Int(index)] = Link(before: index, after: index)
            rings[number].next = index
            rings[number].earned = 0
            classes |= 1 << UInt64(number)
        } else {
            // The new slot comes last: directly before the slot that has the next turn.
            let after = rings[number].next
            let before = links[Int(after)].before
            links[Int(index)] = Link(before: before, after: after)
            links[Int(before)].after = index
            links[Int(after)].before = index
        }
        rings[number].count += 1
    }

    mutating func closed(_ index: Int32, _ capacityClass: CapacityClass) {
        let number = Int(capacityClass.number)
        let link = links[Int(index)]
        links[Int(link.before)].after = link.after
        links[Int(link.after)].before = link.before
        if rings[number].next == index { rings[number].next = link.after }
        rings[number].count -= 1
        if rings[number].count == 0 { classes &= ~(1 << UInt64(number)) }
    }

    mutating func choose(_ affinity: UInt64?, excluding tried: TriedSlots, _ loads: inout LoadTable) -> Int32? {
        for _ in 0..<Self.turns {
            guard let number = nextClass(&loads) else { return nil }
            let index = rings[number].next
            rings[number].next = links[Int(index)].after
            if loads.isOpen(index, besides: tried), loads.mayTake(index) { return index }
        }
        return nil
    }

    private mutating func nextClass(_ loads: inout LoadTable) -> Int? {
        var best: Int?
        var sum: Int64 = 0
        var rest = classes
        while rest != 0 {
            let number = rest.trailingZeroBitCount
            rest &= rest - 1
            loads.steps += 1
            let weight = Int64(rings[number].count) * Int64(CapacityClass(number: number).capacity)
            rings[number].earned += weight
            sum += weight
            if best.map({ rings[number].earned > rings[$0].earned }) ?? true { best = number }
        }
        if let best { rings[best].earned -= sum }
        return best
    }
}
