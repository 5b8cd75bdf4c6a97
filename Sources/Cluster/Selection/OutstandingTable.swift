/// Which worker gets the next request: by default the one with the fewest outstanding for its capacity, exactly; ties
/// are broken at random. A `SelectionPolicy` may have another wish, which is granted while its worker is open.
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

    /// What selection does not read, beside the nodes.
    private struct Tenant {
        var name: UInt64 = 0
        /// Kept when the slow start is over: the roster goes on telling of it.
        var slowStartBegan: Instant?
        /// Whether the slot stands in `starters`.
        var isStarter = false
    }

    private let slowStartMilliseconds: Int64
    private var book: LoadBook
    private var chooser: (any Chooser)?
    private var tenants: [Tenant] = []
    /// Slots in slow start, and some that were.
    private var starters: [Int32] = []
    private var free: [Int32] = []

    /// - Parameters:
    ///   - seed: for the choice among equals.
    ///   - slowStartMilliseconds: 0 gives every worker its full share at once.
    package init(seed: UInt64, policy: SelectionPolicy = .fewest, slowStartMilliseconds: Int64 = 0) {
        book = LoadBook(seed: seed)
        chooser = policy.chooser
        self.slowStartMilliseconds = max(slowStartMilliseconds, 0)
    }

    /// Requests outstanding over all workers, gone ones included.
    package var totalOutstanding: Int { book.totalOutstanding }

    /// Workers that may get requests, those that are full at the moment included.
    package var routableCount: Int { book.openCount + book.fullCount }

    /// Workers that would take another request now.
    package var openCount: Int { book.openCount }

    /// Workers and orders looked at for all choices so far: their cost, whatever the machine.
    package var steps: Int { book.steps }

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
            index = Int32(book.nodes.count)
            book.nodes.append(OutstandingNode())
            tenants.append(Tenant())
            free.reserveCapacity(book.nodes.count)
        }
        let capacityClass = CapacityClass(of: offer.capacity)
        book.nodes[Int(index)].isLive = true
        book.nodes[Int(index)].capacityClass = capacityClass
        tenants[Int(index)].name = offer.name
        chooser?.joined(index, name: offer.name, capacityClass)
        let slot = Slot(index: index, generation: book.nodes[Int(index)].generation)
        update(slot, offer, isRoutable: isRoutable, slowStartBegan: slowStartBegan)
        return slot
    }

    /// Says anew what a worker offers, whether it may get requests and whether it is in slow start. Its outstanding ones
    /// stay counted, and its name stays.
    package mutating func update(
        _ slot: Slot, _ offer: WorkerOffer = WorkerOffer(), isRoutable: Bool, slowStartBegan: Instant? = nil
    ) {
        guard let index = live(slot) else { return }
        let slowStart = slowStartMilliseconds > 0 ? slowStartBegan : nil
        let capacityClass = CapacityClass(of: offer.capacity)
        let node = book.nodes[index]
        let hasBegan = tenants[index].slowStartBegan != slowStart
        if (node.order != .none) == isRoutable, !hasBegan, node.limit == UInt16(offer.limit),
            node.capacityClass == capacityClass
        {
            return
        }
        takeOut(slot.index)
        book.nodes[index].limit = UInt16(offer.limit)
        if node.capacityClass != capacityClass {
            book.nodes[index].capacityClass = capacityClass
            chooser?.left(slot.index, name: tenants[index].name)
            chooser?.joined(slot.index, name: tenants[index].name, capacityClass)
        }
        // A slow start that is over stays over, though the roster still tells when it began.
        if hasBegan { beginSlowStart(slot.index, at: slowStart) }
        if isRoutable { putIn(slot.index) }
    }

    /// Calls a worker by another name from now on.
    package mutating func rename(_ slot: Slot, _ name: UInt64) {
        guard let index = live(slot), tenants[index].name != name else { return }
        chooser?.left(slot.index, name: tenants[index].name)
        tenants[index].name = name
        chooser?.joined(slot.index, name: name, book.nodes[index].capacityClass)
    }

    /// Takes a worker out. Its outstanding requests may still be released.
    package mutating func remove(_ slot: Slot) {
        guard let index = live(slot) else { return }
        takeOut(slot.index)
        chooser?.left(slot.index, name: tenants[index].name)
        book.nodes[index].isLive = false
        tenants[index].slowStartBegan = nil
        if book.nodes[index].outstanding == 0 { recycle(index) }
    }

    // MARK: Requests

    /// Chooses a worker and counts one more request on it. Nil when there is none but the tried ones and the full.
    ///
    /// - Parameter affinity: what the request brings along for a policy that keeps to workers.
    package mutating func acquire(
        for affinity: UInt64? = nil, excluding tried: TriedSlots = TriedSlots()
    ) -> Slot? {
        let favourite = chooser?.choose(affinity, excluding: tried, &book)
        guard let index = favourite ?? book.leastLoaded(excluding: tried) else { return nil }
        if book.raise(index) { chooser?.closed(index, book.nodes[Int(index)].capacityClass) }
        return Slot(index: index, generation: book.nodes[Int(index)].generation)
    }

    /// One request less on a worker, however it ended. Exactly once for each `acquire`.
    package mutating func release(_ slot: Slot) {
        let index = Int(slot.index)
        guard book.nodes.indices.contains(index), book.nodes[index].generation == slot.generation,
            book.nodes[index].outstanding > 0
        else { return }
        if book.lower(slot.index) { chooser?.opened(slot.index, book.nodes[index].capacityClass) }
        if !book.nodes[index].isLive, book.nodes[index].outstanding == 0 { recycle(index) }
    }

    /// Whether there is a worker that may get requests, full or not, beside the tried.
    package func isAnybodyRoutable(besides tried: TriedSlots) -> Bool {
        var count = routableCount
        if let first = tried.first, isRoutable(first) { count -= 1 }
        if let second = tried.second, isRoutable(second) { count -= 1 }
        if let third = tried.third, isRoutable(third) { count -= 1 }
        return count > 0
    }

    /// The worker that an affinity names, if it is routable; it may be full. Nil under policies without names.
    package func routableHolder(of affinity: UInt64) -> Slot? {
        guard let index = chooser?.holder(of: affinity), book.nodes[Int(index)].order != .none else { return nil }
        return Slot(index: index, generation: book.nodes[Int(index)].generation)
    }

    /// What the worker in a slot is called.
    package func name(of slot: Slot) -> UInt64? { live(slot).map { tenants[$0].name } }

    /// Requests outstanding on a worker; 0 for a slot that is no longer used.
    package func outstanding(of slot: Slot) -> Int {
        let index = Int(slot.index)
        guard book.nodes.indices.contains(index), book.nodes[index].generation == slot.generation else { return 0 }
        return Int(book.nodes[index].outstanding)
    }

    private func isRoutable(_ slot: Slot) -> Bool { live(slot).map { book.nodes[$0].order != .none } ?? false }

    // MARK: Slow start

    /// Moves every slow start on to `now`. To be called about ten times a second while it returns true.
    package mutating func advanceSlowStart(now: Instant) -> Bool {
        var position = 0
        while position < starters.count {
            let starter = starters[position]
            let index = Int(starter)
            let elapsed = tenants[index].slowStartBegan.map { now.milliseconds(since: $0) }
            if let elapsed, elapsed < slowStartMilliseconds {
                let grown = 256 * max(elapsed, 0) / slowStartMilliseconds
                book.nodes[index].share = max(Self.firstShare, UInt8(clamping: grown - 1))
                position += 1
                continue
            }
            starters.swapAt(position, starters.count - 1)
            starters.removeLast()
            tenants[index].isStarter = false
            let isRoutable = book.nodes[index].order != .none
            takeOut(starter)
            book.nodes[index].share = OutstandingNode.wholeShare
            if isRoutable { putIn(starter) }
        }
        return !starters.isEmpty
    }

    private mutating func beginSlowStart(_ index: Int32, at began: Instant?) {
        tenants[Int(index)].slowStartBegan = began
        book.nodes[Int(index)].share = began == nil ? OutstandingNode.wholeShare : Self.firstShare
        if began != nil, !tenants[Int(index)].isStarter {
            tenants[Int(index)].isStarter = true
            starters.append(index)
        }
    }

    // MARK: Slots

    private mutating func takeOut(_ index: Int32) {
        if book.takeOut(index) { chooser?.closed(index, book.nodes[Int(index)].capacityClass) }
    }

    private mutating func putIn(_ index: Int32) {
        if book.putIn(index) { chooser?.opened(index, book.nodes[Int(index)].capacityClass) }
    }

    private mutating func recycle(_ index: Int) {
        book.nodes[index].generation &+= 1
        free.append(Int32(index))
    }

    private func live(_ slot: Slot) -> Int? {
        let index = Int(slot.index)
        guard book.nodes.indices.contains(index), book.nodes[index].generation == slot.generation,
            book.nodes[index].isLive
        else { return nil }
        return index
    }
}
