import Cluster

/// The checks that a balancer accepts, and that no worker kills a balancer without cause.
extension World {
    /// The time in which workers must notice a hung balancer, even if all earlier workers of the succession fail. It is
    /// no promise: the benchmark measures the real times.
    static let stableMilliseconds: Int64 = 6000

    /// Checks that a balancer accepts while a worker that may act has been without faults for long.
    ///
    /// The check runs with each inspection, not with each event. So it misses most reigns of a few milliseconds, which
    /// serve no client. Six histories in a million had one such reign after another: a worker that remembered a later
    /// reign ended each of them.
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
            guard worker.status == .running, !worker.isStopping, worker.core.rank != nil, worker.core.sharesLockDomain,
                mayHavePorts(worker)
            else {
                workers[index].eligibleSince = nil
                continue
            }
            let since = worker.eligibleSince ?? now
            workers[index].eligibleSince = since
            // Faults of the host and of the network excuse the worker.
            let quietSince = max(since, max(hosts[worker.host].lastAilment, lastStorm))
            guard loss == 0, slowness == 0, !isBlocked, now.milliseconds(since: quietSince) > World.stableMilliseconds,
                hosts[worker.host].foreignPorts.isEmpty, !hosts[worker.host].directory.isFull
            else { continue }
            if isStoppedByLiar(worker) { continue }
            // A worker waits for the process that it has started, up to the timeout of a takeover.
            if let candidate = worker.candidate, balancers[candidate].status == .paused {
                workers[index].eligibleSince = nil
                continue
            }
            coverage.see(.livenessCheck)
            // Only a worker that holds the listeners of a hung balancer can kill the balancer.
            if let holder = hosts[worker.host].directory.holder ?? lease?.holder,
                balancers[holder].status == .paused, worker.held != holder
            {
                continue
            }
            if now.milliseconds(since: ledger.lastAccepted[worker.host]) > World.stableMilliseconds {
                violate(.liveness, "no balancer accepts, although \(worker.record.id) could act: \(condition)")
            }
        }
    }

    /// Whether a worker has the listeners or can bind them. It can't bind while another process holds them.
    private func mayHavePorts(_ worker: SimulatedWorker) -> Bool {
        worker.held != nil || !arePortsHeld(on: worker.host)
    }

    private var isBlocked: Bool { blocked.contains { $0.contains { $0 > 0 } } }

    /// A worker kills the silent balancer whose listeners the worker holds.
    func kill(holder: Int, by index: Int) {
        guard balancers[holder].isAlive else { return }
        coverage.see(.killedHolder)
        tell("\(workers[index].record.id) kills balancer \(holder)")
        let worker = workers[index]
        let others = worker.core.snapshot.workers.contains {
            $0.id != worker.record.id && $0.mayStandIn && $0.state != .draining && $0.host == worker.record.host
                && (isHonest($0.id) || $0.lockDomain == nil || $0.lockDomain == worker.record.lockDomain)
        }
        if others, worker.ballot.asked == 0 {
            violate(.asked, "\(worker.record.id) killed balancer \(holder) without a vote")
        }
        // An answer to an earlier prevote is no objection to the present one.
        let isRecent =
            worker.ballot.began.map { now.milliseconds(since: $0) <= settings.prevoteTimeoutMilliseconds } ?? false
        // The candidate itself agrees too, so an equal number of objections does not stop it.
        if isRecent, worker.ballot.objected > worker.ballot.agreed {
            violate(.asked, "\(worker.record.id) killed balancer \(holder), \(worker.ballot.objected) objected")
        }
        let rule = Int64(settings.watchMisses) * settings.watchFastMilliseconds
        if let moved = worker.lastMoved, now.milliseconds(since: moved) < rule {
            violate(
                .livingSpared,
                "\(worker.record.id) killed balancer \(holder), silent for only \(now.milliseconds(since: moved)) ms"
            )
        }
        if isHealthy(holder) {
            violate(.healthySpared, "\(worker.record.id) killed balancer \(holder), which was healthy")
        }
        killBalancer(holder)
    }

    private func isHonest(_ id: NodeID) -> Bool {
        guard let liar = plan.liar else { return true }
        return workers[liar.worker].record.id != id
    }

    /// The maximum age of evidence: the timeout of a registration, and the delay of the last rank after it.
    private static let calmMilliseconds: Int64 = 3000 + 5 * 150

    private func isHealthy(_ process: Int) -> Bool {
        let balancer = balancers[process]
        guard balancer.status == .running, balancer.isComplete, loss == 0, slowness == 0 else { return false }
        let quietSince = max(balancer.lastPaused, lastStorm)
        return now.milliseconds(since: quietSince) > World.calmMilliseconds
    }
}
