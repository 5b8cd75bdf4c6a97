/// Which worker gets the next request: the one with the fewest outstanding, exactly; ties are broken at random.
///
/// The data plane keeps one table behind a lock that all its threads share. It knows slots, no sockets and no clock.
/// Taking and giving back cost the same with three workers and with ten thousand, and allocate nothing: see
/// `BucketOrder`.
///
/// Workers in slow start stand in an order of their own. Among the others the law above is exact. A starting worker is
/// only considered when it has no more outstanding than any of them, and then accepted with the probability of its
/// share, which grows from a tenth to all over `slowStartMilliseconds`; it is also accepted when, for its share, it is
/// still less loaded than the rest.
///
/// A slot lives on after `remove` until its last request has been released; only then is it given to a new worker,
/// under a new generation. Releases of an older generation are ignored.
package struct OutstandingTable: Sendable {
    /// A worker with this many outstanding gets no more.
    package static let maximumOutstanding = 65_535

    private static let fullShare: UInt16 = 256
    private static let firstShare: UInt16 = 26

    private let slowStartMilliseconds: Int64
    private var nodes: [OutstandingNode] = []
    /// When each slot's slow start began. Beside the nodes, because selection never reads it.
    private var slowStarts: [Instant?] = []
    private var free: [Int32] = []
    private var full = BucketOrder()
    private var starting = BucketOrder()
    private var generator: SeededGenerator

    /// Requests outstanding over all workers, gone ones included.
    package private(set) var totalOutstanding = 0

    /// - Parameters:
    ///   - seed: for the choice among equals.
    ///   - slowStartMilliseconds: 0 gives every worker its full share at once.
    package init(seed: UInt64, slowStartMilliseconds: Int64 = 0) {
        generator = SeededGenerator(seed: seed)
        self.slowStartMilliseconds = max(slowStartMilliseconds, 0)
    }

    /// Workers that may get requests.
    package var routableCount: Int { full.count + starting.count }

    /// Adds a worker.
    ///
    /// - Parameter slowStartBegan: nil for a worker that gets its full share at once.
    package mutating func insert(isRoutable: Bool, slowStartBegan: Instant? = nil) -> Slot {
        let index: Int32
        if let reused = free.popLast() {
            index = reused
        } else {
            index = Int32(nodes.count)
            nodes.append(OutstandingNode())
            slowStarts.append(nil)
            free.reserveCapacity(nodes.count)
        }
        nodes[Int(index)].isLive = true
        let slot = Slot(index: index, generation: nodes[Int(index)].generation)
        update(slot, isRoutable: isRoutable, slowStartBegan: slowStartBegan)
        return slot
    }

    /// Says anew whether a worker may get requests and whether it is in slow start. Its outstanding ones stay counted.
    package mutating func update(_ slot: Slot, isRoutable: Bool, slowStartBegan: Instant? = nil) {
        guard let index = live(slot) else { return }
        let slowStart = slowStartMilliseconds > 0 ? slowStartBegan : nil
        let isUnchanged = (nodes[index].order != .none) == isRoutable && slowStarts[index] == slowStart
        // A slow start that is over stays over, though the roster still tells when it began.
        if isUnchanged { return }
        takeOut(index)
        slowStarts[index] = slowStart
        nodes[index].share = slowStart == nil ? Self.fullShare : Self.firstShare
        if isRoutable { putIn(index) }
    }

    /// Takes a worker out. Its outstanding requests may still be released.
    package mutating func remove(_ slot: Slot) {
        guard let index = live(slot) else { return }
        takeOut(index)
        nodes[index].isLive = false
        slowStarts[index] = nil
        if nodes[index].outstanding == 0 { recycle(index) }
    }

    /// Chooses a worker and counts one more request on it. Nil when there is none but the tried ones, or all are full.
    package mutating func acquire(excluding tried: TriedSlots = TriedSlots()) -> Slot? {
        guard let index = choose(excluding: tried) else { return nil }
        switch nodes[Int(index)].order {
        case .full: full.raise(index, &nodes)
        case .starting: starting.raise(index, &nodes)
        case .none: return nil
        }
        totalOutstanding += 1
        return Slot(index: index, generation: nodes[Int(index)].generation)
    }

    /// One request less on a worker, however it ended. Exactly once for each `acquire`.
    package mutating func release(_ slot: Slot) {
        let index = Int(slot.index)
        guard nodes.indices.contains(index), nodes[index].generation == slot.generation, nodes[index].outstanding > 0
        else { return }
        totalOutstanding -= 1
        switch nodes[index].order {
        case .full: full.lower(slot.index, &nodes)
        case .starting: starting.lower(slot.index, &nodes)
        case .none:
            nodes[index].outstanding -= 1
            if !nodes[index].isLive, nodes[index].outstanding == 0 { recycle(index) }
        }
    }

    /// Moves every slow start on to `now`. To be called about ten times a second while it returns true.
    package mutating func advanceSlowStart(now: Instant) -> Bool {
        var position = 0
        while position < starting.count {
            let index = Int(starting.member(at: position))
            let elapsed = slowStarts[index].map { now.milliseconds(since: $0) } ?? slowStartMilliseconds
            if elapsed >= slowStartMilliseconds {
                takeOut(index)
                nodes[index].share = Self.fullShare
                putIn(index)
                // Only members from here on have moved, one of them to this position: look at it again.
                continue
            }
            let grown = Int64(Self.fullShare) * max(elapsed, 0) / slowStartMilliseconds
            nodes[index].share = max(Self.firstShare, UInt16(grown))
            position += 1
        }
        return starting.count > 0
    }

    /// Requests outstanding on a worker; 0 for a slot that is no longer used.
    package func outstanding(of slot: Slot) -> Int {
        let index = Int(slot.index)
        guard nodes.indices.contains(index), nodes[index].generation == slot.generation else { return 0 }
        return Int(nodes[index].outstanding)
    }

    private mutating func choose(excluding tried: TriedSlots) -> Int32? {
        let settled = full.least(excluding: tried, nodes, &generator)
        guard starting.count > 0, let fresh = starting.least(excluding: tried, nodes, &generator) else {
            return settled?.index
        }
        guard let settled else { return fresh.index }
        let settledLoad = UInt32(nodes[Int(settled.index)].outstanding)
        let freshLoad = UInt32(nodes[Int(fresh.index)].outstanding)
        if freshLoad > settledLoad { return settled.index }
        if freshLoad == settledLoad, generator.below(settled.ties + fresh.ties) < settled.ties { return settled.index }
        let share = UInt32(nodes[Int(fresh.index)].share)
        let isLessLoaded = (freshLoad + 1) * UInt32(Self.fullShare) < (settledLoad + 1) * share
        return isLessLoaded || generator.below(UInt32(Self.fullShare)) < share ? fresh.index : settled.index
    }

    private mutating func takeOut(_ index: Int) {
        switch nodes[index].order {
        case .full: full.remove(Int32(index), &nodes)
        case .starting: starting.remove(Int32(index), &nodes)
        case .none: break
        }
        nodes[index].order = .none
    }

    private mutating func putIn(_ index: Int) {
        if nodes[index].share == Self.fullShare {
            nodes[index].order = .full
            full.insert(Int32(index), &nodes)
        } else {
            nodes[index].order = .starting
            starting.insert(Int32(index), &nodes)
        }
    }

    private mutating func recycle(_ index: Int) {
        nodes[index].generation &+= 1
        free.append(Int32(index))
    }

    private func live(_ slot: Slot) -> Int? {
        let index = Int(slot.index)
        guard nodes.indices.contains(index), nodes[index].generation == slot.generation, nodes[index].isLive else {
            return nil
        }
        return index
    }
}
