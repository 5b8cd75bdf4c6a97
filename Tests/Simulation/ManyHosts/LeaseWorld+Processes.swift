import Cluster

// The hosts: balancer processes with their leases, and workers that read the leader key.

extension LeaseWorld {
    func perform(_ event: LeaseWorldEvent) {
        switch event {
        case .processTimer(let process, let number):
            if processes[process].timer == number { feed(process, .tick) }
        case .check(let process):
            guard processes[process].state != .ended, processes[process].accepts != nil else { return }
            push(after(milliseconds: 1000), .check(process))
            tellNeighbours(process)
            feed(process, .check)
        case .pledgeAsked(let request, let host, let process, let round):
            pledgeAsked(request, host: host, by: process, round: round)
        case .pledgeArrives(let process, let lockDomain, let round):
            feed(process, .pledged(lockDomain, round: round))
        case .acceptingStopped(let process): stopAccepting(process)
        case .hookEnded(let process): feed(process, .hookEnded)
        case .workersLeave(let process): feed(process, .workersLeft)
        case .resume(let process): resume(process)
        case .start(let host, let isByHand): start(on: host, isByHand: isByHand)
        case .workerTimer(let host, let number):
            if hosts[host].isUp, hosts[host].worker.timer == number { feedWorker(host, .tick) }
        case .watchReports(let host, let number):
            if hosts[host].isUp, hosts[host].worker.watch?.number == number { feedWorker(host, .stirred) }
        case .watchEnds(let host, let number):
            guard hosts[host].isUp, hosts[host].worker.watch?.number == number else { return }
            hosts[host].worker.watch = nil
            feedWorker(host, .watchEnded)
        case .callArrives(let call, let member, let caller, let era):
            if era == self.era { callArrives(call, member, caller) }
        case .answerArrives(let answer, .process(let process, let number)):
            feed(process, .answered(answer, number: number))
        case .answerArrives(let answer, .worker(let host, let number)):
            if hosts[host].isUp { feedWorker(host, .answered(answer, number: number)) }
        case .catchUp(let call, let caller, let era):
            if era == self.era { catchUp(call, caller) }
        case .expiry, .elect, .learn, .resign, .pastLeaderEnds: performInStore(event)
        case .fault: fault()
        case .mend(let mending): mend(mending)
        case .hostStarts(let host): startHost(host)
        case .operatorLooks: operatorLooks()
        case .inspect: break
        }
    }

    // MARK: Balancers

    func start(on host: Int, isByHand: Bool) {
        hosts[host].worker.isStarting = false
        // A host has at most a reigning balancer and one more.
        guard hosts[host].isUp, live.count(where: { processes[$0].host == host }) < 2 else { return }
        let number = processes.count
        let claimant = LeaseCore.Claimant(
            lockDomain: hosts[host].lockDomain, address: hosts[host].address, isByHand: isByHand,
            policy: plan.policy)
        processes.append(
            LeaseProcess(
                host: host, isByHand: isByHand,
                core: LeaseCore(claimant: claimant, memberCount: plan.members, timing: timing),
                lock: SimulatedStore(hosts[host].directory, process: number), seed: random.next()))
        live.append(number)
        tell("host \(host): balancer \(number) starts\(isByHand ? " by hand" : "")")
        feed(number, .acquire(after: hosts[host].met))
    }

    func feed(_ process: Int, _ event: LeaseEvent) {
        switch processes[process].state {
        case .ended: return
        case .paused: processes[process].waiting.append(event)
        case .running: run(process, [event])
        }
    }

    private func resume(_ process: Int) {
        guard processes[process].state == .paused else { return }
        tell("balancer \(process) resumes")
        processes[process].state = .running
        let waiting = processes[process].waiting
        processes[process].waiting = []
        // The check of the reign comes first, or what a thread has read before it.
        run(process, chance(50) ? [.check] + waiting : waiting + [.check])
        // The loops of the process have not had a turn yet.
        if processes[process].hasLost { stopAccepting(process) }
    }

