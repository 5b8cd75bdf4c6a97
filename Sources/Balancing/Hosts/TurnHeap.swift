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
    func leader(excluding tried: TriedSlots, _ hosts: [HostRecord]) -> Leader? {
        guard tried.first != nil else {
            guard let first = entries.first else { return nil }
            let outstanding = HostRecord.outstanding(of: first.rank)
            return Leader(index: first.index, outstanding: outstanding, ties: Int(counts[outstanding]))
        }
        guard let place = first(at: 0, excluding: tried, hosts) else { return nil }
        let outstanding = HostRecord.outstanding(of: entries[place].rank)
        var ties = Int(counts[outstanding])
        for case let slot? in [tried.first, tried.second, tried.third]
        where contains(slot, hosts) && Int(hosts[Int(slot.index)].outstanding) == outstanding { ties -= 1 }
        return Leader(index: entries[place].index, outstanding: outstanding, ties: ties)
    }

    /// The place of the lowest rank outside `tried`, from this place downwards. Only tried entries make the method
    /// descend, so it descends at most three levels.
    private func first(at place: Int, excluding tried: TriedSlots, _ hosts: [HostRecord]) -> Int? {
        guard place < entries.count else { return nil }
        let index = entries[place].index
        guard tried.contains(Slot(index: index, generation: hosts[Int(index)].generation)) else { return place }
        var best: Int?
        for child in (TurnHeap.children * place + 1)...(TurnHeap.children * place + TurnHeap.children) {
            guard let found = first(at: child, excluding: tried, hosts) else { continue }
            if let previous = best, entries[previous].rank <= entries[found].rank { continue }
            best = found
        }
        return best
    }

    private func contains(_ slot: Slot, _ hosts: [HostRecord]) -> Bool {
        let index = Int(slot.index)
        guard hosts.indices.contains(index), hosts[index].generation == slot.generation else { return false }
        let position = Int(hosts[index].position)
        return position < entries.count && entries[position].index == slot.index
    }

    // MARK: Changes

    /// Adds one request to a member.
    mutating func raise(_ index: Int32, turn: UInt64, _ hosts: inout [HostRecord]) {
        hosts[Int(index)].raise(turn)
        let host = hosts[Int(index)]
        let outstanding = Int(host.outstanding)
        if counts.count <= outstanding { counts.append(0) }
        counts[outstanding - 1] -= 1
        counts[outstanding] += 1
        entries[Int(host.position)].rank = host.rank
        sink(from: Int(host.position), &hosts)
    }

    /// Removes one request from a member that has at least one.
    mutating func lower(_ index: Int32, _ hosts: inout [HostRecord]) {
        hosts[Int(index)].outstanding -= 1
        let host = hosts[Int(index)]
        let outstanding = Int(host.outstanding)
        counts[outstanding + 1] -= 1
        counts[outstanding] += 1
        entries[Int(host.position)].rank = host.rank
        lift(from: Int(host.position), &hosts)
    }

    /// Moves a member that has a new turn, without a request.
    mutating func renew(_ index: Int32, _ hosts: inout [HostRecord]) {
        let host = hosts[Int(index)]
        entries[Int(host.position)].rank = host.rank
        sink(from: Int(host.position), &hosts)
    }

    mutating func insert(_ index: Int32, _ hosts: inout [HostRecord]) {
        let outstanding = Int(hosts[Int(index)].outstanding)
        while counts.count <= outstanding { counts.append(0) }
        counts[outstanding] += 1
        let place = entries.count
        entries.append(Entry(rank: hosts[Int(index)].rank, index: index))
        hosts[Int(index)].position = Int32(place)
        lift(from: place, &hosts)
    }

    /// Removes a member. The last entry takes its place, and moves from there.
    mutating func remove(_ index: Int32, _ hosts: inout [HostRecord]) {
        let host = hosts[Int(index)]
        counts[Int(host.outstanding)] -= 1
        let last = entries.removeLast()
        guard last.index != index else { return }
        let place = Int(host.position)
        put(last, at: place, &hosts)
        if last.rank < host.rank { lift(from: place, &hosts) } else { sink(from: place, &hosts) }
    }

    // MARK: The heap

    /// Moves the entry at `start` upwards, as far as its rank demands.
    private mutating func lift(from start: Int, _ hosts: inout [HostRecord]) {
        let entry = entries[start]
        var place = start
        while place > 0 {
            let parent = (place - 1) / TurnHeap.children
            guard entry.rank < entries[parent].rank else { break }
            put(entries[parent], at: place, &hosts)
            place = parent
        }
        if place != start { put(entry, at: place, &hosts) }
    }

    /// Moves the entry at `start` downwards, as far as its rank demands.
    private mutating func sink(from start: Int, _ hosts: inout [HostRecord]) {
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
            put(entries[least], at: place, &hosts)
            place = least
        }
        if place != start { put(entry, at: place, &hosts) }
    }

    private mutating func put(_ entry: Entry, at place: Int, _ hosts: inout [HostRecord]) {
        entries[place] = entry
        hosts[Int(entry.index)].position = Int32(place)
    }
}
