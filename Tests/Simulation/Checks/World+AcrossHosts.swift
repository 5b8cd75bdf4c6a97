import Cluster

/// The guarantees without a common lock: docs/failover.md, "Across hosts".
///
/// Two balancers may accept at a time: one on each side of a partition. The other guarantees hold everywhere (epochs,
/// obedience, reports of a higher epoch). When the faults have stopped, one balancer must remain.
extension World {
    /// Records that a balancer has answered a worker. The balancer is not of an earlier reign.
    func signOfLife(at index: Int) {
        workers[index].lastSign = now
        workers[index].pledge = nil
    }

    /// Checks a worker's decision to start a successor. The ledger knows the lock domain of the last balancer.
    func checkTakeover(by index: Int, after: Epoch, killHolder: Bool) {
        let worker = workers[index]
        guard let reigned = ledger.host(of: after), reigned != worker.host else { return }
        coverage.see(.acrossHosts)
        let who = worker.record.id
        if !worker.record.acrossHosts {
            violate(.neighbours, "\(who) replaces the balancer of epoch \(after.value) of host \(reigned)")
        }
        if killHolder { violate(.neighbours, "\(who) kills the balancer of host \(reigned)") }
        let silence = now.milliseconds(since: worker.lastSign)
        if silence < settings.distantGraceMilliseconds {
            violate(.graced, "\(who) takes over from host \(reigned) after \(silence) ms of silence")
        }
        checkMajority(worker, of: worker.core.snapshot)
    }

    private func checkMajority(_ worker: SimulatedWorker, of snapshot: Snapshot) {
        // If the worker has no voter to ask, its last ballot belongs to an earlier attempt.
        let patience = settings.quorumTimeoutMilliseconds + Int64(snapshot.workers.count) * 20
        let isPresent = worker.ballot.began.map { now.milliseconds(since: $0) <= patience } ?? false
        let ballot = isPresent ? worker.ballot : BallotRecord()
        let count =
            "\(ballot.agreed) of \(snapshot.workers.count) agree with \(worker.record.id), \(ballot.objected) object"
        guard plan.needsQuorum else {
            if ballot.objected > 0, ballot.isAcrossHosts { violate(.quorum, count) }
            return
        }
        let isMajority = 2 * (ballot.agreed + 1) > snapshot.workers.count
        let isOfTwo = ballot.agreedHosts.contains { $0 != worker.host }
        if !isPresent || !ballot.isAcrossHosts || !isMajority || !isOfTwo { violate(.quorum, count) }
    }

    /// Checks that a worker which asks for votes has promised its support to no other candidate.
    func checkCandidacy(_ prevote: Prevote, of index: Int) {
        guard prevote.isAcrossHosts, let pledge = workers[index].pledge, pledge.until > now else { return }
        violate(.pledged, "\(prevote.candidate) asks for votes and supports \(pledge.candidate)")
    }

    /// Checks a worker's answer to a candidate, and records the promise in it.
    func checkPledge(_ answer: PrevoteAnswer, to prevote: Prevote, by index: Int) {
        guard prevote.isAcrossHosts, answer.agrees else { return }
        if let pledge = workers[index].pledge, pledge.candidate != prevote.candidate, pledge.until > now {
            violate(
                .pledged,
                "\(workers[index].record.id) supports \(prevote.candidate) during its promise to \(pledge.candidate)")
        }
        // A repeated request does not extend the promise.
        if let pledge = workers[index].pledge, pledge.until > now { return }
        workers[index].pledge = (prevote.candidate, after(milliseconds: settings.promiseMilliseconds))
    }

    /// Checks that an epoch which follows one of another lock domain has a later term.
    func checkTerm(_ epoch: Epoch, of process: Int) {
        let before = balancers[process].after
        guard lease == nil, let reigned = ledger.host(of: before), reigned != balancers[process].host else { return }
        // The process's own lock domain may have granted epochs meanwhile, in its own term.
        if epoch.term <= before.term {
            violate(.laterTerm, "epoch \(epoch.value) on host \(balancers[process].host) follows epoch \(before.value)")
        }
    }

    /// Whether no process holds the balancer's ports on any host except `host`.
    func arePortsHeldOnlyWithReign(on host: Int) -> Bool {
        hosts.indices.allSatisfy { $0 == host || !arePortsHeld(on: $0) }
    }
}
