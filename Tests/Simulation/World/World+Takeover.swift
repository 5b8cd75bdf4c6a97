import Cluster

/// How balancers come to reign: as in `BalancerLauncher`, `StandbyChannel`, `BalancerNode` and `Replacement`.
extension World {
    private static let lockRetryMilliseconds: Int64 = 5
    private static let lockAttempts = 200

    /// By hand.
    func operatorStarts(on host: Int) {
        guard hosts[host].isUp else { return }
        // A cluster begins on one host: elsewhere nobody starts a balancer who has never heard of it.
        if host != 0, !hosts[host].hasReigned, hosts[host].latestSnapshot == nil { return }
        if let other = reignFound(from: host) {
            tell("an operator is told on host \(host) that balancer \(other) reigns")
            return
        }
        tell("an operator starts a balancer on host \(host)")
        let process = makeBalancer(
            on: host, owner: nil, after: epochKnown(on: host), attempts: 1, hasListeners: false)
        tryLock(process)
    }

    private func epochKnown(on host: Int) -> Epoch { hosts[host].latestSnapshot?.epoch ?? .none }

    /// What failover.md advises where nobody may act, and a balancer that is started on any host ends for a reign that nobody
    /// has any more: to start it where the latest reign is known, and to restart the workers that alone remember a later one.
    func operatorHelps() {
        guard acceptors.isEmpty else { return }
        let host = hosts.indices.reduce(0) { epochKnown(on: $1) > epochKnown(on: $0) ? $1 : $0 }
        for index in workers.indices where workers[index].core.highestEpoch > epochKnown(on: host) {
            tell("an operator restarts \(workers[index].record.id)")
            killWorker(index)
            push(after(10...100), .restartWorker(index, life: workers[index].life))
        }
        push(after(milliseconds: 500), .operatorStarts(host: host))
    }

    /// Who is found to reign on another host by a balancer that is started by hand, as in `FirstLook`.
    private func reignFound(from host: Int) -> Int? {
        guard plan.isAcrossHosts, let home = Home("home-\(host)"), let latest = hosts[host].latestSnapshot else {
            return nil
        }
        for seat in latest.seats(outside: home, port: 7000) {
            guard let other = self.host(named: seat.host), hosts[other].isUp, !chance(loss),
                blocked[host][other] == 0, blocked[other][host] == 0, let process = balancer(atClusterPortOf: other),
                balancers[process].status == .running, balancers[process].epoch >= latest.epoch
            else { continue }
            return process
        }
        return nil
    }

    /// A worker does what its core has decided.
    func takeOver(_ index: Int, after epoch: Epoch, killHolder: Bool) {
        let worker = workers[index]
        if killHolder, let held = worker.held, balancers[held].epoch <= epoch { kill(holder: held, by: index) }
        let life = worker.life
        if let candidate = worker.candidate, balancers[candidate].isAlive {
            let outcome = TakeoverOutcome.failed("a takeover is under way already")
            push(soon(), .toWorker(index, life: life, .takeoverFinished(outcome)))
            return
        }
        if isFaulty, chance(2) {
            push(soon(), .toWorker(index, life: life, .takeoverFinished(.failed("no memory"))))
            return
        }
        let owner = Caller(worker: index, life: life, call: 0)
        let process = makeBalancer(
            on: worker.host, owner: owner, after: epoch, attempts: World.lockAttempts, hasListeners: worker.held != nil)
        workers[index].candidate = process
        let isParked = worker.standbyReady.map { $0 <= now } ?? false
        push(isParked ? soon() : after(30...300), .tryLock(process))
    }

    private func makeBalancer(
        on host: Int, owner: Caller?, after: Epoch, attempts: Int, hasListeners: Bool
    ) -> Int {
        let process = balancers.count
        let coordinator: AnyCoordinator
        if let lease {
            coordinator = .lease(lease, process: process)
        } else {
            let store = SimulatedStore(hosts[host].directory, process: process)
            coordinator = .lock(LockCoordinator(store: store, seed: random.next()))
        }
        balancers.append(
            SimulatedBalancer(
                process: process, host: host, owner: owner, starter: owner, coordinator: coordinator, after: after,
                attemptsLeft: attempts, hasListeners: hasListeners, lastPaused: now))
        live.append(process)
        return process
    }

