import Cluster

/// The faults of a history.
extension World {
    /// Injects one random fault, by the weights of the plan.
    func doHarm() {
        var lot = random.below(max(1, plan.weights.reduce(0, +)))
        for (fault, weight) in zip(Fault.allCases, plan.weights) {
            if lot < weight {
                strike(fault)
                return
            }
            lot -= weight
        }
    }

    private func strike(_ fault: Fault) {
        let victims = workers.indices.filter { $0 != plan.spared }
        let victim = pick(Array(victims))
        let host = Int(random.below(UInt32(plan.hosts)))
        switch fault {
        case .killBalancer:
            guard let process = pick(live) else { return }
            // A worker can't act while its candidates are killed, so its stable time starts again.
            if let owner = balancers[process].owner { workers[owner.worker].eligibleSince = nil }
            killBalancer(process)
        case .pauseBalancer: if let process = pick(live) { pauseBalancer(process) }
        case .stopBalancer:
            guard let process = acceptors.last, balancers[process].status == .running else { return }
            coverage.see(.plannedStop)
            feed(.stopRequested, to: process)
        case .replaceBalancer: if let process = acceptors.last { replace(process) }
        case .startBalancer:
            coverage.see(.secondBalancer)
            let place = plan.isAcrossHosts ? host : 0
            for _ in 0...random.below(2) { push(now, .operatorStarts(host: place)) }
        case .killWorker: if let victim { killAndRestart(victim) }
        case .pauseWorker: if let victim { pauseWorker(victim) }
        case .stopWorker: if let victim { stopWorker(victim) }
        case .flapWorker: if let victim { flap(victim, times: 2 + Int(random.below(6))) }
        case .sickness: fallIll(victims)
        case .cutWatch: cutWatch(of: Int(random.below(UInt32(workers.count))))
        case .weather:
            let isFair = chance(50)
            loss = isFair ? 0 : random.below(25)
            slowness = isFair ? 0 : random.below(25)
            lastStorm = now
        case .partition: partition()
        case .crashHost: if plan.spared.map({ workers[$0].host != host }) ?? true { crashHost(host) }
        case .fillDisk:
            coverage.see(.fullDisk)
            ail(host)
            hosts[host].directory.isFull = true
            push(after(200...3000), .mend(.fullDisk(host)))
        case .strikeDisk:
            coverage.see(.diskStrike)
            hosts[host].directory.fault = (chance(70) ? .kill : .error, Int(random.below(5)))
            if let process = acceptors.last { killBalancer(process) }
        case .jumpClock:
            coverage.see(.clockJump)
            hosts[host].wallMilliseconds += chance(50) ? 86_400_000 : -Int64(random.below(90_000_000))
        case .loseSnapshots:
            guard let victim else { return }
            coverage.see(.oldSnapshot)
            restoreSnapshots(of: victim)
        case .stealPort: if let victim { stealPort(of: victim) }
        case .intrude: intrude()
        case .deafenPort: if let process = acceptors.last { deafen(process) }
        case .lie: doLie()
        }
    }

    /// A worker's snapshot file goes back to an earlier content. Sometimes those of its whole host do, and its balancer dies.
    private func restoreSnapshots(of victim: Int) {
        let host = workers[victim].host
        hosts[host].forgetLatest(1 + Int(random.below(20)), of: victim)
        guard chance(20) else { return }
        tell("the snapshots of host \(host) are restored from a backup")
        let count = 1 + Int(random.below(5))
        for index in workers.indices where workers[index].host == host && index != victim {
            hosts[host].forgetLatest(count, of: index)
        }
        if let process = acceptors.last, balancers[process].host == host { killBalancer(process) }
    }

    /// Strangers fill the cluster port, or costly requests delay its answers. The rest of the process continues.
    private func deafen(_ process: Int) {
        coverage.see(.deafPort)
        tell("balancer \(process) answers no request at its cluster port")
        balancers[process].deafUntil = after(200...5000)
    }

    /// Ends all faults. Paused processes resume, and dead hosts and workers restart.
    func calmDown() {
        tell("the faults end")
        loss = 0
        slowness = 0
        lastStorm = now
        for from in hosts.indices { for to in hosts.indices { blocked[from][to] = 0 } }
        for host in hosts.indices {
            hosts[host].directory.isFull = false
            hosts[host].directory.fault = nil
            hosts[host].foreignPorts = []
            ail(host)
            startHost(host)
        }
        for process in balancers.indices {
            balancers[process].deafUntil = nil
            resumeBalancer(process)
        }
        for index in workers.indices {
            workers[index].sickUntil = nil
            resumeWorker(index)
            push(after(0...1000), .restartWorker(index, life: workers[index].life))
        }
        // An operator helps if no worker may act, for example after a first start on a full disk.
        push(after(milliseconds: 6000), .operatorStarts(host: 0))
        guard plan.isAcrossHosts else { return }
        push(after(milliseconds: 9000), .operatorHelps)
    }

