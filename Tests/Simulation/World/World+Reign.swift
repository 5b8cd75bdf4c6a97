import Cluster

/// The shell of a balancer's reign. It feeds events to `Reign` and performs the effects, as `BalancerNode` does.
extension World {
    static var reignTiming: ReignTiming {
        var timing = ReignTiming()
        timing.retryMilliseconds = 5
        timing.attempts = 200
        timing.drainMilliseconds = 2000
        return timing
    }

    /// Feeds an event to a process's reign and performs the effects. An effect may add events. They follow after all
    /// effects of the present event.
    func feed(_ event: ReignEvent, to process: Int) {
        guard balancers[process].isAlive else { return }
        balancers[process].events.append(event)
        guard !balancers[process].isFeeding else { return }
        balancers[process].isFeeding = true
        while balancers[process].isAlive, !balancers[process].events.isEmpty {
            let next = balancers[process].events.removeFirst()
            balancers[process].reign.feed(next, now: now)
            for effect in balancers[process].reign.takeEffects() where balancers[process].isAlive {
                perform(effect, of: process)
            }
        }
        balancers[process].isFeeding = false
        scheduleReign(process)
    }

    private func scheduleReign(_ process: Int) {
        guard balancers[process].isAlive, let deadline = balancers[process].reign.nextDeadline else { return }
        if let wakeAt = balancers[process].reignWakeAt, wakeAt <= deadline, wakeAt > now { return }
        balancers[process].reignWakeAt = max(deadline, now)
        push(max(deadline, now), .wakeReign(process))
    }

    func wakeReign(_ process: Int) {
        guard balancers[process].status == .running, balancers[process].reignWakeAt == now else { return }
        balancers[process].reignWakeAt = nil
        feed(.tick, to: process)
    }

    private func perform(_ effect: ReignEffect, of process: Int) {
        let host = balancers[process].host
        switch effect {
        case .discover(let addresses):
            let found = rivalReign(at: addresses, from: host)
            push(after(1...50), .toBalancer(process, .reign(.discoveryEnded(found: found))))
        case .prepare: feed(.prepared, to: process)
        case .warmUp:
            guard balancers[process].predecessor != nil else { return }
            push(after(0...20), .toBalancer(process, .reign(.warmedUp)))
        case .requestLock:
            guard let predecessor = balancers[process].predecessor else { return }
            push(soon(), .toBalancer(predecessor, .lockRequested(by: process)))
        case .bind: bind(process)
        case .acquire(let after): acquire(after: after, for: process)
        case .accept(let epoch): accept(epoch, at: process)
        case .serve: serve(process)
        case .report(let report): tellWorker(report, of: process)
        case .announceReign(let epoch):
            guard let predecessor = balancers[process].predecessor else { return }
            push(soon(), .toBalancer(predecessor, .reign(.successorReigns(epoch))))
        case .refuseSuccessor: refuseSuccessor(of: process)
        case .stopAccepting(let reason): stopAccepting(process, reason)
        case .announceSuperseded(let epoch): announce(successor: epoch, of: process)
        case .yieldLock: yieldLock(of: process)
        case .killSuccessor: if let successor = balancers[process].successor { killBalancer(successor) }
        case .announceSuccessor(let epoch): announce(successor: epoch, of: process)
        case .release:
            checkRelease(by: process)
            balancers[process].coordinator.release()
        case .closeControl: closeControl(of: process)
        case .watchSuccessor: watchSuccessor(of: process)
        case .adoptEpoch(let epoch):
            balancers[process].requestEpoch = max(balancers[process].requestEpoch, epoch)
        case .drain:
            balancers[process].isDraining = true
            if balancers[process].attempts.isEmpty { feed(.drained, to: process) }
        case .exit(let reason):
            tell("balancer \(process) ends: \(reason)")
            if case .held = reason { coverage.see(.lostRace) }
            checkExit(of: process)
            killBalancer(process)
        }
    }

    // MARK: The start of a reign

    private func bind(_ process: Int) {
        let host = balancers[process].host
        guard !arePortsHeld(on: host), !hosts[host].foreignPorts.contains(World.publicPort) else {
            feed(.bindFailed(ReignFailure("another process listens there")), to: process)
            return
        }
        balancers[process].hasListeners = true
        feed(.bound, to: process)
    }

