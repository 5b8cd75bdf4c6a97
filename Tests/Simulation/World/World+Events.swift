import Cluster

/// The delivery of events to the processes.
extension World {
    func perform(_ event: SimulatedEvent) {
        switch event {
        case .wakeWorker(let index, let life):
            guard isRunning(index, life), workers[index].wakeAt == now else { return }
            workers[index].wakeAt = nil
            actWorker(index) { $0.tick(now: self.now) }
        case .wakeBalancer(let process):
            guard balancers[process].status == .running, balancers[process].wakeAt == now else { return }
            balancers[process].wakeAt = nil
            actBalancer(process) { $0.tick(now: self.now) }
        case .toWorker(let index, let life, let input):
            guard workers[index].life == life else { return }
            switch workers[index].status {
            case .running: deliver(input, to: index)
            case .paused: workers[index].inbox.append(input)
            case .dead: break
            }
        case .toBalancer(let process, let input):
            if isDeaf(process, to: input) { return }
            switch balancers[process].status {
            case .running: deliver(input, to: process)
            case .paused: balancers[process].inbox.append(input)
            case .dead: break
            }
        case .toClusterPort(let host, let input, let caller): call(host, input, from: caller)
        case .look(let process, let look): self.look(look, by: process)
        case .requestArrives(let attempt): arrive(attempt)
        case .requestAnswered(let attempt, let result): finish(attempt, result)
        case .clientAsks(let process): clientAsks(process)
        case .operatorStarts(let host): operatorStarts(on: host)
        case .operatorHelps: operatorHelps()
        case .wakeReign(let process): wakeReign(process)
        case .connectHandover(let index, let life):
            if isRunning(index, life) {
                connectHandover(index)
            } else if workers[index].life == life, workers[index].status == .paused {
                push(after(milliseconds: 100), .connectHandover(index, life: life))
            }
        case .showLife(let process): showLife(process)
        case .lockFreed(let host, let process):
            if hosts[host].directory.holder == process { hosts[host].directory.holder = nil }
            lease?.release(by: process)
        case .leaseEnds(let process, let pausedAt):
            // A process that ran since the pause has renewed the lease.
            let isSamePause = balancers[process].status == .paused && balancers[process].lastPaused == pausedAt
            if isSamePause { lease?.release(by: process) }
        case .leaseRenewed(let process): lease?.tellOff(process, now: now)
        case .fault:
            guard isFaulty else { return }
            doHarm()
            push(after(20...420), .fault)
        case .resumeWorker(let index, let life): if workers[index].life == life { resumeWorker(index) }
        case .restartWorker(let index, let life): if workers[index].life == life { restartWorker(index) }
        case .resumeBalancer(let process): resumeBalancer(process)
        case .hostStarts(let host): startHost(host)
        case .flap(let index, let times): flap(index, times: times)
        case .thiefLeaves(let host, let port): hosts[host].foreignPorts.removeAll { $0 == port }
        case .mend(let ailment): mend(ailment)
        case .inspect: break
        }
    }

    private func isRunning(_ index: Int, _ life: Int) -> Bool {
        workers[index].life == life && workers[index].status == .running
    }

    /// A request arrives at the cluster port of a host.
    private func call(_ host: Int, _ input: BalancerInput, from caller: Caller) {
        if case .register = input {
            // A registration can arrive after the death of its sender.
        } else if caller.worker >= 0, workers[caller.worker].life != caller.life || !workers[caller.worker].isAlive {
            return
        }
        guard hosts[host].isUp else { return }
        if let process = balancer(atClusterPortOf: host) {
            if case .watch = input { workers[caller.worker].watches = process }
            perform(.toBalancer(process, input))
        } else if arePortsHeld(on: host) {
            // The connection waits in the listener's queue for the next balancer, or until its timeout.
            hosts[host].backlog.append((input, caller))
        } else if caller.worker >= 0 {
            let isForeign = hosts[host].foreignPorts.contains(World.publicPort)
            refuse(input, from: caller, host: host, isForeign: isForeign)
        }
    }

    private func refuse(_ input: BalancerInput, from caller: Caller, host: Int, isForeign: Bool) {
        guard let arrival = arrival(from: host, to: workers[caller.worker].host) else { return }
        switch input {
        case .watch:
            // If a foreign process holds the port, the TLS handshake fails.
            let failure = WorkerInput.watchFailed(isForeign ? .rejected : .refused, call: caller.call)
            push(arrival, .toWorker(caller.worker, life: caller.life, failure))
        case .register:
            let failure = WorkerInput.registrationUnreachable(isSilent: false, call: caller.call)
            push(arrival, .toWorker(caller.worker, life: caller.life, failure))
        case .connectBackFinished, .watchLost, .probeFinished, .discover, .depart, .standInShown, .handoverHeld,
            .handoverLeft, .sought, .reignFound, .reign, .takeoverOrdered, .lockRequested, .acceptingStopped:
            break
        }
    }

    /// The port that stands for all ports of the balancer. A balancer binds all of them together.
    static let publicPort: UInt16 = 8000
}