    func tryLock(_ process: Int) {
        switch balancers[process].status {
        case .dead: return
        case .paused:
            push(after(milliseconds: World.lockRetryMilliseconds), .tryLock(process))
            return
        case .running: break
        }
        let host = balancers[process].host
        if !balancers[process].hasListeners, balancers[process].owner != nil {
            // Where others hold the ports, no epoch is asked for.
            guard !arePortsHeld(on: host), !hosts[host].foreignPorts.contains(World.publicPort) else {
                tryAgain(process, orElse: .failed("another process listens there"))
                return
            }
            balancers[process].hasListeners = true
        }
        let grant = balancers[process].coordinator.acquire(after: balancers[process].after)
        if hosts[host].directory.takeKill() {
            coverage.see(.tornTakeover)
            tell("balancer \(process) is killed while it takes over")
            killBalancer(process)
            return
        }
        switch grant {
        case .granted(let epoch): granted(epoch, to: process)
        case .heldByOther: tryAgain(process, orElse: .lockHeld)
        case .failed(let reason): giveUp(process, .failed(reason))
        }
    }

    private func tryAgain(_ process: Int, orElse outcome: TakeoverOutcome) {
        balancers[process].attemptsLeft -= 1
        if balancers[process].attemptsLeft > 0 {
            push(after(milliseconds: World.lockRetryMilliseconds), .tryLock(process))
        } else {
            coverage.see(.lostRace)
            giveUp(process, outcome)
        }
    }

    private func granted(_ epoch: Epoch, to process: Int) {
        tell("balancer \(process) is granted epoch \(epoch.value)")
        checkGrant(epoch, to: process)
        hosts[balancers[process].host].hasReigned = true
        balancers[process].epoch = epoch
        balancers[process].requestEpoch = epoch
        let host = balancers[process].host
        if !balancers[process].hasListeners {
            let isTaken = arePortsHeld(on: host) || hosts[host].foreignPorts.contains(World.publicPort)
            if isTaken, !balancers[process].isAccepting {
                giveUp(process, .failed("another process listens there"))
                return
            }
        }
        beginReign(process)
    }

    /// The process ends before it reigns, and says why.
    private func giveUp(_ process: Int, _ outcome: TakeoverOutcome) {
        tell("balancer \(process) gives up: \(outcome)")
        balancers[process].coordinator.release()
        report(outcome, of: process)
        balancers[process].owner = nil
        killBalancer(process)
    }

    /// Clients are accepted from here on.
    private func beginReign(_ process: Int) {
        tell("balancer \(process) accepts under epoch \(balancers[process].epoch.value)")
        let host = balancers[process].host
        balancers[process].stage = .reigning
        balancers[process].isAccepting = true
        balancers[process].hasListeners = true
        balancers[process].roster = SimulatedRoster(seed: random.next())
        balancers[process].core = BalancerCore(
            epoch: balancers[process].epoch, cluster: "test", settings: settings,
            reservedPorts: [World.publicPort, 7000], home: Home("home-\(host)"), hints: hosts[host].latestSnapshot,
            seed: random.next(), now: now)
        coverage.see(.takeover)
        actBalancer(process) { _ in }
        push(after(5...30), .clientAsks(process))
        push(after(0...20), .completeReign(process))
    }

    /// The rest of a reign's beginning.
    func completeReign(_ process: Int) {
        guard balancers[process].isAlive, balancers[process].stage == .reigning, !balancers[process].isComplete else {
            return
        }
        if balancers[process].status == .paused {
            push(after(milliseconds: 10), .completeReign(process))
            return
        }
        balancers[process].isComplete = true
        let epoch = balancers[process].epoch
        report(.started(epoch), of: process)
        balancers[process].owner = nil
        let host = balancers[process].host
        for index in workers.indices where workers[index].host == host && workers[index].channel == nil {
            push(after(0...100), .connectHandover(index, life: workers[index].life))
        }
        for other in live where balancers[other].stage == .leaving && balancers[other].host == host {
            balancers[other].requestEpoch = max(balancers[other].requestEpoch, epoch)
        }
        let waiting = hosts[host].backlog
        hosts[host].backlog = []
        for call in waiting { push(soon(), .toClusterPort(host: host, call.input, from: call.from)) }
    }

    private func report(_ outcome: TakeoverOutcome, of process: Int) {
        guard let owner = balancers[process].owner else { return }
        push(soon(), .toWorker(owner.worker, life: owner.life, .takeoverFinished(outcome)))
    }

    /// A worker looks for the handover socket of its host.
    func connectHandover(_ index: Int) {
        guard workers[index].channel == nil, workers[index].record.mayStandIn, !workers[index].isStopping else {
            return
        }
        let host = workers[index].host
        let serving = live.filter { balancers[$0].host == host && balancers[$0].isComplete }
        guard let process = serving.last else { return }
        workers[index].channel = process
        // Who hangs accepts the connection, and says nothing.
        if balancers[process].status == .running {
            push(soon(), .toWorker(index, life: workers[index].life, .handover(from: process)))
        }
    }

