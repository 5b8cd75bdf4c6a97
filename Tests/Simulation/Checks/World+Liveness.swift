import Cluster

/// That somebody accepts, and that nobody is ended who need not be.
extension World {
    /// Long enough for a hang to be noticed and for everybody before to fail. Nothing is promised in figures here; the
    /// benchmark measures.
    static let stableMilliseconds: Int64 = 6000

    /// While some worker that may act has been left alone for long, somebody has accepted since.
    ///
    /// It is looked at with each inspection, not with each event, so that reigns of some milliseconds hardly count. They serve
    /// nobody: six histories in a million had one such reign after another, each ended by a worker that remembered a later one.
    func checkLiveness() {
        for host in hosts.indices {
            if live.contains(where: {
                balancers[$0].host == host && balancers[$0].isAccepting && balancers[$0].status == .running
            }) {
                ledger.lastAccepted[host] = now
            }
        }
        for index in workers.indices {
            let worker = workers[index]
            guard worker.status == .running, !worker.isStopping, worker.core.rank != nil, worker.core.isAtHome,
                mayHavePorts(worker)
            else {
                workers[index].eligibleSince = nil
                continue
            }
            let since = worker.eligibleSince ?? now
            workers[index].eligibleSince = since
            // Neither the host nor the network shall have had anything to do with it.
            let quietSince = max(since, max(hosts[worker.host].lastAilment, lastStorm))
            guard loss == 0, slowness == 0, !isBlocked, now.milliseconds(since: quietSince) > World.stableMilliseconds,
                hosts[worker.host].foreignPorts.isEmpty, !hosts[worker.host].directory.isFull
            else { continue }
            coverage.see(.livenessCheck)
            // A holder that hangs can be ended only by who knew it before.
            if let holder = hosts[worker.host].directory.holder ?? lease?.holder,
                balancers[holder].status == .paused, worker.held != holder
            {
                continue
            }
            if now.milliseconds(since: ledger.lastAccepted[worker.host]) > World.stableMilliseconds {
                violate(.liveness, "\(worker.record.id) has been able to act for long: \(condition)")
            }
        }
    }

    /// Who holds no listeners can't act as long as another process does.
    private func mayHavePorts(_ worker: SimulatedWorker) -> Bool {
        worker.held != nil || !arePortsHeld(on: worker.host)
    }

    private var isBlocked: Bool { blocked.contains { $0.contains { $0 > 0 } } }

    /// A worker ends the balancer whose listeners it holds, since it does not answer.
    func kill(holder: Int, by index: Int) {
        guard balancers[holder].isAlive else { return }
        coverage.see(.killedHolder)
        tell("\(workers[index].record.id) kills balancer \(holder)")
        let worker = workers[index]
        let others = worker.core.snapshot.workers.contains {
            $0.id != worker.record.id && $0.mayStandIn && $0.state != .draining && $0.host == worker.record.host
        }
        if others, worker.ballot.asked == 0 {
            violate(.asked, "\(worker.record.id) killed balancer \(holder) and asked nobody")
        }
        // What was said to an earlier question is no objection to this one.
        let isRecent =
            worker.ballot.began.map { now.milliseconds(since: $0) <= settings.prevoteTimeoutMilliseconds } ?? false
        if isRecent, worker.ballot.objected > 0, worker.ballot.objected >= worker.ballot.agreed {
            violate(.asked, "\(worker.record.id) killed balancer \(holder) against \(worker.ballot.objected)")
        }
        if isHealthy(holder) {
            violate(.healthySpared, "\(worker.record.id) killed balancer \(holder), which was well")
        }
        killBalancer(holder)
    }

    /// Evidence is as old as the longest wait for an answer, a registration's, and the delay of the last rank behind it.
    private static let calmMilliseconds: Int64 = 3000 + 5 * 150

    private func isHealthy(_ process: Int) -> Bool {
        let balancer = balancers[process]
        guard balancer.status == .running, balancer.isComplete, loss == 0, slowness == 0 else { return false }
        let quietSince = max(balancer.lastPaused, lastStorm)
        return now.milliseconds(since: quietSince) > World.calmMilliseconds
    }
}
