import Cluster

/// The checks of the invariants that hold after every event.
extension World {
    func checkAcceptors() {
        guard lease == nil else { return }
        for host in hosts.indices {
            let accepting = live.filter { balancers[$0].host == host && balancers[$0].isListening }
            if accepting.count > 1 { violate(.oneAcceptor, "balancers \(accepting) on host \(host)") }
        }
    }

    // MARK: Epochs

    func checkGrant(_ epoch: Epoch, to process: Int) {
        let host = balancers[process].host
        if let wrong = ledger.grant(epoch, on: host) { violate(.epochOnce, wrong) }
        checkTerm(epoch, of: process)
        guard lease == nil else { return }
        // A crash of the host right now must not lose the grant.
        for _ in 0..<2 {
            let what = hosts[host].directory.copy(seed: random.next())
            what.crashHost()
            var coordinator = HostFence(store: SimulatedStore(what, process: 0), seed: random.next())
            if case .granted(let next) = coordinator.acquire(after: .none), next <= epoch {
                violate(.epochDurable, "after a crash of the host, epoch \(next.value) follows \(epoch.value)")
            }
        }
    }

    /// Records that another balancer has answered `process` under `epoch`.
    func show(_ epoch: Epoch, to process: Int) {
        balancers[process].highestShown = max(balancers[process].highestShown, epoch)
    }

    func checkStopsWhenFenced(_ process: Int) {
        let balancer = balancers[process]
        if balancer.isAlive, balancer.isAccepting, balancer.highestShown > balancer.epoch {
            violate(
                .stopsWhenFenced,
                "balancer \(process) of epoch \(balancer.epoch.value) was shown epoch \(balancer.highestShown.value)")
        }
    }

    /// Checks that a coordinator has granted the epoch that ends a reign.
    func checkEnd(of process: Int, for epoch: Epoch) {
        if ledger.host(of: epoch) == nil {
            violate(.claims, "balancer \(process) ends for epoch \(epoch.value), which was never granted")
        }
    }

    /// Checks that a worker obeys only epochs that a coordinator has granted. Claims of peers do not matter.
    private func checkClaims(on worker: SimulatedWorker) {
        let epoch = worker.core.highestEpoch
        if epoch != .none, epoch != worker.highestSeen, ledger.host(of: epoch) == nil {
            violate(.claims, "\(worker.record.id) obeys epoch \(epoch.value), which was never granted")
        }
    }

    /// Checks that a balancer without its lease stops accepting, even if no worker or peer reports the loss.
    ///
    /// A balancer asks its lease client regularly. It can know of the loss as soon as the client does, except while the
    /// balancer hangs.
    func checkFences() {
        guard let lease else { return }
        for process in live where balancers[process].isAccepting && balancers[process].status == .running {
            guard let told = lease.toldOffSince(process) else { continue }
            let knowable = max(told, balancers[process].lastPaused)
            let time = now.milliseconds(since: knowable)
            if time > settings.fenceCheckMilliseconds {
                violate(.fenceKept, "balancer \(process) still accepts \(time) ms after the loss of its lease")
            }
        }
    }

    /// Hands a balancer's answer to a worker. An answer of an earlier reign must not count as a sign of life.
    func answered(_ index: Int, under epoch: Epoch, _ event: (inout MemberCore) -> Void) {
        let isOlder = epoch < workers[index].highestSeen
        if !isOlder { signOfLife(at: index) }
        workers[index].highestSeen = max(workers[index].highestSeen, epoch)
        let before = isOlder ? age(ofCheckBy: index) : nil
        let wasRegistered = workers[index].core.isRegistered
        actWorker(index, event)
        guard isOlder else { return }
        let isSign = age(ofCheckBy: index) == 0 && before != 0
        if isSign || (workers[index].core.isRegistered && !wasRegistered) {
            violate(
                .obedience,
                "\(workers[index].record.id) accepted an answer of epoch \(epoch.value) after epoch "
                    + "\(workers[index].highestSeen.value)")
        }
    }

    /// The age of a worker's last good check, as the worker would report it to a candidate, in milliseconds.
    private func age(ofCheckBy index: Int) -> Int64? {
        var copy = workers[index].core
        let question = Prevote(candidate: copy.record.id, epochSeen: copy.highestEpoch)
        return copy.prevoteAsked(question, now: now).lastGoodCheckMilliseconds
    }

    // MARK: Workers

    func checkWorker(_ index: Int) {
        let worker = workers[index]
        if worker.core.highestEpoch < worker.highestSeen {
            violate(.noStepBack, "\(worker.record.id) has forgotten epoch \(worker.highestSeen.value)")
        }
        checkClaims(on: worker)
        if worker.core.highestEpoch > worker.highestSeen { workers[index].pledge = nil }
        workers[index].highestSeen = max(worker.highestSeen, worker.core.highestEpoch)
        let last = worker.lastSnapshot
        let snapshot = worker.core.snapshot
        guard snapshot.epoch != last.epoch || snapshot.version != last.version || snapshot.workers != last.workers
        else { return }
        if (snapshot.epoch, snapshot.version) <= (last.epoch, last.version) {
            violate(
                .noStepBack,
                "\(worker.record.id) went from version \(last.epoch.value).\(last.version) to "
                    + "\(snapshot.epoch.value).\(snapshot.version)")
        }
        checkIncarnations(from: last, to: snapshot, at: worker.record.id.text)
        workers[index].lastSnapshot = snapshot
    }

