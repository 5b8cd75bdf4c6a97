import Cluster

/// The messages of a lying worker. The liar has a worker certificate and may make any claim.
///
/// The liar lies about epochs, lock domains, votes, its capacity and its right to stand in. It can't speak for another
/// node, because certificates prevent that. Apart from its lies, it runs the same core as every worker.
extension World {
    func isLiar(_ index: Int) -> Bool { plan.liar?.worker == index }

    /// Whether this worker is the liar and has no proof that it may stand in.
    func isPretender(_ id: NodeID) -> Bool {
        guard let liar = plan.liar, !liar.holdsListeners else { return false }
        return workers[liar.worker].record.id == id
    }

    /// Whether the liar and `worker` are the only voters on the worker's host.
    private func isAloneWithLiar(_ worker: SimulatedWorker) -> Bool {
        guard let liar = plan.liar, liar.holdsListeners, workers[liar.worker].isAlive else { return false }
        let honest = workers.contains {
            $0.index != worker.index && $0.index != liar.worker && $0.host == worker.host && $0.status == .running
                && $0.core.rank != nil && $0.core.sharesLockDomain
        }
        return workers[liar.worker].host == worker.host && !honest
    }

    /// Whether the objections of the liar can stop this worker. The worker can't know whether they are true. If the lock is
    /// free, it needs no vote.
    func isStoppedByLiar(_ worker: SimulatedWorker) -> Bool {
        isAloneWithLiar(worker) && !isLockFree(on: worker.host)
    }

    /// Whether the objections of the liar can stop every honest worker that may act.
    var isLiarDecisive: Bool {
        let able = workers.filter {
            !isLiar($0.index) && $0.status == .running && $0.core.rank != nil && $0.core.sharesLockDomain
        }
        return !able.isEmpty && able.allSatisfy(isStoppedByLiar)
    }

    /// Whether an objection counts: it must report a recent answer of the balancer.
    func counts(_ answer: PrevoteAnswer?, in ballot: BallotRecord) -> Bool {
        if let answer, !ballot.isAcrossHosts, answer.epochSeen < ballot.epoch { return false }
        let fresh = Int64(settings.watchMisses) * max(settings.watchFastMilliseconds, settings.watchSlowMilliseconds)
        return answer?.lastGoodCheckMilliseconds.map { (0...fresh).contains($0) } ?? false
    }

    private func falseEpoch() -> Epoch {
        let known = ledger.highest.value
        let lies = [
            known + 1, known + 300, known | 1 << 30, 1 << 40, Epoch.leapCeiling.value - 1, Epoch.leapCeiling.value,
            Epoch.ceiling.value - 1, Epoch.ceiling.value, Epoch.ceiling.value + 1, .max,
        ]
        return Epoch(pick(lies) ?? known)
    }

    private func falseLockDomain() -> LockDomain? {
        pick([LockDomain("home-0"), LockDomain("home-1"), LockDomain("home-\(random.below(100))"), nil]) ?? nil
    }

    func lie(_ registration: Registration) -> Registration {
        coverage.see(.lie)
        var told = registration
        told.lockDomain = falseLockDomain()
        told.mayStandIn = true
        told.acrossHosts = chance(50)
        told.offer.capacity = WorkerOffer.maximumCapacity
        if chance(30) { told.maximumEpochSeen = falseEpoch() }
        return told
    }

    func lie(_ watch: Watch) -> Watch {
        var told = watch
        if chance(20) { told.epochSeen = falseEpoch() }
        return told
    }

    func lie(_ answer: PrevoteAnswer) -> PrevoteAnswer {
        coverage.see(.lie)
        return PrevoteAnswer(agrees: chance(20), lastGoodCheckMilliseconds: 1, epochSeen: falseEpoch())
    }

    /// The liar's false answer to a request; nil if the worker serves the request.
    func lieAboutRequest(at index: Int) -> AttemptResult? {
        isLiar(index) && chance(50) ? .fenced(falseEpoch()) : nil
    }

    /// The liar sends a lie without a request.
    func doLie() {
        guard let liar = plan.liar, workers[liar.worker].status == .running else { return }
        coverage.see(.lie)
        let worker = workers[liar.worker]
        let caller = Caller(worker: liar.worker, life: worker.life, call: 0)
        let id = worker.record.id
        switch random.below(4) {
        case 0:
            let address = World.balancerAddress(ofHost: Int(random.below(UInt32(plan.hosts))))
            let request = DiscoveryRequest(epochSeen: falseEpoch(), reignsAt: chance(50) ? address : nil)
            for host in hosts.indices { discover(World.balancerAddress(ofHost: host), request, by: caller) }
        case 1:
            let prevote = Prevote(candidate: id, epochSeen: falseEpoch(), acrossHosts: chance(50) ? true : nil)
            for other in workers where other.index != liar.worker { ask(other.record, prevote, by: caller) }
        case 2:
            let incarnation = worker.record.incarnation
            ask(.standInShown(id, incarnation: incarnation, peer: identity(id)), from: caller)
        default:
            let registration = Registration(
                id: id, host: worker.record.host, port: worker.record.port, incarnation: worker.record.incarnation,
                mayStandIn: true)
            ask(.register(lie(registration), peer: identity(id), from: caller), from: caller)
        }
    }
}