    /// The loop of `EtcdCoordinator`.
    private func run(_ process: Int, _ first: [LeaseEvent]) {
        var events = first[...]
        while let event = events.popFirst() {
            guard processes[process].state == .running else { return }
            let host = processes[process].host
            processes[process].core.feed(event, now: hosts[host].local(now))
            for effect in processes[process].core.takeEffects() {
                if let event = perform(effect, of: process) { events.append(event) }
            }
        }
        leaveIfSettled(process)
        guard processes[process].state == .running, let deadline = processes[process].core.nextDeadline else { return }
        processes[process].timer += 1
        // A loop wakes a little late.
        let lag = some(0...(isFaulty && network.slowness > 0 ? 150 : 10))
        let due = max(now, hosts[processes[process].host].real(deadline)).advanced(byMilliseconds: lag)
        push(due, .processTimer(process, number: processes[process].timer))
    }

    /// Returns an event that follows at once.
    private func perform(_ effect: LeaseEffect, of process: Int) -> LeaseEvent? {
        let host = processes[process].host
        switch effect {
        case .answer(let answer): answered(answer, process)
        case .lockHost(let after):
            switch processes[process].fence.acquire(after: after) {
            case .granted(let epoch):
                let boot = hosts[host].directory.boot
                return .hostLocked(
                    epoch, saved: SavedLease(hosts[host].savedLease, in: boot),
                    pledge: Pledge(hosts[host].pledge, in: boot))
            case .heldByOther(let holder): return .hostHeld(by: holder)
            case .failed(let reason): return .hostFailed(reason)
            }
        case .reserveEpoch(let above):
            guard case .granted(let epoch) = processes[process].fence.leap(above: above) else {
                return .hostFailed("no epoch")
            }
            return .epochReserved(epoch)
        case .unlockHost: processes[process].fence.release()
        case .relockHost: return .hostRelocked(processes[process].lock.tryLock() == .taken)
        case .save(let lease): hosts[host].savedLease = lease?.bytes(in: hosts[host].directory.boot) ?? []
        case .runReleaseHook(let epoch):
            ledger.hooks.insert(epoch)
            push(after(0...(chance(20) ? 3000 : 50)), .hookEnded(process))
        case .settled: break
        case .askPledges(let lockDomains, let request, let round):
            askPledges(process, of: lockDomains, request, round: round)
        case .call(let call, let member, let number):
            if case .revoke = call, processes[process].core.isIdle == false, let epoch = ledger.reign(of: process),
                !ledger.hooks.contains(epoch)
            {
                violate(.releaseOrder, "balancer \(process) gives its lease back before its command has run")
            }
            send(call, member, .process(process, number: number), from: host)
        case .note(let note):
            tell("balancer \(process): \(note.message)")
            count(note)
        }
        return nil
    }

    private func answered(_ answer: CoordinatorAnswer, _ process: Int) {
        let host = processes[process].host
        switch answer {
        case .granted(let epoch):
            tell("balancer \(process) reigns: epoch \(epoch.value)")
            if let problem = ledger.grant(epoch, to: process, on: host) { violate(.epochOnce, problem) }
            hosts[host].met = max(hosts[host].met, epoch)
            guard !processes[process].isLeaving else { return }
            processes[process].accepts = epoch
            push(after(milliseconds: 100), .check(process))
        case .held, .failed:
            tell("balancer \(process): \(answer)")
            checkRefusal(answer, of: process)
            processes[process].isLeaving = true
        case .lost(let reason):
            tell("balancer \(process): lost: \(reason)")
            coverage.see(.leaseLost)
            if plan.isGentle, isFaulty { violate(.steadfast, "balancer \(process): \(reason)") }
            guard processes[process].accepts != nil else { return }
            processes[process].hasLost = true
            push(after(0...60), .acceptingStopped(process))
        }
    }

