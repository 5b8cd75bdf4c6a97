/// Who has how many requests: the nodes of all slots, and the orders in which the open ones stand.
///
/// Workers in slow start stand in an order of their own; those that have as many requests as they take, in none.
struct LoadBook: Sendable {
    var nodes: [OutstandingNode] = []
    private var settled = LoadOrder()
    private var starting = LoadOrder()
    private(set) var fullCount = 0
    /// The capacity of all routable workers, the full included.
    private(set) var routableWeight: UInt32 = 0
    /// Requests outstanding over all workers, gone ones included.
    private(set) var totalOutstanding = 0
    /// Workers and orders looked at while choosing: what a choice costs, whatever the machine.
    var steps = 0
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// Workers that would take another request now.
    var openCount: Int { settled.count + starting.count }

    // MARK: Orders

    /// Takes a slot out of its order. True when it was open.
    mutating func takeOut(_ index: Int32) -> Bool {
        let order = nodes[Int(index)].order
        switch order {
        case .settled: settled.remove(index, &nodes)
        case .starting: starting.remove(index, &nodes)
        case .full: fullCount -= 1
        case .none: return false
        }
        routableWeight -= nodes[Int(index)].capacityClass.capacity
        nodes[Int(index)].order = .none
        return order != .full
    }

    /// Puts a slot that stands in no order into the one where it belongs. True when it is open.
    mutating func putIn(_ index: Int32) -> Bool {
        let node = nodes[Int(index)]
        routableWeight += node.capacityClass.capacity
        if node.isFull {
            nodes[Int(index)].order = .full
            fullCount += 1
            return false
        }
        if node.share == OutstandingNode.wholeShare {
            nodes[Int(index)].order = .settled
            settled.insert(index, &nodes)
        } else {
            nodes[Int(index)].order = .starting
            starting.insert(index, &nodes)
        }
        return true
    }

    /// One more request on an open slot. True when it has become full by that.
    mutating func raise(_ index: Int32) -> Bool {
        if nodes[Int(index)].order == .starting { starting.raise(index, &nodes) } else { settled.raise(index, &nodes) }
        totalOutstanding += 1
        guard nodes[Int(index)].isFull else { return false }
        _ = takeOut(index)
        _ = putIn(index)
        return true
    }

    /// One request less on a slot that has at least one. True when it is open again by that.
    mutating func lower(_ index: Int32) -> Bool {
        totalOutstanding -= 1
        switch nodes[Int(index)].order {
        case .settled: settled.lower(index, &nodes)
        case .starting: starting.lower(index, &nodes)
        case .none: nodes[Int(index)].outstanding -= 1
        case .full:
            nodes[Int(index)].outstanding -= 1
            guard !nodes[Int(index)].isFull else { return false }
            _ = takeOut(index)
            return putIn(index)
        }
        return false
    }

    // MARK: Looking

    /// Whether a slot may be chosen.
    func isOpen(_ index: Int32, besides tried: TriedSlots) -> Bool {
        let node = nodes[Int(index)]
        return node.isOpen && !tried.contains(Slot(index: index, generation: node.generation))
    }

    func load(of index: Int32) -> Load {
        let node = nodes[Int(index)]
        return Load(outstanding: UInt32(node.outstanding), capacity: node.capacityClass.capacity)
    }

    /// One of the open, drawn in proportion to capacity; nil when there is none.
    mutating func draw() -> Int32? {
        steps += settled.classes.nonzeroBitCount + starting.classes.nonzeroBitCount
        let place = generator.below(settled.weight + starting.weight)
        if place < settled.weight { return settled.member(at: place) }
        return starting.member(at: place - settled.weight)
    }

    /// Whether a slow start lets a slot have this request: with the probability of its share, or when all are starting.
    mutating func isLucky(_ index: Int32) -> Bool {
        let share = nodes[Int(index)].share
        return share == OutstandingNode.wholeShare || settled.count == 0 || generator.below(256) <= UInt32(share)
    }

    /// The least loaded of the open, without the tried; nil when nobody is left.
    mutating func leastLoaded(excluding tried: TriedSlots) -> Int32? {
        steps += settled.classes.nonzeroBitCount + starting.classes.nonzeroBitCount
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
        if isPreferred, new.load.isLessWithOneMore(share: share, than: old.load) || isLucky(fresh) { return fresh }
        return settled.draw(from: old, &generator)
    }
}
