/// Which worker gets the next request: the one with the fewest outstanding for its capacity, exactly; ties are broken
/// at random.
///
/// The data plane keeps one table behind a lock that all its threads share. It knows slots, no sockets and no clock.
/// Taking and giving back cost the same with three workers and with ten thousand, and allocate nothing: see
/// `LoadOrder`.
///
/// Workers in slow start stand in an order of their own. Among the others the law above is exact. A starting worker is
/// only considered when it is no more loaded than any of them, and then accepted with the probability of its share,
/// which grows from a tenth to all over `slowStartMilliseconds`; it is also accepted when, for its share, it is still
/// less loaded than the rest.
///
/// A worker that has as many outstanding as it takes leaves the orders until one of them ends.
///
/// A slot lives on after `remove` until its last request has been released; only then is it given to a new worker,
/// under a new generation. Releases of an older generation are ignored.
package struct OutstandingTable: Sendable {
    /// A worker with this many outstanding gets no more.
    package static let maximumOutstanding = WorkerRecord.maximumConcurrency

    private static let firstShare: UInt8 = 25

    private struct SlowStart {
        /// Kept when it is over: the roster goes on telling of it.
        var began: Instant?
        /// Whether the slot stands in `starters`.
        var isListed = false
    }

    private let slowStartMilliseconds: Int64
    private var nodes: [OutstandingNode] = []
    /// Beside the nodes, because selection never reads it.
    private var slowStarts: [SlowStart] = []
    /// Slots in slow start, and some that were.
    private var starters: [Int32] = []
    private var free: [Int32] = []
    private var settled = LoadOrder()
    private var starting = LoadOrder()
    private var fullCount = 0
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

    /// Workers that may get requests, those that are full at the moment included.
    package var routableCount: Int { openCount + fullCount }

    /// Workers that would take another request now.
    package var openCount: Int { settled.count + starting.count }

    // MARK: Membership

    /// Adds a worker.
    ///
    /// - Parameter slowStartBegan: nil for a worker that gets its full share at once.
    package mutating func insert(
        _ offer: WorkerOffer = WorkerOffer(), isRoutable: Bool, slowStartBegan: Instant? = nil
    ) -> Slot {
        let index: Int32
        if let reused = free.popLast() {
            index = reused
        } else {
            index = Int32(nodes.count)
            nodes.append(OutstandingNode())
            slowStarts.append(SlowStart())
            free.reserveCapacity(nodes.count)
        }
        nodes[Int(index)].isLive = true
        let slot = Slot(index: index, generation: nodes[Int(index)].generation)
        update(slot, offer, isRoutable: isRoutable, slowStartBegan: slowStartBegan)
        return slot
    }

    /// Says anew what a worker offers, whether it may get requests and whether it is in slow start. Its outstanding ones
    /// stay counted.
    package mutating func update(
        _ slot: Slot, _ offer: WorkerOffer = WorkerOffer(), isRoutable: Bool, slowStartBegan: Instant? = nil
    ) {
        guard let index = live(slot) else { return }
        let slowStart = slowStartMilliseconds > 0 ? slowStartBegan : nil
        let capacityClass = CapacityClass(of: offer.capacity)
        let isUnchanged =
            (nodes[index].order != .none) == isRoutable && slowStarts[index].began == slowStart
            && nodes[index].limit == UInt16(offer.limit) && nodes[index].capacityClass == capacityClass
        if isUnchanged { return }
        takeOut(index)
        nodes[index].limit = UInt16(offer.limit)
        nodes[index].capacityClass = capacityClass
        // A slow start that is over stays over, though the roster still tells when it began.
        if slowStarts[index].began != slowStart { beginSlowStart(index, at: slowStart) }
        if isRoutable { putIn(index) }
    }

    /// Takes a worker out. Its outstanding requests may still be released.
    package mutating func remove(_ slot: Slot) {
        guard let index = live(slot) else { return }
        takeOut(index)
        nodes[index].isLive = false
        slowStarts[index].began = nil
        if nodes[index].outstanding == 0 { recycle(index) }
    }

    // MARK: Requests

    /// Chooses a worker and counts one more request on it. Nil when there is none but the tried ones and the full.
    package mutating func acquire(excluding tried: TriedSlots = TriedSlots()) -> Slot? {
        guard let index = leastLoaded(excluding: tried) else { return nil }
        switch nodes[Int(index)].order {
        case .settled: settled.raise(index, &nodes)
        case .starting: starting.raise(index, &nodes)
        case .none, .full: return nil
        }
        totalOutstanding += 1
        if nodes[Int(index)].isFull {
            takeOut(Int(index))
            putIn(Int(index))
        }
        return Slot(index: index, generation: nodes[Int(index)].generation)
    }

    /// One request less on a worker, however it ended. Exactly once for each `acquire`.
    package mutating func release(_ slot: Slot) {
        let index = Int(slot.index)
        guard nodes.indices.contains(index), nodes[index].generation == slot.generation, nodes[index].outstanding > 0
        else { return }
        totalOutstanding -= 1
        switch nodes[index].order {
        case .settled: settled.lower(slot.index, &nodes)
        case .starting: starting.lower(slot.index, &nodes)
        case .full:
            nodes[index].outstanding -= 1
            if !nodes[index].isFull {
                takeOut(index)
                putIn(index)
            }
        case .none:
            nodes[index].outstanding -= 1
            if !nodes[index].isLive, nodes[index].outstanding == 0 { recycle(index) }
        }
    }

    /// Whether there is a worker that may get requests, full or not, beside the tried.
    package func isAnybodyRoutable(besides tried: TriedSlots) -> Bool {
        var count = routableCount
        if let first = tried.first, isRoutable(first) { count -= 1 }
        if let second = tried.second, isRoutable(second) { count -= 1 }
        if let third = tried.third, isRoutable(third) { count -= 1 }
        return count > 0
    }

    /// Requests outstanding on a worker; 0 for a slot that is no longer used.
    package func outstanding(of slot: Slot) -> Int {
        let index = Int(slot.index)
        guard nodes.indices.contains(index), nodes[index].generation == slot.generation else { return 0 }
        return Int(nodes[index].outstanding)
    }

    private func isRoutable(_ slot: Slot) -> Bool { live(slot).map { nodes[$0].order != .none } ?? false }

    // MARK: Slow start

    /// Moves every slow start on to `now`. To be called about ten times a second while it returns true.
    package mutating func advanceSlowStart(now: Instant) -> Bool {
        var position = 0
        while position < starters.count {
            let index = Int(starters[position])
            let elapsed = slowStarts[index].began.map { now.milliseconds(since: $0) }
            if let elapsed, elapsed < slowStartMilliseconds {
                let grown = 256 * max(elapsed, 0) / slowStartMilliseconds
                nodes[index].share = max(Self.firstShare, UInt8(clamping: grown - 1))
                position += 1
                continue
            }
            starters.swapAt(position, starters.count - 1)
            starters.removeLast()
            slowStarts[index].isListed = false
            let isRoutable = nodes[index].order != .none
            takeOut(index)
            nodes[index].share = OutstandingNode.wholeShare
            if isRoutable { putIn(index) }
        }
        return !starters.isEmpty
    }

    private mutating func beginSlowStart(_ index: Int, at began: Instant?) {
        slowStarts[index].began = began
        nodes[index].share = began == nil ? OutstandingNode.wholeShare : Self.firstShare
        if began != nil, !slowStarts[index].isListed {
            slowStarts[index].isListed = true
            starters.append(Int32(index))
        }
    }

    // MARK: Choosing

    private mutating func leastLoaded(excluding tried: TriedSlots) -> Int32? {
        let old = settled.least(excluding: tried, nodes, &generator)
        guard starting.count > 0, let new = starting.least(excluding: tried, nodes, &generator) else {
            return old.map { settled.draw(from: $0, &generator) }
        }
        let fresh = starting.draw(from: new, &generator)
        guard let old else { return fresh }
        let isPreferred =
            new.load < old.load
            || new.load == old.load && generator.below(old.weight + new.weight) >= old.weight
        let share = UInt32(nodes[Int(fresh)].share) + 1
        if isPreferred, new.load.isLessWithOneMore(share: share, than: old.load) || generator.below(256) < share {
            return fresh
        }
        return settled.draw(from: old, &generator)
    }

    // MARK: Orders

    private mutating func takeOut(_ index: Int) {
        switch nodes[index].order {
        case .settled: settled.remove(Int32(index), &nodes)
        case .starting: starting.remove(Int32(index), &nodes)
        case .full: fullCount -= 1
        case .none: break
        }
        nodes[index].order = .none
    }

    private mutating func putIn(_ index: Int) {
        if nodes[index].isFull {
            nodes[index].order = .full
            fullCount += 1
        } else if nodes[index].share == OutstandingNode.wholeShare {
            nodes[index].order = .settled
            settled.insert(Int32(index), &nodes)
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
