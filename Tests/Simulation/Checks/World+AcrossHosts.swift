import Cluster

/// What is promised where there is no common lock: docs/failover.md, "Across hosts".
///
/// That only one balancer accepts is not: each side of a partition may have one. What is checked besides is what holds
/// everywhere (epochs, obedience, who is shown a higher epoch), and that one balancer is left when the weather is calm.
extension World {
    /// A balancer has answered a worker, and not one of an earlier reign.
    func signOfLife(at index: Int) {
        workers[index].lastSign = now
        workers[index].pledge = nil
    }

    /// A worker has decided to bring the balancer back. Whether it is another home's, the ledger knows.
    func checkTakeover(by index: Int, after: Epoch, snapshot: Snapshot, killHolder: Bool) {
        let worker = workers[index]
        guard let reigned = ledger.host(of: after), reigned != worker.host else { return }
        coverage.see(.acrossHosts)
        let who = worker.record.id
        if !worker.record.acrossHosts {
            violate(.neighbours, "\(who) brings back epoch \(after.value) of host \(reigned)")
        }
        if killHolder { violate(.neighbours, "\(who) kills the balancer of host \(reigned)") }
        let silence = now.milliseconds(since: worker.lastSign)
        if silence < settings.distantGraceMilliseconds {
            violate(.graced, "\(who) takes over from host \(reigned) after \(silence) ms")
        }
        checkMajority(worker, of: snapshot)
    }

    private func checkMajority(_ worker: SimulatedWorker, of snapshot: Snapshot) {
        // Where nobody is there to be asked, the last ballot is one of an earlier attempt.
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

    /// A worker asks the others for their support.
    func checkCandidacy(_ prevote: Prevote, of index: Int) {
        guard prevote.isAcrossHosts, let pledge = workers[index].pledge, pledge.until > now else { return }
        violate(.pledged, "\(prevote.candidate) stands, and supports \(pledge.candidate)")
    }

    /// A worker has answered a candidate.
    func checkPledge(_ answer: PrevoteAnswer, to prevote: Prevote, by index: Int) {
        guard prevote.isAcrossHosts, answer.agrees else { return }
        if let pledge = workers[index].pledge, pledge.candidate != prevote.candidate, pledge.until > now {
            violate(
                .pledged,
                "\(workers[index].record.id) supports \(prevote.candidate), and \(pledge.candidate) before")
        }
        workers[index].pledge = (prevote.candidate, after(milliseconds: settings.promiseMilliseconds))
    }

    /// An epoch above one that another home was granted is of a later term.
    func checkTerm(_ epoch: Epoch, of process: Int) {
        let before = balancers[process].after
        guard lease == nil, let reigned = ledger.host(of: before), reigned != balancers[process].host else { return }
        // Its own home may have got further meanwhile, in a term of its own.
        if epoch.term <= before.term {
            violate(.laterTerm, "epoch \(epoch.value) on host \(balancers[process].host) after \(before.value)")
        }
    }

    /// Nobody holds the ports of a host whose reign has gone elsewhere.
    func arePortsHeldOnlyWithReign(on host: Int) -> Bool {
        hosts.indices.allSatisfy { $0 == host || !arePortsHeld(on: $0) }
    }
}
