/// The order in which workers may start a successor, as one worker sees it.
///
/// The first are the workers of the balancer's own lock domain that may: they have its lock and its listeners. The next
/// are the workers of other lock domains that may act across hosts. In each group the order is (port, host, id), ready
/// workers first, and leaving ones are excluded. Workers that are not ready are included, because a balancer may die
/// before it has probed its hints.
package struct SuccessionOrder: Sendable, Equatable {
    /// The balancer's lock domain; nil if its version knows none.
    package let lockDomain: LockDomain?
    /// The workers of the balancer's lock domain.
    package let candidates: [WorkerRecord]
    /// The workers of other lock domains that may act across hosts.
    package let distant: [WorkerRecord]
    /// The viewer is in the balancer's lock domain. If either has a version without lock domains, every worker counts
    /// as in it, and lock and listeners decide.
    package let sharesLockDomain: Bool

    /// - Parameters:
    ///   - viewer: the worker with this view.
    ///   - lockDomain: the balancer's lock domain, if the viewer knows it of a later reign than the snapshot's.
    package init(of snapshot: Snapshot, seenBy viewer: WorkerRecord, balancerIn lockDomain: LockDomain? = nil) {
        let lockDomain = lockDomain ?? snapshot.lockDomain
        let sharesLockDomain = lockDomain == nil || viewer.lockDomain == nil || lockDomain == viewer.lockDomain
        let isNear = { (worker: WorkerRecord) in
            if let lockDomain, let other = worker.lockDomain { return lockDomain == other }
            return sharesLockDomain && HostName.isSameMachine(worker.host, viewer.host)
        }
        let able = snapshot.workers.filter { $0.mayStandIn && !$0.isLeaving }
        self.lockDomain = lockDomain
        self.sharesLockDomain = sharesLockDomain
        candidates = SuccessionOrder.sorted(able.filter(isNear))
        distant = SuccessionOrder.sorted(able.filter { $0.acrossHosts && $0.lockDomain != nil && !isNear($0) })
    }

    private static func sorted(_ workers: [WorkerRecord]) -> [WorkerRecord] {
        workers.sorted { left, right in
            let isLeftReady = left.state == .ready
            let isRightReady = right.state == .ready
            return isLeftReady == isRightReady ? WorkerRecord.precedes(left, right) : isLeftReady
        }
    }

    /// The number of living candidates before `id`; nil if it is no candidate.
    package func rank(of id: NodeID, without dead: Set<NodeID> = []) -> Int? {
        var rank = 0
        for candidate in candidates {
            if candidate.id == id { return rank }
            if !dead.contains(candidate.id) { rank += 1 }
        }
        return nil
    }

    /// The position of a worker of another lock domain.
    package struct Turn: Sendable, Equatable {
        /// Lock domains with a living worker before it.
        package let domainsBefore: Int
        /// Living workers of its own lock domain before it.
        package let rank: Int

        package init(domainsBefore: Int, rank: Int) {
            self.domainsBefore = domainsBefore
            self.rank = rank
        }
    }

    /// Nil if `id` is not one of the distant workers.
    ///
    /// A dead host takes all its workers along, so the others wait once for it, not once for each worker.
    package func turn(of id: NodeID, without dead: Set<NodeID> = []) -> Turn? {
        guard let own = distant.first(where: { $0.id == id })?.lockDomain else { return nil }
        var domains: Set<LockDomain> = []
        var rank = 0
        for worker in distant {
            if worker.id == id { break }
            if dead.contains(worker.id) { continue }
            if let lockDomain = worker.lockDomain, lockDomain != own { domains.insert(lockDomain) } else { rank += 1 }
        }
        return Turn(domainsBefore: domains.count, rank: rank)
    }

    /// The workers that `id` asks before it takes over on suspicion: the living others among the first `count`, because
    /// their checks are the most frequent. If none of them is left, the first living others.
    package func electors(for id: NodeID, without dead: Set<NodeID>, count: Int) -> [WorkerRecord] {
        let isElector = { (candidate: WorkerRecord) in candidate.id != id && !dead.contains(candidate.id) }
        let close = candidates.prefix(count).filter(isElector)
        return close.isEmpty ? Array(candidates.lazy.filter(isElector).prefix(count)) : close
    }
}
