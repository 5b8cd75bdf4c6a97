/// The answers to one prevote.
struct Ballot: Sendable, Equatable {
    /// What it takes.
    enum Rule: Sendable, Equatable {
        /// More than half of those who answered must agree. Where nobody answers, nobody objects.
        case fewObject
        /// More than half of the registered workers must agree, the candidate included, and they must live in two homes
        /// at least: all workers of one host would agree when only that host is cut off.
        case quorum(registered: Int)
        /// Nobody who answers may object.
        case noneObjects
    }

    /// A large cluster is asked by and by: so many answers are awaited at a time.
    static let maximumAwaited = 64

    let rule: Rule
    /// Asked, and not heard of yet.
    private(set) var silent: Set<NodeID> = []
    private var unasked: ArraySlice<WorkerRecord>
    private var homes: [NodeID: Home] = [:]
    private(set) var agreed = 0
    private(set) var objected = 0
    /// Where those who agree live.
    private var agreedHomes: Set<Home> = []

    /// A ballot that asks nobody and is never carried.
    static let none = Ballot(asking: [], rule: .quorum(registered: .max / 4))

    init(asking electors: [WorkerRecord], rule: Rule = .fewObject) {
        self.rule = rule
        unasked = electors[...]
    }

    /// A ballot of all registered workers, in which the candidate agrees with itself.
    init(of candidate: WorkerRecord, asking voters: [WorkerRecord], rule: Rule) {
        self.init(asking: voters, rule: rule)
        guard case .quorum = rule else { return }
        agreed = 1
        if let home = candidate.home { agreedHomes.insert(home) }
    }

    /// Who is to be asked next, so that enough are, and not too many.
    mutating func next() -> [WorkerRecord] {
        let asked = unasked.prefix(Ballot.maximumAwaited - min(silent.count, Ballot.maximumAwaited))
        unasked = unasked.dropFirst(asked.count)
        for worker in asked {
            silent.insert(worker.id)
            homes[worker.id] = worker.home
        }
        return Array(asked)
    }

    /// Counts an answer, nil for one that can't be reached. False when `id` was not asked, or has answered.
    mutating func count(_ answer: PrevoteAnswer?, from id: NodeID) -> Bool {
        guard silent.remove(id) != nil else { return false }
        guard let answer else { return true }
        if answer.agrees {
            agreed += 1
            if let home = homes[id] { agreedHomes.insert(home) }
        } else {
            objected += 1
        }
        return true
    }

    /// Nobody is left to wait for.
    var isComplete: Bool { silent.isEmpty && unasked.isEmpty }

    /// No further answer can change it.
    var isDecided: Bool {
        if case .quorum = rule { isCarried } else { false }
    }

    var isCarried: Bool {
        switch rule {
        case .fewObject: agreed > objected || (agreed == 0 && objected == 0)
        case .quorum(let registered): 2 * agreed > registered && agreedHomes.count > 1
        case .noneObjects: objected == 0
        }
    }
}
