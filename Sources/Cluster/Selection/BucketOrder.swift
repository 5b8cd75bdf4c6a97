/// Slots sorted by their number of outstanding requests, with constant cost for "the least", "one more" and "one less".
///
/// `order` lists the members; those with equal counts stand together, in any order, as a bucket. `starts[k]` is where
/// the bucket of count k begins, which is the number of members with fewer than k; the last element is the number of
/// all members. One more request on a member: swap it with the last of its bucket, and let the next bucket begin one
/// earlier. One less: swap it with the first, and let its bucket begin one later. Nothing else moves.
///
/// `starts` ends with the highest count that a member has. Putting a member in or taking it out costs one step for each
/// count from its own up to there; that happens when workers come and go and when one reaches its limit, and then the
/// member is itself near the top.
struct BucketOrder: Sendable {
    private var order: [Int32] = []
    private var starts: [Int32] = [0, 0]

    var count: Int { order.count }

    func member(at position: Int) -> Int32 { order[position] }

    /// Those with the fewest outstanding, without the tried; nil when nobody is left.
    func least(excluding tried: TriedSlots, _ nodes: [OutstandingNode]) -> BucketTie? {
        var low = 0
        // Each bucket that is passed over holds tried members only: there are at most three such.
        while low < order.count {
            let outstanding = Int(nodes[Int(order[low])].outstanding)
            let high = Int(starts[outstanding + 1])
            var tie = BucketTie(low: low, high: high, outstanding: outstanding)
            tie.skip(tried.first.flatMap { position(of: $0, nodes) })
            tie.skip(tried.second.flatMap { position(of: $0, nodes) })
            tie.skip(tried.third.flatMap { position(of: $0, nodes) })
            if tie.count > 0 { return tie }
            low = high
        }
        return nil
    }

    /// One more request on a member.
    mutating func raise(_ index: Int32, _ nodes: inout [OutstandingNode]) {
        let outstanding = Int(nodes[Int(index)].outstanding)
        grow(to: outstanding + 1)
        let last = starts[outstanding + 1] - 1
        move(index, to: last, &nodes)
        starts[outstanding + 1] = last
        nodes[Int(index)].outstanding += 1
    }

    /// One request less on a member that has at least one.
    mutating func lower(_ index: Int32, _ nodes: inout [OutstandingNode]) {
        let outstanding = Int(nodes[Int(index)].outstanding)
        let first = starts[outstanding]
        move(index, to: first, &nodes)
        starts[outstanding] = first + 1
        nodes[Int(index)].outstanding -= 1
        trim()
    }

    /// Puts a slot into the bucket of its count: each higher bucket gives its first place and takes one at its end.
    mutating func insert(_ index: Int32, _ nodes: inout [OutstandingNode]) {
        let outstanding = Int(nodes[Int(index)].outstanding)
        grow(to: outstanding)
        var hole = Int32(order.count)
        order.append(index)
        var bucket = starts.count - 2
        starts[bucket + 1] += 1
        while bucket > outstanding {
            let first = starts[bucket]
            if first != hole { place(order[Int(first)], at: hole, &nodes) }
            starts[bucket] += 1
            hole = first
            bucket -= 1
        }
        place(index, at: hole, &nodes)
    }

    /// Takes a member out: its bucket and each higher one give their last place to the hole before them.
    mutating func remove(_ index: Int32, _ nodes: inout [OutstandingNode]) {
        var hole = nodes[Int(index)].position
        for bucket in Int(nodes[Int(index)].outstanding)..<(starts.count - 1) {
            let last = starts[bucket + 1] - 1
            if last != hole { place(order[Int(last)], at: hole, &nodes) }
            starts[bucket + 1] = last
            hole = last
        }
        order.removeLast()
        trim()
    }

    private func position(of slot: Slot, _ nodes: [OutstandingNode]) -> Int? {
        let index = Int(slot.index)
        guard nodes.indices.contains(index), nodes[index].generation == slot.generation else { return nil }
        let position = Int(nodes[index].position)
        return position < order.count && order[position] == slot.index ? position : nil
    }

    /// Makes room for a bucket of this count.
    private mutating func grow(to outstanding: Int) {
        while starts.count < outstanding + 2 { starts.append(Int32(order.count)) }
    }

    /// Lets go of empty buckets at the top: each was made by one `grow`, so that this costs nothing in the long run.
    private mutating func trim() {
        while starts.count > 2, starts[starts.count - 2] == order.count { starts.removeLast() }
    }

    private mutating func move(_ index: Int32, to target: Int32, _ nodes: inout [OutstandingNode]) {
        let source = nodes[Int(index)].position
        guard source != target else { return }
        place(order[Int(target)], at: source, &nodes)
        place(index, at: target, &nodes)
    }

    private mutating func place(_ index: Int32, at position: Int32, _ nodes: inout [OutstandingNode]) {
        order[Int(position)] = index
        nodes[Int(index)].position = position
    }
}