    /// Records the time of a fault of a host.
    func ail(_ host: Int) { hosts[host].lastAilment = now }

    /// Ends a fault.
    func mend(_ ailment: Ailment) {
        switch ailment {
        case .partition(let from, let to):
            blocked[from][to] = max(blocked[from][to] - 1, 0)
            if isFaulty { lastStorm = now }
        case .fullDisk(let host):
            hosts[host].directory.isFull = false
            ail(host)
        }
    }

    // MARK: Workers

    private func stopWorker(_ index: Int) {
        guard workers[index].status == .running, !workers[index].isStopping else { return }
        tell("\(workers[index].record.id) gets a request to stop")
        workers[index].isStopping = true
        actWorker(index) { $0.stop(now: self.now) }
    }

    private func killAndRestart(_ index: Int) {
        killWorker(index)
        push(after(20...2000), .restartWorker(index, life: workers[index].life))
    }

    /// Kills and restarts a worker several times, in short succession.
    func flap(_ index: Int, times: Int) {
        coverage.see(.flap)
        killWorker(index)
        push(after(milliseconds: 30), .restartWorker(index, life: workers[index].life))
        if times > 0, isFaulty { push(after(60...400), .flap(index, times: times - 1)) }
    }

    func killWorker(_ index: Int) {
        guard workers[index].isAlive else { return }
        tell("\(workers[index].record.id) is dead")
        breakOff(requestsAt: index)
        dismissCandidate(of: index)
        workers[index].status = .dead
        workers[index].inbox = []
        if let process = workers[index].channel {
            push(
                Instant(nanoseconds: now.nanoseconds + 2 * World.localNanoseconds),
                .toBalancer(process, .handoverLeft(by: workers[index].record.id)))
        }
        workers[index].channel = nil
        workers[index].held = nil
        workers[index].eligibleSince = nil
        closeWatch(of: index)
    }

    private func pauseWorker(_ index: Int) {
        guard workers[index].status == .running else { return }
        tell("\(workers[index].record.id) hangs")
        workers[index].status = .paused
        workers[index].pausedAt = now
        workers[index].wakeAt = nil
        workers[index].eligibleSince = nil
        push(after(20...1500), .resumeWorker(index, life: workers[index].life))
    }

    func resumeWorker(_ index: Int) {
        guard workers[index].status == .paused else { return }
        let stoodStill = workers[index].pausedAt.map { now.milliseconds(since: $0) } ?? 0
        tell("\(workers[index].record.id) resumes after \(stoodStill) ms")
        workers[index].status = .running
        let life = workers[index].life
        let waiting = workers[index].inbox
        workers[index].inbox = []
        // The worker measures its own lag with a timer. The measured lag is up to 50 ms shorter than the pause.
        let late = stoodStill - Int64(random.below(50))
        if late >= ClusterSettings.leastLagMilliseconds {
            perform(.toWorker(index, life: life, .lagged(milliseconds: late)))
        }
        // After a pause, the event loop may handle timers or sockets first.
        let isTimerFirst = chance(50)
        if isTimerFirst { actWorker(index) { $0.tick(now: self.now) } }
        for input in waiting { perform(.toWorker(index, life: life, input)) }
        if !isTimerFirst, workers[index].status == .running, workers[index].life == life {
            actWorker(index) { $0.tick(now: self.now) }
        }
    }

    /// About a tenth, about half or all of the workers answer with errors for a while.
    private func fallIll(_ victims: [Int]) {
        coverage.see(.sickness)
        let share = [10, 50, 100][Int(random.below(3))]
        let until = after(300...3000)
        for index in victims where chance(UInt32(share)) { workers[index].sickUntil = until }
    }

    /// A worker's watch connection breaks although both ends live.
    private func cutWatch(of index: Int) {
        guard workers[index].isAlive, workers[index].watches != nil else { return }
        tell("the watch of \(workers[index].record.id) is cut")
        closeWatch(of: index)
        workers[index].watchCall += 1
        let failure = WorkerInput.watchFailed(.closed, call: workers[index].watchCall)
        push(soon(), .toWorker(index, life: workers[index].life, failure))
    }

    // MARK: Balancers

    private func pauseBalancer(_ process: Int) {
        guard balancers[process].status == .running else { return }
        tell("balancer \(process) hangs")
        balancers[process].status = .paused
        balancers[process].wakeAt = nil
        balancers[process].lastPaused = now
        push(after(20...3000), .resumeBalancer(process))
        if lease != nil {
            push(after(milliseconds: SimulatedLease.milliseconds), .leaseEnds(process, pausedAt: now))
        }
    }

