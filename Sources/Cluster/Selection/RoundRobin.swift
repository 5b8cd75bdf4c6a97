/// One worker after the other, each as often as its capacity says.
///
/// The open workers of one class of capacity stand in a ring and take turns. Between the classes goes the smooth weighted
/// rotation: each class earns the capacity of its members with every choice, the one that has earned most is next, and pays what
/// all have earned together. Over one round every worker has been chosen exactly capacity times, and not in a bunch.
struct RoundRobin: Chooser {
    /// Turns for one choice: those of the tried and of workers in slow start may pass.
    private static let turns = 8

    private struct Ring: Sendable {
        /// Whose turn is next; without meaning when the ring is empty.
        var next: Int32 = -1
        var count: Int32 = 0
        var earned: Int64 = 0
    }

    private struct Link: Sendable {
        var before: Int32 = -1
        var after: Int32 = -1
    }

    private var rings = [Ring](repeating: Ring(), count: CapacityClass.count)
    /// One bit for each ring that has members.
    private var classes: UInt64 = 0
    /// By slot index.
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
            // Behind all others: before the one whose turn is next.
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

    mutating func choose(_ affinity: UInt64?, excluding tried: TriedSlots, _ book: inout LoadBook) -> Int32? {
        for _ in 0..<Self.turns {
            guard let number = nextClass(&book) else { return nil }
            let index = rings[number].next
            rings[number].next = links[Int(index)].after
            if book.isOpen(index, besides: tried), book.isLucky(index) { return index }
        }
        return nil
    }

    private mutating func nextClass(_ book: inout LoadBook) -> Int? {
        var best: Int?
        var sum: Int64 = 0
        var rest = classes
        while rest != 0 {
            let number = rest.trailingZeroBitCount
            rest &= rest - 1
            book.steps += 1
            let weight = Int64(rings[number].count) * Int64(CapacityClass(number: number).capacity)
            rings[number].earned += weight
            sum += weight
            if best.map({ rings[number].earned > rings[$0].earned }) ?? true { best = number }
        }
        if let best { rings[best].earned -= sum }
        return best
    }
}
