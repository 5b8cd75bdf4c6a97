/// The answers to one prevote.
struct Ballot: Sendable, Equatable {
    /// The rule by which a ballot succeeds.
    enum Rule: Sendable, Equatable {
        /// More workers agree than object, the candidate included. So one worker that lies does not stop a cluster of three.
        ///
        /// An objection counts only with evidence: a good check within `freshMilliseconds`, of the candidate's reign or a later
        /// one. A worker without an answer does not object.
        case moreAgree(freshMilliseconds: Int64)
        /// More than half of the registered workers agree, the candidate included, and they have two lock domains at least.
        /// If one host is cut off, all of its workers agree.
        ///
        /// A worker claims its lock domain, but the balancer has checked its address. Two lock domains at one address count
        /// as one.
        case quorum(registered: Int)
        /// No worker objects.
        case noneObjects
    }

    /// Answers that are awaited at a time. The candidate asks a large cluster in several rounds.
    static let maximumAwaited = 64

    let rule: Rule
    /// Workers that were asked and have not answered.
    private(set) var silent: Set<NodeID> = []
    private var unasked: ArraySlice<WorkerRecord>
    private var places: [NodeID: Place] = [:]
    private(set) var agreed = 0
    private(set) var objected = 0
    /// The lock domains and the hosts of the workers that agree.
    private var agreedDomains: Set<LockDomain> = []
    private var agreedHosts: Set<String> = []

    private struct Place: Sendable, Equatable {
        let lockDomain: LockDomain?
        let host: String
    }

    /// A ballot without voters, which is never carried.
    static let none = Ballot(asking: [], rule: .quorum(registered: .max / 4))

    private init(asking voters: [WorkerRecord], rule: Rule) {
        self.rule = rule
        unasked = voters[...]
    }

    /// A ballot that asks `voters`. The candidate agrees with itself, if the rule counts agreement.
    init(of candidate: WorkerRecord, asking voters: [WorkerRecord], rule: Rule) {
        self.init(asking: voters, rule: rule)
        if rule != .noneObjects { agree(at: Place(lockDomain: candidate.lockDomain, host: candidate.host)) }
    }

    /// The workers to ask now, so that at most `maximumAwaited` answers are awaited.
    mutating func next() -> [WorkerRecord] {
        let asked = unasked.prefix(Ballot.maximumAwaited - min(silent.count, Ballot.maximumAwaited))
        unasked = unasked.dropFirst(asked.count)
        for worker in asked {
            silent.insert(worker.id)
            places[worker.id] = Place(lockDomain: worker.lockDomain, host: worker.host)
        }
        return Array(asked)
    }

    /// Counts an answer; nil for a worker that can't be reached. Returns false if `id` was not asked or has answered.
    ///
    /// - Parameter epoch: the highest epoch that the candidate has met.
    mutating func count(_ answer: PrevoteAnswer?, from id: NodeID, after epoch: Epoch) -> Bool {
        guard silent.remove(id) != nil else { return false }
        guard let answer else { return true }
        if answer.agrees {
            if let place = places[id] { agree(at: place) }
        } else if isEvident(answer, against: epoch) {
            objected += 1
        }
        return true
    }

    private mutating func agree(at place: Place) {
        agreed += 1
        if let lockDomain = place.lockDomain { agreedDomains.insert(lockDomain) }
        agreedHosts.insert(place.host)
    }

    /// True if an objection reports a recent sign of life of the candidate's reign or a later one.
    ///
    /// A balancer of an earlier reign may be well. It says nothing of the reign that the candidate misses, and the candidate
    /// must not return to it.
    private func isEvident(_ objection: PrevoteAnswer, against epoch: Epoch) -> Bool {
        guard case .moreAgree(let fresh) = rule else { return true }
        guard objection.epochSeen >= epoch else { return false }
        return objection.lastGoodCheckMilliseconds.map { (0...fresh).contains($0) } ?? false
    }

    /// Every worker was asked and has answered.
    var isComplete: Bool { silent.isEmpty && unasked.isEmpty }

    /// No further answer can change the result.
    var isDecided: Bool {
        if case .quorum = rule { isCarried } else { false }
    }

    var isCarried: Bool {
        switch rule {
        case .moreAgree: agreed > objected
        case .quorum(let registered): 2 * agreed > registered && agreedDomains.count > 1 && agreedHosts.count > 1
        case .noneObjects: objected == 0
        }
    }
}