    /// The end of a worker ends what it has started and what does not reign yet.
    func dismissCandidate(of index: Int) {
        guard let candidate = workers[index].candidate else { return }
        workers[index].candidate = nil
        guard balancers[candidate].isAlive, balancers[candidate].owner != nil else { return }
        balancers[candidate].owner = nil
        killBalancer(candidate)
    }

    // MARK: The end of a reign

    /// Ends a balancer's process, as SIGKILL does: its connections end, its lock is free a moment later.
    func killBalancer(_ process: Int) {
        guard balancers[process].isAlive else { return }
        tell("balancer \(process) is dead")
        if balancers[process].owner != nil { report(.failed("the balancer process ended"), of: process) }
        balancers[process].status = .dead
        balancers[process].isAccepting = false
        balancers[process].isComplete = false
        balancers[process].inbox = []
        balancers[process].attempts = []
        balancers[process].core = nil
        live.removeAll { $0 == process }
        push(after(milliseconds: 1), .lockFreed(host: balancers[process].host, process: process))
        endConnections(of: process)
    }

    /// SIGTERM, or a later reign: nothing is accepted any more, then the lock is given up.
    func endReign(_ process: Int, isInOrder: Bool) {
        guard isInOrder, balancers[process].stage == .reigning else {
            killBalancer(process)
            return
        }
        tell("balancer \(process) stops in order")
        stopAccepting(process)
        balancers[process].coordinator.release()
        leave(process)
    }

    /// The workers of the host are told who reigns, so that none of them takes this end for a death: those at the handover
    /// socket, and the one that started this balancer, which may not have got there yet.
    func announce(successor epoch: Epoch, of process: Int) {
        // Over channels whose end comes after it.
        let arrival = Instant(nanoseconds: now.nanoseconds + 50_000)
        if let starter = balancers[process].starter {
            push(arrival, .toWorker(starter.worker, life: starter.life, .succeeded(by: epoch)))
        }
        for index in workers.indices where workers[index].channel == process {
            push(arrival, .toWorker(index, life: workers[index].life, .succeeded(by: epoch)))
        }
    }

    private func stopAccepting(_ process: Int) {
        balancers[process].stage = .leaving
        balancers[process].isAccepting = false
        balancers[process].hasListeners = false
        balancers[process].isComplete = false
    }

    /// To the workers it is gone.
    private func leave(_ process: Int) {
        balancers[process].core = nil
        endConnections(of: process)
        if balancers[process].attempts.isEmpty { killBalancer(process) }
    }

    private func endConnections(of process: Int) {
        for index in workers.indices where workers[index].isAlive {
            let life = workers[index].life
            if workers[index].watches == process {
                workers[index].watches = nil
                // Where the news is lost, the check under way ends by its timeout.
                if let arrival = arrival(from: balancers[process].host, to: workers[index].host) {
                    // A fresh number, so that the end of the connection counts whether or not a check is under way.
                    workers[index].watchCall += 1
                    let failure = WorkerInput.watchFailed(.closed, call: workers[index].watchCall)
                    push(arrival, .toWorker(index, life: life, failure))
                }
            }
            if workers[index].channel == process {
                push(soon(), .toWorker(index, life: life, .handoverEnded(with: process)))
            }
        }
    }

    // MARK: Replacement

    func replace(_ process: Int) {
        guard lease == nil, balancers[process].isComplete, balancers[process].status == .running else { return }
        coverage.see(.replacement)
        let host = balancers[process].host
        let heir = makeBalancer(
            on: host, owner: nil, after: epochKnown(on: host), attempts: 1, hasListeners: true)
        tell("balancer \(heir) replaces balancer \(process)")
        stopAccepting(process)
        // The open file with the lock travels; it is never free.
        hosts[host].directory.holder = heir
        push(soon(), .heirAccepts(heir: heir, predecessor: process))
    }

    func heirAccepts(_ heir: Int, after predecessor: Int) {
        if balancers[heir].status == .paused {
            push(after(milliseconds: 50), .heirAccepts(heir: heir, predecessor: predecessor))
            return
        }
        tryLock(heir)
        completeReign(heir)
        guard balancers[predecessor].isAlive, balancers[predecessor].status == .running else { return }
        if balancers[heir].isAlive {
            let epoch = balancers[heir].epoch
            balancers[predecessor].requestEpoch = epoch
            for index in workers.indices where workers[index].channel == predecessor {
                push(soon(), .toWorker(index, life: workers[index].life, .succeeded(by: epoch)))
            }
        }
        leave(predecessor)
    }
}
