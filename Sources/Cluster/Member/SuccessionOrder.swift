/// Who stands in for the balancer, and in which order, as one worker sees it.
///
/// First come the workers of the balancer's own home that may: they have its lock and its listeners. Then the workers of
/// other homes that may act across hosts. Within each the order is (port, host, id), ready workers first; the others
/// that are not leaving come after them: when a balancer dies before it has probed its hints, nobody is ready, and
/// somebody must act all the same.
package struct SuccessionOrder: Sendable, Equatable {
    /// The balancer's home; nil where that is of a version that knows no homes.
    package let home: Home?
    /// The workers of the balancer's home.
    package let candidates: [WorkerRecord]
    /// The workers of other homes that may act across hosts.
    package let distant: [WorkerRecord]
    /// Whether the viewer lives in the balancer's home. Where either is of a version that knows no homes, every worker
    /// takes itself for a neighbour of the balancer, and lock and listeners tell.
    package let isAtHome: Bool

    /// - Parameters:
    ///   - viewer: the worker whose view this is.
    ///   - home: where the balancer lives, when the viewer knows it of a later reign than the snapshot's.
    package init(of snapshot: Snapshot, seenBy viewer: WorkerRecord, balancerIn home: Home? = nil) {
        let home = home ?? snapshot.home
        let isAtHome = home == nil || viewer.home == nil || home == viewer.home
        let isNear = { (worker: WorkerRecord) in
            if let home, let other = worker.home { return home == other }
            return isAtHome && HostName.isSameMachine(worker.host, viewer.host)
        }
        let able = snapshot.workers.filter { $0.mayStandIn && $0.state != .draining }
        self.home = home
        self.isAtHome = isAtHome
        candidates = SuccessionOrder.sorted(able.filter(isNear))
        distant = SuccessionOrder.sorted(able.filter { $0.acrossHosts && $0.home != nil && !isNear($0) })
    }

    private static func sorted(_ workers: [WorkerRecord]) -> [WorkerRecord] {
        workers.sorted { left, right in
            let isLeftReady = left.state == .ready
            let isRightReady = right.state == .ready
            return isLeftReady == isRightReady ? WorkerRecord.precedes(left, right) : isLeftReady
        }
    }

    /// How many living candidates come before `id`; nil when it is no candidate.
    package func rank(of id: NodeID, without dead: Set<NodeID> = []) -> Int? {
        var rank = 0
        for candidate in candidates {
            if candidate.id == id { return rank }
            if !dead.contains(candidate.id) { rank += 1 }
        }
        return nil
    }

    /// When a worker of another home has its turn.
    package struct Turn: Sendable, Equatable {
        /// Homes with a living worker that comes before it.
        package let homesBefore: Int
        /// Living workers of its own home that come before it.
        package let rank: Int

        package init(homesBefore: Int, rank: Int) {
            self.homesBefore = homesBefore
            self.rank = rank
        }
    }

    /// Nil when `id` is none of the distant.
    ///
    /// A host that is gone takes all its workers along, so it costs the others one wait, not one for each.
    package func turn(of id: NodeID, without dead: Set<NodeID> = []) -> Turn? {
        guard let own = distant.first(where: { $0.id == id })?.home else { return nil }
        var homes: Set<Home> = []
        var rank = 0
        for worker in distant {
            if worker.id == id { break }
            if dead.contains(worker.id) { continue }
            if let home = worker.home, home != own { homes.insert(home) } else { rank += 1 }
        }
        return Turn(homesBefore: homes.count, rank: rank)
    }

    /// Whom `id` asks before it takes over on suspicion: the living others among the first `count`, because those watch
    /// closely and know best. Where none of them is left, the first living others.
    package func electors(for id: NodeID, without dead: Set<NodeID>, count: Int) -> [WorkerRecord] {
        let isElector = { (candidate: WorkerRecord) in candidate.id != id && !dead.contains(candidate.id) }
        let close = candidates.prefix(count).filter(isElector)
        return close.isEmpty ? Array(candidates.lazy.filter(isElector).prefix(count)) : close
    }
}
