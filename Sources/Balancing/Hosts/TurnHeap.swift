/// A heap of slots, its members, by their rank (`HostRecord.rank`). Fewer outstanding requests come first, then the
/// longer time since the last request. Finding the first slot takes constant time.
///
/// `entries` is the heap. Each entry has up to four children, and none of them has a lower rank. To add or remove a
/// request moves one entry over a few levels: at most one level for three members, seven for ten thousand.
///
/// `counts[k]` is the number of members with k outstanding requests. It extends to the highest count that a member has
/// had, at most `HostTable.maximumOutstanding`.
struct TurnHeap: Sendable {
    /// The first member outside a request's tried slots.
    struct Leader {
        let index: Int32
        let outstanding: Int
        /// The number of members outside the tried slots with as few outstanding requests, the leader included.
        let ties: Int
    }

    private struct Entry: Sendable {
        var rank: UInt64
        let index: Int32
    }

    private static let children = 4

    private var entries: [Entry] = []
    private var counts: [Int32] = [0]

    var count: Int { entries.count }

    /// The member at a position of the heap, for a random choice among all members.
    func member(at position: Int) -> Int32 { entries[position].index }

    // MARK: The first

    /// The leader of the members outside `tried`; nil if no member is left.
    func leader(excluding tried: TriedSlots, _ nodes: [HostRecord]) -> Leader? {
        guard tried.first != nil else {
            guard let first = entries.first else { return nil }
            let outstanding = HostRecord.outstanding(of: first.rank)
            return Leader(index: first.index, outstanding: outstanding, ties: Int(counts[outstanding]))
        }
        guard let place = first(at: 0, excluding: tried, nodes) else { return nil }
        let outstanding = HostRecord.outstanding(of: entries[place].rank)
        var ties = Int(counts[outstanding])
        for case let slot? in [tried.first, tried.second, tried.third]
        where contains(slot, nodes) && Int(nodes[Int(slot.index)].outstanding) == outstanding { ties -= 1 }
        return Leader(index: entries[place].index, outstanding: outstanding, ties: ties)
    }

    /// The place of the lowest rank outside `tried`, from this place downwards. Only tried entries make the method
    /// descend, so it descends at most three levels.
    private func first(at place: Int, excluding tried: TriedSlots, _ nodes: [HostRecord]) -> Int? {
        guard place < entries.count else { return nil }
        let index = entries[place].index
        guard tried.contains(Slot(index: index, generation: nodes[Int(index)].generation)) else { return place }
        var best: Int?
        for child in (TurnHeap.children * place + 1)...(TurnHeap.children * place + TurnHeap.children) {
            guard let found = first(at: child, excluding: tried, nodes) else { continue }
            if let previous = best, entries[previous].rank <= entries[found].rank { continue }
            best = found
        }
        return best
    }

    private func contains(_ slot: Slot, _ nodes: [HostRecord]) -> Bool {
        let index = Int(slot.index)
        guard nodes.indices.contains(index), nodes[index].generation == slot.generation else { return false }
        let position = Int(nodes[index].position)
        return position < entries.count && entries[position].index == slot.index
    }

    // MARK: Changes

    /// Adds one request to a member.
    mutating func raise(_ index: Int32, turn: UInt64, _ nodes: inout [HostRecord]) {
        nodes[Int(index)].raise(turn)
        let node = nodes[Int(index)]
        let outstanding = Int(node.outstanding)
        if counts.count <= outstanding { counts.append(0) }
        counts[outstanding - 1] -= 1
        counts[outstanding] += 1
        entries[Int(node.position)].rank = node.rank
        sink(from: Int(node.position), &nodes)
    }

    /// Removes one request from a member that has at least one.
    mutating func lower(_ index: Int32, _ nodes: inout [HostRecord]) {
        nodes[Int(index)].outstanding -= 1
        let node = nodes[Int(index)]
        let outstanding = Int(node.outstanding)
        counts[outstanding + 1] -= 1
        counts[outstanding] += 1
        entries[Int(node.position)].rank = node.rank
        lift(from: Int(node.position), &nodes)
    }

    /// Moves a member that has a new turn, without a request.
    mutating func renew(_ index: Int32, _ nodes: inout [HostRecord]) {
        let node = nodes[Int(index)]
        entries[Int(node.position)].rank = node.rank
        sink(from: Int(node.position), &nodes)
    }

    mutating func insert(_ index: Int32, _ nodes: inout [HostRecord]) {
        let outstanding = Int(nodes[Int(index)].outstanding)
        while counts.count <= outstanding { counts.append(0) }
        counts[outstanding] += 1
        let place = entries.count
        entries.append(Entry(rank: nodes[Int(index)].rank, index: index))
        nodes[Int(index)].position = Int32(place)
        lift(from: place, &nodes)
    }

    /// Removes a member. The last entry takes its place, and moves from there.
    mutating func remove(_ index: Int32, _ nodes: inout [HostRecord]) {
        let node = nodes[Int(index)]
        counts[Int(node.outstanding)] -= 1
        let last = entries.removeLast()
        guard last.index != index else { return }
        let place = Int(node.position)
        put(last, at: place, &nodes)
        if last.rank < node.rank { lift(from: place, &nodes) } else { sink(from: place, &nodes) }
    }

    // MARK: The heap

    /// Moves the entry at `start` upwards, as far as its rank demands.
    private mutating func lift(from start: Int, _ nodes: inout [HostRecord]) {
        let entry = entries[start]
        var place = start
        while place > 0 {
            let parent = (place - 1) / TurnHeap.children
            guard entry.rank < entries[parent].rank else { break }
            put(entries[parent], at: place, &nodes)
            place = parent
        }
        if place != start { put(entry, at: place, &nodes) }
    }

    /// Moves the entry at `start` downwards, as far as its rank demands.
    private mutating func sink(from start: Int, _ nodes: inout [HostRecord]) {
        let entry = entries[start]
        var place = start
        while true {
            let first = TurnHeap.children * place + 1
            guard first < entries.count else { break }
            var least = first
            var rank = entries[first].rank
            var child = first + 1
            let end = min(first + TurnHeap.children, entries.count)
            while child < end {
                let other = entries[child].rank
                if other < rank { (least, rank) = (child, other) }
                child += 1
            }
            guard rank < entry.rank else { break }
            put(entries[least], at: place, &nodes)
            place = least
        }
        if place != start { put(entry, at: place, &nodes) }
    }

    private mutating func put(_ entry: Entry, at place: Int, _ nodes: inout [HostRecord]) {
        entries[place] = entry
        nodes[Int(entry.index)].position = Int32(place)
    }
}
