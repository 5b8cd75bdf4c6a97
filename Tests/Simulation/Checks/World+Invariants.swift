import Cluster

/// What must be true after every event, whatever happens.
extension World {
    func checkAcceptors() {
        guard lease == nil else { return }
        for host in hosts.indices {
            let accepting = live.filter { balancers[$0].host == host && balancers[$0].isAccepting }
            if accepting.count > 1 { violate(.oneAcceptor, "balancers \(accepting) on host \(host)") }
        }
    }

    // MARK: Epochs

    func checkGrant(_ epoch: Epoch, to process: Int) {
        let host = balancers[process].host
        if let wrong = ledger.grant(epoch, on: host) { violate(.epochOnce, wrong) }
        checkTerm(epoch, of: process)
        guard lease == nil else { return }
        // What if the host stopped now?
        for _ in 0..<2 {
            let what = hosts[host].directory.copy(seed: random.next())
            what.crashHost()
            var coordinator = LockCoordinator(store: SimulatedStore(what, process: 0), seed: random.next())
            if case .granted(let next) = coordinator.acquire(after: .none), next <= epoch {
                violate(.epochDurable, "after a crash of the host \(next.value) would follow \(epoch.value)")
            }
        }
    }

    func show(_ epoch: Epoch, to process: Int) {
        balancers[process].highestShown = max(balancers[process].highestShown, epoch)
    }

    func checkSteppedDown(_ process: Int) {
        let balancer = balancers[process]
        if balancer.isAlive, balancer.isAccepting, balancer.highestShown > balancer.epoch {
            violate(
                .steppedDown,
                "balancer \(process) of epoch \(balancer.epoch.value) was shown \(balancer.highestShown.value)")
        }
    }

    /// Nobody has to show it: a balancer asks by itself, also when it has no workers. It could have asked since its client was told,
    /// but for the time in which it hung.
    func checkFences() {
        guard let lease else { return }
        for process in live where balancers[process].isAccepting && balancers[process].status == .running {
            guard let told = lease.toldOffSince(process) else { continue }
            let knowable = max(told, balancers[process].lastPaused)
            let time = now.milliseconds(since: knowable)
            if time > settings.fenceCheckMilliseconds {
                violate(.fenceKept, "balancer \(process) has been without its lease for \(time) ms")
            }
        }
    }

    /// A balancer has answered a worker; one of an earlier reign must not be taken for a sign of life.
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
                "\(workers[index].record.id) took an answer of epoch \(epoch.value) for its balancer's, and knows "
                    + "\(workers[index].highestSeen.value)")
        }
    }

    /// How long ago a worker's last good check was, by its own account.
    private func age(ofCheckBy index: Int) -> Int64? {
        var copy = workers[index].core
        let question = Prevote(candidate: copy.record.id, epochSeen: copy.highestEpoch)
        return copy.prevoteAsked(question, now: now).lastGoodCheckMilliseconds
    }

    // MARK: Workers

    func checkWorker(_ index: Int) {
        let worker = workers[index]
        if worker.core.highestEpoch < worker.highestSeen {
            violate(.noStepBack, "\(worker.record.id) forgot epoch \(worker.highestSeen.value)")
        }
        if worker.core.highestEpoch > worker.highestSeen { workers[index].pledge = nil }
        workers[index].highestSeen = max(worker.highestSeen, worker.core.highestEpoch)
        let last = worker.lastSnapshot
        let snapshot = worker.core.snapshot
        guard snapshot.epoch != last.epoch || snapshot.version != last.version || snapshot.workers != last.workers
        else { return }
        if (snapshot.epoch, snapshot.version) <= (last.epoch, last.version) {
            violate(
                .noStepBack,
                "\(worker.record.id) went from \(last.epoch.value).\(last.version) to "
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
        let isChanged = effects.contains(.rosterChanged)
        guard isChanged || balancers[process].lastSnapshot.version == 0 else { return }
        let last = balancers[process].lastSnapshot
        let snapshot = core.snapshot
        if snapshot.version < last.version {
            violate(.noStepBack, "balancer \(process) went back to version \(snapshot.version)")
        }
        checkIncarnations(from: last, to: snapshot, at: "balancer \(process)")
        checkEjections(effects, by: process, from: last)
        balancers[process].lastSnapshot = snapshot
        for record in snapshot.workers {
            let isKnown = workers.contains {
                $0.record.id == record.id && $0.record.port == record.port
                    && World.address(ofHost: $0.host) == record.host && $0.incarnations.contains(record.incarnation)
            }
            if !isKnown {
                violate(
                    .identity,
                    "\(record.id) of incarnation \(record.incarnation) at port \(record.port) is none of us")
            }
        }
    }

    /// How many were ejected because they were slow or failed requests, and not because somebody else was there.
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
        let left = balancers[process].roster.routableCount
        if left == 0 { violate(.selfDoubt, "balancer \(process) ejected the last worker") }
        if balancers[process].softEjections.count > left {
            violate(
                .selfDoubt,
                "balancer \(process) ejected \(balancers[process].softEjections.count), and \(left) are left")
        }
    }

    // MARK: Requests

    func prove(_ id: NodeID, _ incarnation: UInt64, to process: Int) {
        balancers[process].proven[id] = max(balancers[process].proven[id] ?? 0, incarnation)
    }

    func checkSending(_ attempt: Attempt) {
        guard let id = attempt.id else { return }
        if ledger.isAnswered(attempt.request) || attempt.number > 3 {
            violate(.fewAttempts, "request \(attempt.request), attempt \(attempt.number)")
        }
        guard let core = balancers[attempt.process].core else { return }
        let isListed = core.snapshot.worker(id)?.incarnation == attempt.incarnation
        if !isListed || !core.isRoutable(id) {
            violate(.noneEvicted, "request \(attempt.request) goes to \(id) of incarnation \(attempt.incarnation)")
        }
        if (balancers[attempt.process].proven[id] ?? 0) < attempt.incarnation {
            violate(.proven, "request \(attempt.request) goes to \(id), which balancer \(attempt.process) has not met")
        }
    }

    func checkReading(_ attempt: Attempt, by index: Int) {
        if attempt.epoch < workers[index].highestSeen {
            violate(
                .obedience,
                "\(workers[index].record.id) serves epoch \(attempt.epoch.value) after "
                    + "\(workers[index].highestSeen.value)")
        }
        let count = ledger.read(attempt.request)
        if count > 1, !attempt.isIdempotent {
            violate(.neverTwice, "request \(attempt.request) has been read by \(count) workers")
        }
    }
}
