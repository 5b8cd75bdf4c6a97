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
    private struct Details {
        var name: UInt64 = 0
        /// The time of the slow start's beginning. The time stays after the slow start, because the load balancer keeps
        /// reporting it.
        var slowStartBegan: Instant?
        /// True if `starters` contains the slot.
        var isStarter = false
    }

    private let slowStartMilliseconds: Int64
    private var loads: LoadTable
    private var policy: (any LoadBalancingPolicy)?
    private var details: [Details] = []
    /// Slots in slow start. Some slots here may have finished their slow start.
    private var starters: [Int32] = []
    private var free: [Int32] = []

    /// - Parameters:
    ///   - seed: for random choices.
    ///   - slowStartMilliseconds: 0 gives every worker its full share at once.
    package init(seed: UInt64, policy: PolicySetting = .fewest, slowStartMilliseconds: Int64 = 0) {
        loads = LoadTable(seed: seed)
        self.policy = policy.implementation
        self.slowStartMilliseconds = max(slowStartMilliseconds, 0)
    }

    /// Outstanding requests of all workers, including removed ones.
    package var totalOutstanding: Int { loads.totalOutstanding }

    /// Number of workers that may receive requests, including full ones.
    package var routableCount: Int { loads.openCount + loads.fullCount }

    /// Number of workers that accept another request.
    package var openCount: Int { loads.openCount }

    /// Number of workers and orders examined for all choices so far: a measure of cost that does not depend on the
    /// machine.
    package var steps: Int { loads.steps }

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
            index = Int32(loads.hosts.count)
            loads.hosts.append(HostRecord())
            details.append(Details())
            free.reserveCapacity(loads.hosts.count)
        }
        let capacityClass = CapacityClass(of: offer.capacity)
        loads.hosts[Int(index)].isLive = true
        loads.hosts[Int(index)].turn = 0
        loads.hosts[Int(index)].isErring = false
        loads.hosts[Int(index)].capacityClass = capacityClass
        details[Int(index)].name = offer.name
        policy?.joined(index, name: offer.name, capacityClass)
        let slot = Slot(index: index, generation: loads.hosts[Int(index)].generation)
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
        let host = loads.hosts[index]
        let hasBegan = details[index].slowStartBegan != slowStart
        if (host.order != .none) == isRoutable, !hasBegan, host.limit == UInt16(offer.limit),
            host.capacityClass == capacityClass
        {
            return
        }
        takeOut(slot.index)
        loads.hosts[index].limit = UInt16(offer.limit)
        if host.capacityClass != capacityClass {
            loads.hosts[index].capacityClass = capacityClass
            policy?.left(slot.index, name: details[index].name)
            policy?.joined(slot.index, name: details[index].name, capacityClass)
        }
        // A finished slow start stays finished, although the load balancer still reports its beginning.
        if hasBegan { beginSlowStart(slot.index, at: slowStart) }
        if isRoutable { putIn(slot.index) }
    }

    /// Changes a worker's name.
    package mutating func rename(_ slot: Slot, _ name: UInt64) {
        guard let index = live(slot), details[index].name != name else { return }
        policy?.left(slot.index, name: details[index].name)
        details[index].name = name
        policy?.joined(slot.index, name: name, loads.hosts[index].capacityClass)
    }

    /// Removes a worker. The worker's outstanding requests may still be released.
    package mutating func remove(_ slot: Slot) {
        guard let index = live(slot) else { return }
        takeOut(slot.index)
        policy?.left(slot.index, name: details[index].name)
        loads.hosts[index].isLive = false
        details[index].slowStartBegan = nil
        if loads.hosts[index].outstanding == 0 { recycle(index) }
    }

    // MARK: Requests

    /// Chooses a worker and adds one request to it; nil if every open worker is in `tried`.
    ///
    /// - Parameter affinity: the request's value for a policy that returns requests to the same worker.
    package mutating func acquire(
        for affinity: UInt64? = nil, excluding tried: TriedSlots = TriedSlots()
    ) -> Slot? {
        let favourite = policy?.choose(affinity, excluding: tried, &loads)
        guard let index = favourite ?? loads.leastLoaded(excluding: tried) else { return nil }
        if loads.raise(index) { policy?.closed(index, loads.hosts[Int(index)].capacityClass) }
        return Slot(index: index, generation: loads.hosts[Int(index)].generation)
    }

    /// Removes one request from a worker, whatever the request's result. Call it exactly once for each `acquire`.
    package mutating func release(_ slot: Slot) {
        let index = Int(slot.index)
        guard loads.hosts.indices.contains(index), loads.hosts[index].generation == slot.generation,
            loads.hosts[index].outstanding > 0
        else { return }
        if loads.lower(slot.index) { policy?.opened(slot.index, loads.hosts[index].capacityClass) }
        if !loads.hosts[index].isLive, loads.hosts[index].outstanding == 0 { recycle(index) }
    }

    /// Marks a worker that responds with errors, or ends the mark.
    package mutating func setErring(_ slot: Slot, _ isErring: Bool) {
        guard live(slot) != nil else { return }
        loads.setErring(slot.index, isErring)
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
        guard let index = policy?.holder(of: affinity), loads.hosts[Int(index)].order != .none else { return nil }
        return Slot(index: index, generation: loads.hosts[Int(index)].generation)
    }

    /// The name of the slot's worker.
    package func name(of slot: Slot) -> UInt64? { live(slot).map { details[$0].name } }

    /// Outstanding requests of a worker; 0 if the slot's generation is over.
    package func outstanding(of slot: Slot) -> Int {
        let index = Int(slot.index)
        guard loads.hosts.indices.contains(index), loads.hosts[index].generation == slot.generation else { return 0 }
        return Int(loads.hosts[index].outstanding)
    }

    private func isRoutable(_ slot: Slot) -> Bool { live(slot).map { loads.hosts[$0].order != .none } ?? false }

    // MARK: Slow start

    /// Advances every slow start to `now`. Call it about ten times a second while it returns true.
    package mutating func advanceSlowStart(now: Instant) -> Bool {
        var position = 0
        while position < starters.count {
            let starter = starters[position]
            let index = Int(starter)
            let elapsed = details[index].slowStartBegan.map { now.milliseconds(since: $0) }
            if let elapsed, elapsed < slowStartMilliseconds {
                let grown = 256 * max(elapsed, 0) / slowStartMilliseconds
                loads.hosts[index].share = max(Self.firstShare, UInt8(clamping: grown - 1))
                position += 1
                continue
            }
            starters.swapAt(position, starters.count - 1)
            starters.removeLast()
            details[index].isStarter = false
            let isRoutable = loads.hosts[index].order != .none
            takeOut(starter)
            loads.hosts[index].share = HostRecord.wholeShare
            if isRoutable { putIn(starter) }
        }
        return !starters.isEmpty
    }

    private mutating func beginSlowStart(_ index: Int32, at began: Instant?) {
        details[Int(index)].slowStartBegan = began
        loads.hosts[Int(index)].share = began == nil ? HostRecord.wholeShare : Self.firstShare
        if began != nil, !details[Int(index)].isStarter {
            details[Int(index)].isStarter = true
            starters.append(index)
        }
    }

    // MARK: Slots

    private mutating func takeOut(_ index: Int32) {
        if loads.takeOut(index) { policy?.closed(index, loads.hosts[Int(index)].capacityClass) }
    }

    private mutating func putIn(_ index: Int32) {
        if loads.putIn(index) { policy?.opened(index, loads.hosts[Int(index)].capacityClass) }
    }

    private mutating func recycle(_ index: Int) {
        loads.hosts[index].generation &+= 1
        free.append(Int32(index))
    }

    private func live(_ slot: Slot) -> Int? {
        let index = Int(slot.index)
        guard loads.hosts.indices.contains(index), loads.hosts[index].generation == slot.generation,
            loads.hosts[index].isLive
        else { return nil }
        return index
    }
}