    func resumeBalancer(_ process: Int) {
        guard balancers[process].status == .paused else { return }
        tell("balancer \(process) resumes")
        balancers[process].status = .running
        balancers[process].lastPaused = now
        let waiting = balancers[process].inbox
        balancers[process].inbox = []
        // The lease client tries to renew the lease, and learns of a loss.
        if lease != nil { push(soon(), .leaseRenewed(process)) }
        for index in workers.indices where workers[index].channel == process && workers[index].held != process {
            push(soon(), .toWorker(index, life: workers[index].life, .handover(from: process)))
        }
        for input in waiting { perform(.toBalancer(process, input)) }
        guard balancers[process].status == .running else { return }
        feed(.tick, to: process)
        actBalancer(process) { $0.tick(now: self.now) }
    }

    // MARK: Hosts and networks

    private func crashHost(_ host: Int) {
        guard hosts[host].isUp else { return }
        coverage.see(.hostCrash)
        tell("host \(host) stops")
        hosts[host].isUp = false
        ail(host)
        // Other hosts get no message: their connections to this host stay open and silent.
        for index in workers.indices where workers[index].host == host { killWorker(index) }
        for process in live where balancers[process].host == host {
            for index in workers.indices where workers[index].watches == process { workers[index].watches = nil }
            killBalancer(process)
        }
        hosts[host].backlog = []
        hosts[host].directory.crashHost()
        if plan.isAcrossHosts, chance(50) { return }  // The host stays down until the end of all faults.
        push(after(100...2000), .hostStarts(host))
    }

    func startHost(_ host: Int) {
        guard !hosts[host].isUp else { return }
        tell("host \(host) starts")
        hosts[host].isUp = true
        ail(host)
        for index in workers.indices where workers[index].host == host {
            push(after(10...500), .restartWorker(index, life: workers[index].life))
        }
    }

    private func partition() {
        guard plan.hosts > 1 else { return }
        coverage.see(.partition)
        lastStorm = now
        let isOneWay = chance(50)
        let from = Int(random.below(UInt32(plan.hosts)))
        let to = (from + 1 + Int(random.below(UInt32(plan.hosts - 1)))) % plan.hosts
        let end = plan.isAcrossHosts ? after(100...12_000) : after(100...3000)
        cut(from, to, isOneWay: isOneWay, until: end)
        guard plan.hosts > 2, chance(60) else { return }
        for other in hosts.indices where other != from && other != to {
            cut(from, other, isOneWay: isOneWay, until: end)
        }
    }

    private func cut(_ from: Int, _ to: Int, isOneWay: Bool, until end: Instant) {
        tell("messages from host \(from) to host \(to) are lost" + (isOneWay ? "" : ", in both directions"))
        blocked[from][to] += 1
        push(end, .mend(.partition(from: from, to: to)))
        if isOneWay { return }
        blocked[to][from] += 1
        push(end, .mend(.partition(from: to, to: from)))
    }

    /// A foreign process takes a dead worker's port, or the balancer's port if no process holds it.
    private func stealPort(of index: Int) {
        let host = workers[index].host
        killAndRestart(index)
        var port = workers[index].record.port
        if chance(30), !arePortsHeld(on: host) { port = World.publicPort }
        coverage.see(.stolenPort)
        tell("a foreign process takes port \(port) of host \(host)")
        hosts[host].foreignPorts.append(port)
        ail(host)
        push(after(100...3000), .thiefLeaves(host: host, port: port))
    }

    /// An intruder registers with a false claim: the name or port of another node, or a wrong role or cluster.
    private func intrude() {
        guard let process = acceptors.last, balancers[process].status == .running, let worker = pick(workers),
            let stranger = NodeID("intruder")
        else { return }
        let victim = worker.record
        let claims: [(id: NodeID, port: UInt16, peer: NodeIdentity)] = [
            (victim.id, victim.port, identity(stranger)),
            (victim.id, victim.port, identity(victim.id, cluster: "elsewhere")),
            (victim.id, victim.port, identity(victim.id, .balancer)),
            (stranger, victim.port, identity(stranger)),
            (stranger, World.intrudersPort, identity(stranger)),
            (stranger, World.publicPort, identity(stranger)),
        ]
        guard let claim = pick(claims) else { return }
        let registration = Registration(
            id: claim.id, host: victim.host, port: claim.port, incarnation: victim.incarnation + 5, mayStandIn: true)
        perform(.toBalancer(process, .register(registration, peer: claim.peer, from: .nobody)))
    }
}
