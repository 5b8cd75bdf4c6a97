internal import Cluster

/// The request counts of all slots, and the orders of the open slots.
///
/// Workers in slow start have an order of their own, and so have workers that respond with errors. A full worker is in no
/// order.
struct LoadTable: Sendable {
    var hosts: [HostRecord] = []
    private var settled = LoadIndex()
    private var starting = LoadIndex()
    private var erring = LoadIndex()
    private(set) var fullCount = 0
    /// The total capacity of all routable workers, including full ones.
    private(set) var routableWeight: UInt32 = 0
    /// Outstanding requests of all workers, including removed ones.
    private(set) var totalOutstanding = 0
    /// Number of workers and orders examined for all choices: a measure of cost that does not depend on the machine.
    var steps = 0
    var generator: SeededGenerator
    /// The turn of the last request.
    private var turn: UInt64 = 0

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// Number of workers that accept another request.
    var openCount: Int { settled.count + starting.count + erring.count }

    // MARK: Orders

    /// Removes a slot from its order.
    ///
    /// - Returns: true if the slot was open.
    mutating func takeOut(_ index: Int32) -> Bool {
        let order = hosts[Int(index)].order
        switch order {
        case .settled: settled.remove(index, &hosts)
        case .starting: starting.remove(index, &hosts)
        case .erring: erring.remove(index, &hosts)
        case .full: fullCount -= 1
        case .none: return false
        }
        routableWeight -= hosts[Int(index)].capacityClass.capacity
        hosts[Int(index)].order = .none
        return order != .full
    }

    /// Inserts a slot that is in no order into the correct order.
    ///
    /// - Returns: true if the slot is open.
    mutating func putIn(_ index: Int32) -> Bool {
        let host = hosts[Int(index)]
        routableWeight += host.capacityClass.capacity
        if host.isFull {
            hosts[Int(index)].order = .full
            fullCount += 1
            return false
        }
        if host.isErring {
            hosts[Int(index)].order = .erring
            erring.insert(index, &hosts)
        } else if host.share == HostRecord.wholeShare {
            hosts[Int(index)].order = .settled
            settled.insert(index, &hosts)
        } else {
            hosts[Int(index)].order = .starting
            starting.insert(index, &hosts)
        }
        return true
    }

    /// Moves a slot to the order of the erring workers, or back. An open slot stays open.
    mutating func setErring(_ index: Int32, _ isErring: Bool) {
        guard hosts[Int(index)].isErring != isErring else { return }
        let isOpen = hosts[Int(index)].isOpen
        if isOpen { _ = takeOut(index) }
        hosts[Int(index)].isErring = isErring
        if isOpen { _ = putIn(index) }
    }

    /// Adds one request to an open slot.
    ///
    /// - Returns: true if the slot is full now.
    mutating func raise(_ index: Int32) -> Bool {
        turn = (turn &+ 1) & HostRecord.highestTurn
        switch hosts[Int(index)].order {
        case .settled: settled.raise(index, turn: turn, &hosts)
        case .starting: starting.raise(index, turn: turn, &hosts)
        case .erring: erring.raise(index, turn: turn, &hosts)
        case .none, .full: hosts[Int(index)].raise(turn)
        }
        totalOutstanding += 1
        guard hosts[Int(index)].isFull else { return false }
        _ = takeOut(index)
        _ = putIn(index)
        return true
    }

    /// Removes one request from a slot that has at least one.
    ///
    /// - Returns: true if the slot was full and is open now.
    mutating func lower(_ index: Int32) -> Bool {
        totalOutstanding -= 1
        switch hosts[Int(index)].order {
        case .settled: settled.lower(index, &hosts)
        case .starting: starting.lower(index, &hosts)
        case .erring: erring.lower(index, &hosts)
        case .none: hosts[Int(index)].outstanding -= 1
        case .full:
            hosts[Int(index)].outstanding -= 1
            guard !hosts[Int(index)].isFull else { return false }
            _ = takeOut(index)
            return putIn(index)
        }
        return false
    }