    private func acquire(after: Epoch, for process: Int) {
        checkAcquire(by: process)
        balancers[process].after = after
        let grant = balancers[process].coordinator.acquire(after: after)
        if hosts[balancers[process].host].directory.takeKill() {
            coverage.see(.tornTakeover)
            tell("balancer \(process) is killed during its takeover")
            killBalancer(process)
            return
        }
        let answer: CoordinatorAnswer
        switch grant {
        case .granted(let epoch):
            tell("balancer \(process) gets epoch \(epoch.value)")
            checkGrant(epoch, to: process)
            hosts[balancers[process].host].hasReigned = true
            balancers[process].epoch = epoch
            balancers[process].requestEpoch = epoch
            answer = .granted(epoch)
        case .heldByOther(let holder): answer = .held(by: holder)
        case .failed(let reason): answer = .failed(reason)
        }
        // A lock answers at once. An external store answers later.
        if lease == nil {
            feed(.coordinator(answer), to: process)
        } else {
            push(soon(), .toBalancer(process, .reign(.coordinator(answer))))
        }
    }

    private func accept(_ epoch: Epoch, at process: Int) {
        checkAccept(epoch, at: process)
        tell("balancer \(process) accepts under epoch \(epoch.value)")
        let host = balancers[process].host
        balancers[process].isAccepting = true
        balancers[process].isListening = true
        balancers[process].loadBalancer = SimulatedLoadBalancer(seed: random.next())
        balancers[process].core = BalancerCore(
            epoch: epoch, cluster: "test", settings: settings, reservedPorts: [World.publicPort, 7000],
            lockDomain: LockDomain("home-\(host)"), hints: hosts[host].latestSnapshot, seed: random.next(), now: now)
        coverage.see(.takeover)
        actBalancer(process) { _ in }
        push(after(5...30), .clientAsks(process))
    }

    private func serve(_ process: Int) {
        if hosts[balancers[process].host].directory.isFull, chance(50) {
            coverage.see(.failedStart)
            feed(.failed(ReignFailure("no space is left for the configuration")), to: process)
            return
        }
        balancers[process].isComplete = true
        push(after(milliseconds: settings.watchFastMilliseconds), .showLife(process))
        let host = balancers[process].host
        for index in workers.indices where workers[index].host == host && workers[index].channel == nil {
            push(after(0...100), .connectHandover(index, life: workers[index].life))
        }
        for other in live where other != process && balancers[other].host == host {
            push(soon(), .toBalancer(other, .reign(.successorFound(balancers[process].epoch))))
        }
        let waiting = hosts[host].backlog
        hosts[host].backlog = []
        for call in waiting { push(soon(), .toClusterPort(host: host, call.input, from: call.from)) }
        feed(.served, to: process)
    }

    private func tellWorker(_ standbyReport: StandbyReport, of process: Int) {
        switch standbyReport {
        case .parked, .accepts, .superseded: return
        case .started(let epoch): report(.started(epoch), of: process)
        case .held: report(.lockHeld, of: process)
        case .failed(let reason): report(.failed(reason), of: process)
        }
        balancers[process].owner = nil
    }

    func report(_ outcome: TakeoverOutcome, of process: Int) {
        guard let owner = balancers[process].owner else { return }
        push(soon(), .toWorker(owner.worker, life: owner.life, .takeoverFinished(outcome)))
    }

    // MARK: The end of a reign

    private func stopAccepting(_ process: Int, _ reason: ReignStop) {
        tell("balancer \(process) stops accepting: \(reason)")
        if reason == .replaced { balancers[process].successor = balancers[process].asker }
        if case .fenceLost = reason { coverage.see(.lostFence) }
        balancers[process].isAccepting = false
        balancers[process].isOrderly = reason.isOrderly
        push(after(0...3), .toBalancer(process, .acceptingStopped))
    }

    /// Handles the event that the last data loop has stopped accepting.
    func acceptingStopped(at process: Int) {
        balancers[process].isListening = false
        feed(.acceptingStopped, to: process)
    }

    private func closeControl(of process: Int) {
        balancers[process].core = nil
        balancers[process].isComplete = false
        balancers[process].hasListeners = false
        endConnections(of: process)
    }

    private func watchSuccessor(of process: Int) {
        let host = balancers[process].host
        guard let next = live.last(where: { balancers[$0].host == host && balancers[$0].isComplete }) else { return }
        push(soon(), .toBalancer(process, .reign(.successorFound(balancers[next].epoch))))
    }

    /// The old process sends the open file with the lock to its successor, so the lock is never free.
    private func yieldLock(of process: Int) {
        checkRelease(by: process)
        balancers[process].isComplete = false
        guard let successor = balancers[process].successor, balancers[successor].isAlive else {
            feed(.successorLost, to: process)
            return
        }
        let host = balancers[process].host
        hosts[host].directory.holder = successor
        push(soon(), .toBalancer(successor, .reign(.lockReceived(known: epochKnown(on: host)))))
    }

    func lockRequested(by successor: Int, of process: Int) {
        balancers[process].asker = successor
        feed(.successorAsked, to: process)
    }

    private func refuseSuccessor(of process: Int) {
        guard let asker = balancers[process].asker else { return }
        let refusal = ReignFailure("it is going already")
        push(soon(), .toBalancer(asker, .reign(.replacementRefused(refusal))))
    }
}
