package import Cluster

/// The load balancer's table of workers and their outstanding requests. The table chooses the worker of each request.
///
/// By default, the table chooses the worker with exactly the fewest outstanding requests relative to capacity. Among equals
/// it chooses the worker that got a request longest ago. A `PolicySetting` may prefer another worker. The table chooses
/// that worker if it is open.
///
/// The data plane has one table, and a lock protects it between threads. The table knows slots, but no sockets and no
/// clock. Acquiring and releasing a slot cost nearly the same with three workers and with ten thousand, and allocate
/// nothing: see `LoadIndex` and `TurnHeap`.
///
/// Workers in slow start have an order of their own. Among the other workers, the choice is exact. The table considers
/// a starting worker only if no other worker is less loaded. The table then chooses the starting worker with the
/// probability of its share. The share grows from a tenth to the whole over `slowStartMilliseconds`. The table also
/// chooses the starting worker if it is still less loaded after its capacity is reduced to its share.
///
/// A worker that responds with errors may be free at once again. It would attract most requests. So it gets at most its
/// share: one request for its capacity's part of all requests, whatever its load. `setErring` marks it.
///
/// A full worker leaves its order until one of its requests ends.
///
/// After `remove`, a slot stays in use until its last request is released. Then a new worker may reuse the slot with a
/// new generation. The table ignores a release with an older generation.
package struct HostTable: Sendable {
    /// Most outstanding requests of one worker.
    package static let maximumOutstanding = WorkerOffer.maximumConcurrency

    private static let firstShare: UInt8 = 25

    /// Data of a slot that selection does not read.
    private struct Host {
        var name: UInt64 = 0
        /// The time of the slow start's beginning. The time stays after the slow start, because the load balancer keeps
        /// reporting it.
        var slowStartBegan: Instant?
        /// True if `starters` contains the slot.
        var isStarter = false
    }

    private let slowStartMilliseconds: Int64
    private var book: LoadTable
    private var chooser: (any LoadBalancingPolicy)?
    private var hosts: [Host] = []
    /// Slots in slow start. Some slots here may have finished their slow start.
    private var starters: [Int32] = []
    private var free: [Int32] = []

    /// - Parameters:
    ///   - seed: for random choices.
    ///   - slowStartMilliseconds: 0 gives every worker its full share at once.
    package init(seed: UInt64, policy: PolicySetting = .fewest, slowStartMilliseconds: Int64 = 0) {
        book = LoadTable(seed: seed)
        chooser = policy.chooser
        self.slowStartMilliseconds = max(slowStartMilliseconds, 0)
    }

    /// Outstanding requests of all workers, including removed ones.
    package var totalOutstanding: Int { book.totalOutstanding }

    /// Number of workers that may receive requests, including full ones.
    package var routableCount: Int { book.openCount + book.fullCount }

    /// Number of workers that accept another request.
    package var openCount: Int { book.openCount }

    /// Number of workers and orders examined for all choices so far: a measure of cost that does not depend on the
    /// machine.
    package var steps: Int { book.steps }

    // MARK: Membership

    /// Adds a worker.
    ///
    /// - Parameter slowStartBegan: nil for a worker that receives its full share at once.
    package mutating func insert(
        _ offer: HostShare = HostShare(), isRoutable: Bool, slowStartBegan: Instant? = nil
    ) -> Slot {
        let index: Int32
        if let reused = free.popLast() {
            index = reused
        } else {
            index = Int32(book.nodes.count)
            book.nodes.append(HostRecord())
            hosts.append(Host())
            free.reserveCapacity(book.nodes.count)
        }
        let capacityClass = CapacityClass(of: offer.capacity)
        book.nodes[Int(index)].isLive = true
        book.nodes[Int(index)].turn = 0
        book.nodes[Int(index)].isErring = false
        book.nodes[Int(index)].capacityClass = capacityClass
        hosts[Int(index)].name = offer.name
        chooser?.joined(index, name: offer.name, capacityClass)
        let slot = Slot(index: index, generation: book.nodes[Int(index)].generation)
        update(slot, offer, isRoutable: isRoutable, slowStartBegan: slowStartBegan)
        return slot
    }

    /// Updates a worker's offer, routability and slow start. The worker keeps its outstanding requests and its name.
    package mutating func update(
        _ slot: Slot, _ offer: HostShare = HostShare(), isRoutable: Bool, slowStartBegan: Instant? = nil
    ) {
        guard let index = live(slot) else { return }
        let slowStart = slowStartMilliseconds > 0 ? slowStartBegan : nil
        let capacityClass = CapacityClass(of: offer.capacity)
        let node = book.nodes[index]
        let hasBegan = hosts[index].slowStartBegan != slowStart
        if (node.order != .none) == isRoutable, !hasBegan, node.limit == UInt16(offer.limit),
            node.capacityClass == capacityClass
        {
            return
        }
        takeOut(slot.index)
        book.nodes[index].limit = UInt16(offer.limit)
        if node.capacityClass != capacityClass {
            book.nodes[index].capacityClass = capacityClass
            chooser?.left(slot.index, name: hosts[index].name)
            chooser?.joined(slot.index, name: hosts[index].name, capacityClass)
        }
        // A finished slow start stays finished, although the load balancer still reports its beginning.
        if hasBegan { beginSlowStart(slot.index, at: slowStart) }
        if isRoutable { putIn(slot.index) }
    }

    /// Changes a worker's name.
    package mutating func rename(_ slot: Slot, _ name: UInt64) {
        guard let index = live(slot), hosts[index].name != name else { return }
        chooser?.left(slot.index, name: hosts[index].name)
        hosts[index].name = name
        chooser?.joined(slot.index, name: name, book.nodes[index].capacityClass)
    }

    /// Removes a worker. The worker's outstanding requests may still be released.
    package mutating func remove(_ slot: Slot) {
        guard let index = live(slot) else { return }
        takeOut(slot.index)
        chooser?.left(slot.index, name: hosts[index].name)
        book.nodes[index].isLive = false
        hosts[index].slowStartBegan = nil
        if book.nodes[index].outstanding == 0 { recycle(index) }
    }

    // MARK: Requests

    /// Chooses a worker and adds one request to it; nil if every open worker is in `tried`.
    ///
    /// - Parameter affinity: the request's value for a policy that returns requests to the same worker.
    package mutating func acquire(
        for affinity: UInt64? = nil, excluding tried: TriedSlots = TriedSlots()
    ) -> Slot? {
        let favourite = chooser?.choose(affinity, excluding: tried, &book)
        guard let index = favourite ?? book.leastLoaded(excluding: tried) else { return nil }
        if book.raise(index) { chooser?.closed(index, book.nodes[Int(index)].capacityClass) }
        return Slot(index: index, generation: book.nodes[Int(index)].generation)
    }

    /// Removes one request from a worker, whatever the request's result. Call it exactly once for each `acquire`.
    package mutating func release(_ slot: Slot) {
        let index = Int(slot.index)
        guard book.nodes.indices.contains(index), book.nodes[index].generation == slot.generation,
            book.nodes[index].outstanding > 0
        else { return }
        if book.lower(slot.index) { chooser?.opened(slot.index, book.nodes[index].capacityClass) }
        if !book.nodes[index].isLive, book.nodes[index].outstanding == 0 { recycle(index) }
    }

    /// Marks a worker that responds with errors, or ends the mark.
    package mutating func setErring(_ slot: Slot, _ isErring: Bool) {
        guard live(slot) != nil else { return }
        book.setErring(slot.index, isErring)
    }

    /// True if a routable worker outside `tried` exists, full or not.
    package func isAnybodyRoutable(besides tried: TriedSlots) -> Bool {
        var count = routableCount
        if let first = tried.first, isRoutable(first) { count -= 1 }
        if let second = tried.second, isRoutable(second) { count -= 1 }
        if let third = tried.third, isRoutable(third) { count -= 1 }
        return count > 0
    }

    /// The routable worker with this affinity as its name, full or not. Nil for policies without names.
    package func routableHolder(of affinity: UInt64) -> Slot? {
        guard let index = chooser?.holder(of: affinity), book.nodes[Int(index)].order != .none else { return nil }
        return Slot(index: index, generation: book.nodes[Int(index)].generation)
    }

    /// The name of the slot's worker.
    package func name(of slot: Slot) -> UInt64? { live(slot).map { hosts[$0].name } }

    /// Outstanding requests of a worker; 0 if the slot's generation is over.
    package func outstanding(of slot: Slot) -> Int {
        let index = Int(slot.index)
        guard book.nodes.indices.contains(index), book.nodes[index].generation == slot.generation else { return 0 }
        return Int(book.nodes[index].outstanding)
    }

    private func isRoutable(_ slot: Slot) -> Bool { live(slot).map { book.nodes[$0].order != .none } ?? false }

    // MARK: Slow start

    /// Advances every slow start to `now`. Call it about ten times a second while it returns true.
    package mutating func advanceSlowStart(now: Instant) -> Bool {
        var position = 0
        while position < starters.count {
            let starter = starters[position]
            let index = Int(starter)
            let elapsed = hosts[index].slowStartBegan.map { now.milliseconds(since: $0) }
            if let elapsed, elapsed < slowStartMilliseconds {
                let grown = 256 * max(elapsed, 0) / slowStartMilliseconds
                book.nodes[index].share = max(Self.firstShare, UInt8(clamping: grown - 1))
                position += 1
                continue
            }
            starters.swapAt(position, starters.count - 1)
            starters.removeLast()
            hosts[index].isStarter = false
            let isRoutable = book.nodes[index].order != .none
            takeOut(starter)
            book.nodes[index].share = HostRecord.wholeShare
            if isRoutable { putIn(starter) }
        }
        return !starters.isEmpty
    }

    private mutating func beginSlowStart(_ index: Int32, at began: Instant?) {
        hosts[Int(index)].slowStartBegan = began
        book.nodes[Int(index)].share = began == nil ? HostRecord.wholeShare : Self.firstShare
        if began != nil, !hosts[Int(index)].isStarter {
            hosts[Int(index)].isStarter = true
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