    private func stopAccepting(_ process: Int) {
        guard processes[process].state == .running, processes[process].accepts != nil else { return }
        processes[process].accepts = nil
        processes[process].isLeaving = true
        feed(process, .release(expectsSuccessor: false))
    }

    private func leaveIfSettled(_ process: Int) {
        guard processes[process].isLeaving, processes[process].core.isIdle, processes[process].accepts == nil else {
            return
        }
        end(process)
    }

    /// SIGTERM.
    func stopOrderly(_ process: Int) {
        guard processes[process].state == .running, !processes[process].isLeaving else { return }
        let expectsSuccessor = chance(70)
        tell("balancer \(process) is stopped\(expectsSuccessor ? "" : ", without a successor")")
        processes[process].accepts = nil
        processes[process].isLeaving = true
        feed(process, .release(expectsSuccessor: expectsSuccessor))
        // A worker that says so may have started a balancer before.
        if expectsSuccessor, chance(40) { push(after(0...200), .workersLeave(process)) }
        if expectsSuccessor, chance(60) { push(after(0...250), .start(host: processes[process].host, isByHand: false)) }
    }

    /// The process is gone, and with it its lock.
    func end(_ process: Int) {
        guard processes[process].state != .ended else { return }
        tell("balancer \(process) ends")
        processes[process].state = .ended
        processes[process].accepts = nil
        processes[process].fence.release()
        live.removeAll { $0 == process }
        let host = processes[process].host
        guard hosts[host].isUp, hosts[host].worker.leader == hosts[host].lockDomain || chance(30) else { return }
        startSoon(on: host, 0...400)
    }

    /// The host's worker starts a balancer, unless one runs then.
    func startSoon(on host: Int, _ range: ClosedRange<UInt32>) {
        guard !hosts[host].worker.isStarting else { return }
        hosts[host].worker.isStarting = true
        push(after(range), .start(host: host, isByHand: false))
    }

    // MARK: Workers

    func feedWorker(_ host: Int, _ event: LeaderSearch.Event) {
        hosts[host].worker.search.feed(event, now: hosts[host].local(now))
        for effect in hosts[host].worker.search.takeEffects() { perform(effect, ofWorkerOn: host) }
        guard let deadline = hosts[host].worker.search.nextDeadline else { return }
        hosts[host].worker.timer += 1
        push(max(now, hosts[host].real(deadline)), .workerTimer(host: host, number: hosts[host].worker.timer))
    }

    private func perform(_ effect: LeaderSearch.Effect, ofWorkerOn host: Int) {
        switch effect {
        case .read(let member, let number): send(.read, member, .worker(host: host, number: number), from: host)
        case .watch(let member):
            hosts[host].worker.watches += 1
            hosts[host].worker.watch = (member, hosts[host].worker.watches)
        case .found(let leader):
            hosts[host].worker.leader = leader.lockDomain
            hosts[host].met = max(hosts[host].met, leader.epoch)
            if leader.lockDomain == hosts[host].lockDomain, !isBalancerRunning(on: host) {
                startSoon(on: host, 0...1000)
            }
        case .gone:
            hosts[host].worker.leader = nil
            if !isBalancerRunning(on: host) { startSoon(on: host, UInt32(150 * host)...UInt32(150 * host + 50)) }
        case .excluded: hosts[host].worker.leader = nil
        case .storeLost, .storeBack: break
        }
    }

    func isBalancerRunning(on host: Int) -> Bool { live.contains { processes[$0].host == host } }

    /// The store's members tell the watches of a change.
    func reportChange() {
        for host in hosts.indices {
            guard let watch = hosts[host].worker.watch, hosts[host].isUp, network.cuts[host][watch.member] == 0,
                etcd.members[watch.member].isUp, chance(90)
            else { continue }
            push(after(1...30), .watchReports(host: host, number: watch.number))
        }
    }
}