    private func checkIncarnations(from last: Snapshot, to snapshot: Snapshot, at whom: String) {
        for worker in last.workers {
            if let now = snapshot.worker(worker.id), now.incarnation < worker.incarnation {
                violate(
                    .noStepBack,
                    "\(whom) went from incarnation \(worker.incarnation) of \(worker.id) to \(now.incarnation)")
            }
        }
    }

    // MARK: Balancers

    func checkBalancer(_ process: Int, effects: [BalancerEffect], routableBefore: Int) {
        guard let core = balancers[process].core else { return }
        let isChanged = effects.contains(.hostsChanged)
        guard isChanged || balancers[process].lastSnapshot.version == 0 else { return }
        let last = balancers[process].lastSnapshot
        let snapshot = core.snapshot
        if snapshot.version < last.version {
            violate(.noStepBack, "balancer \(process) went from version \(last.version) to \(snapshot.version)")
        }
        checkIncarnations(from: last, to: snapshot, at: "balancer \(process)")
        checkEjections(effects, by: process, from: last)
        checkSuspicions(effects, by: process, in: snapshot)
        balancers[process].lastSnapshot = snapshot
        for record in snapshot.workers {
            let isKnown = workers.contains {
                $0.record.id == record.id && $0.record.port == record.port
                    && World.address(ofHost: $0.host) == record.host && $0.incarnations.contains(record.incarnation)
            }
            if !isKnown {
                violate(
                    .identity,
                    "no worker \(record.id) of incarnation \(record.incarnation) runs at port \(record.port)")
            }
            if record.mayStandIn, isPretender(record.id) {
                violate(.claims, "balancer \(process) believes that \(record.id) may stand in")
            }
            if record.offer.capacity > settings.maximumCapacity {
                violate(.claims, "\(record.id) counts with capacity \(record.offer.capacity)")
            }
        }
    }

    /// Checks the ejections for failed probes and requests (soft evidence).
    ///
    /// Other ejections are certain, for example if another process answers at the worker's address. They have no limit.
    private func checkEjections(_ effects: [BalancerEffect], by process: Int, from last: Snapshot) {
        var isCertain = false
        var soft = 0
        for case .event(.ejected(let id, let reason)) in effects {
            guard last.worker(id)?.state == .ready else { continue }
            if reason.hasPrefix("failed") { soft += 1 } else { isCertain = true }
        }
        guard soft > 0, !isCertain else { return }
        let horizon = settings.togetherMilliseconds
        balancers[process].softEjections.removeAll { now.milliseconds(since: $0) >= horizon }
        for _ in 0..<soft { balancers[process].softEjections.append(now) }
        let left = balancers[process].loadBalancer.routableCount
        if left == 0 { violate(.selfDoubt, "balancer \(process) ejected the last worker") }
        if balancers[process].softEjections.count > left {
            violate(
                .selfDoubt,
                "balancer \(process) ejected \(balancers[process].softEjections.count) workers; \(left) workers remain")
        }
    }

    /// Checks what the ends of watches cost. The fault may be at the balancer's own cluster port.
    private func checkSuspicions(_ effects: [BalancerEffect], by process: Int, in snapshot: Snapshot) {
        for case .event(.suspected(let id, _)) in effects {
            let ready = snapshot.workers.count { $0.state == .ready }
            let suspects = snapshot.workers.count { $0.state == .suspect }
            if ready == 0 || suspects > ready {
                violate(
                    .selfDoubt,
                    "balancer \(process) suspects \(id) after the end of its watch; \(ready) workers remain beside \(suspects)"
                )
            }
        }
    }

    // MARK: Requests

    func prove(_ id: NodeID, _ incarnation: UInt64, to process: Int) {
        balancers[process].proven[id] = max(balancers[process].proven[id] ?? 0, incarnation)
    }

    func checkSending(_ attempt: Attempt) {
        guard let id = attempt.id else { return }
        if ledger.isAnswered(attempt.request) || attempt.number > 3 {
            violate(.fewAttempts, "attempt \(attempt.number) of request \(attempt.request) is sent")
        }
        guard let core = balancers[attempt.process].core else { return }
        let isListed = core.snapshot.worker(id)?.incarnation == attempt.incarnation
        if !isListed || !core.isRoutable(id) {
            violate(.noneDropped, "request \(attempt.request) is sent to \(id) of incarnation \(attempt.incarnation)")
        }
        if (balancers[attempt.process].proven[id] ?? 0) < attempt.incarnation {
            violate(.proven, "balancer \(attempt.process) sends request \(attempt.request) to \(id) unverified")
        }
    }

    func checkReading(_ attempt: Attempt, by index: Int) {
        if attempt.epoch < workers[index].highestSeen {
            violate(
                .obedience,
                "\(workers[index].record.id) serves a request of epoch \(attempt.epoch.value) after epoch "
                    + "\(workers[index].highestSeen.value)")
        }
        let count = ledger.read(attempt.request)
        if count > 1, !attempt.isIdempotent {
            violate(.neverTwice, "\(count) workers have read request \(attempt.request)")
        }
    }
}