    // MARK: Queries

    /// True if the slot is open and not in `tried`.
    func isOpen(_ index: Int32, besides tried: TriedSlots) -> Bool {
        let host = hosts[Int(index)]
        return host.isOpen && !tried.contains(Slot(index: index, generation: host.generation))
    }

    func load(of index: Int32) -> Load {
        let host = hosts[Int(index)]
        return Load(outstanding: UInt32(host.outstanding), capacity: host.capacityClass.capacity)
    }

    /// A random open slot, with a probability proportional to its capacity; nil if no slot is open.
    mutating func draw() -> Int32? {
        steps += orderCount
        var place = generator.below(settled.weight + starting.weight + erring.weight)
        if place < settled.weight { return settled.member(at: place) }
        place -= settled.weight
        if place < starting.weight { return starting.member(at: place) }
        return erring.member(at: place - starting.weight)
    }

    /// True if the slot may take this request: slow start permits it, and an erring slot has its share still to come.
    mutating func mayTake(_ index: Int32) -> Bool {
        if hosts[Int(index)].isErring, !isDue(index) { return false }
        return isLucky(index)
    }

    /// True if slow start permits the slot to take this request. The probability is the slot's share; it is 1 if all
    /// open slots are in slow start.
    private mutating func isLucky(_ index: Int32) -> Bool {
        let share = hosts[Int(index)].share
        return share == HostRecord.wholeShare || settled.count == 0 || generator.below(256) <= UInt32(share)
    }

    /// True if the other slots have had their shares of the requests since this slot's last one.
    private func isDue(_ index: Int32) -> Bool {
        let host = hosts[Int(index)]
        guard settled.count + starting.count > 0, host.turn > 0 else { return true }
        let since = (turn &+ 1 &- host.turn) & HostRecord.highestTurn
        return since * UInt64(host.capacityClass.capacity) >= UInt64(routableWeight)
    }

    private var orderCount: Int { settled.classCount + starting.classCount + erring.classCount }

    // MARK: The least loaded

    /// The least loaded open slot outside `tried`; nil if none is left. Among slots of equal load and capacity it is the
    /// slot that got a request longest ago.
    ///
    /// An erring slot whose share is used up is passed over, unless no other slot is open.
    mutating func leastLoaded(excluding tried: TriedSlots) -> Int32? {
        steps += orderCount
        let sound = leastLoadedSound(excluding: tried)
        guard erring.count > 0, let ill = erring.least(excluding: tried, hosts) else { return sound }
        guard let sound else { return erring.choose(from: ill, excluding: tried, hosts) }
        guard ill.load <= load(of: sound) else { return sound }
        let candidate = erring.choose(from: ill, excluding: tried, hosts)
        return mayTake(candidate) ? candidate : sound
    }

    /// The least loaded open slot that is not erring.
    private mutating func leastLoadedSound(excluding tried: TriedSlots) -> Int32? {
        let old = settled.least(excluding: tried, hosts)
        guard starting.count > 0, let new = starting.least(excluding: tried, hosts) else {
            return old.map { settled.choose(from: $0, excluding: tried, hosts) }
        }
        guard let old else { return starting.choose(from: new, excluding: tried, hosts) }
        let isPreferred =
            new.load < old.load
            || new.load == old.load && generator.below(old.weight + new.weight) >= old.weight
        if isPreferred {
            let fresh = starting.choose(from: new, excluding: tried, hosts)
            let share = UInt32(hosts[Int(fresh)].share) + 1
            if new.load.isLessWithOneMore(share: share, than: old.load) || isLucky(fresh) { return fresh }
            // The next turn belongs to another slot in slow start, whose share may be larger.
            hosts[Int(fresh)].turn = turn
            starting.renew(fresh, &hosts)
        }
        return settled.choose(from: old, excluding: tried, hosts)
    }
}
