import Cluster

/// The balancers' shells, as in `BalancerControl`.
extension World {
    /// Hands an event to a balancer's core and performs what comes out of it.
    func actBalancer(_ process: Int, _ event: (inout BalancerCore) -> Void) {
        guard balancers[process].core != nil else { return }
        let routableBefore = balancers[process].roster.routableCount
        var effects: [BalancerEffect] = []
        if var core = balancers[process].core {
            // In place: two owners of one core would copy it.
            balancers[process].core = nil
            event(&core)
            effects = core.takeEffects()
            balancers[process].core = core
        }
        var hasSteppedDown = false
        for effect in effects {
            switch effect {
            case .probe(let record): send(.probe(record), by: process)
            case .rosterChanged: publishRoster(of: process)
            case .stepDown(let epoch):
                hasSteppedDown = true
                announce(successor: epoch, of: process)
            case .checkFence:
                let standing = balancers[process].coordinator.standing()
                actBalancer(process) { $0.fenceChecked(standing, now: self.now) }
                guard balancers[process].isAlive else { return }
            case .abandon(let reason):
                // Who leaves in order has given the fence back itself.
                guard balancers[process].stage == .reigning else { continue }
                coverage.see(.lostFence)
                tell("balancer \(process) ends: \(reason)")
                endReign(process, isInOrder: false)
                return
            case .event(let event):
                tell("balancer \(process): \(event.message)")
                note(event)
            }
        }
        checkBalancer(process, effects: effects, routableBefore: routableBefore)
        if hasSteppedDown {
            coverage.see(.stepDown)
            endReign(process, isInOrder: false)
        }
        checkSteppedDown(process)
        scheduleBalancer(process)
    }

    private func note(_ event: ClusterEvent) {
        switch event {
        case .spared: coverage.see(.spared)
        case .evicted: coverage.see(.eviction)
        case .ejected(_, let reason) where reason.hasPrefix("failed"): coverage.see(.softEjection)
        default: break
        }
    }

    private func publishRoster(of process: Int) {
        guard let roster = balancers[process].core?.roster else { return }
        balancers[process].roster.update(roster)
        withdrawAttempts(of: process)
    }

    func deliver(_ input: BalancerInput, to process: Int) {
        guard balancers[process].core != nil else { return }
        switch input {
        case .register(let registration, let peer, let caller):
            if caller.worker >= 0 { show(registration.maximumEpochSeen, to: process) }
            var verdict = RegistrationVerdict.refused(.busy)
            actBalancer(process) { verdict = $0.register(registration, peer: peer, now: self.now) }
            switch verdict {
            case .refused(let refusal):
                if caller.worker < 0 { coverage.see(.refusedIntruder) }
                answer(.refused(refusal), by: process, to: caller)
            case .connectBack(let ticket): send(.connectBack(ticket, for: caller), by: process)
            }
        case .connectBackFinished(let ticket, let outcome, let caller):
            var verdict = AdmissionVerdict.refused(.busy)
            if outcome == .sameNode { prove(ticket.record.id, ticket.record.incarnation, to: process) }
            actBalancer(process) { verdict = $0.connectBackFinished(ticket, outcome, now: self.now) }
            answer(verdict, by: process, to: caller)
        case .watch(let watch, let peer, let caller):
            if caller.worker >= 0 {
                guard workers[caller.worker].life == caller.life, workers[caller.worker].isAlive else { return }
                workers[caller.worker].watches = process
            }
            show(watch.epochSeen, to: process)
            var verdict = WatchVerdict.registerAgain
            actBalancer(process) { verdict = $0.watch(watch, peer: peer, now: self.now) }
            reply(.watchAnswer(verdict, from: process, call: caller.call), by: process, to: caller)
        case .watchLost(let id, let incarnation):
            // The shell knows whether a newer connection has taken over.
            if workers.contains(where: { $0.record.id == id && $0.isAlive && $0.watches == process }) { return }
            actBalancer(process) { $0.watchLost(id, incarnation: incarnation, now: self.now) }
        case .probeFinished(let id, let incarnation, let outcome):
            if outcome == .passed { prove(id, incarnation, to: process) }
            actBalancer(process) { $0.probeFinished(id, incarnation: incarnation, outcome, now: self.now) }
        case .scout(let scouting, let peer, let caller, let asked):
            show(scouting.epochSeen, to: process)
            var verdict = ScoutVerdict.refused(.busy)
            actBalancer(process) { verdict = $0.scouted(scouting, peer: peer, now: self.now) }
            guard case .reigns(let epoch) = verdict else { return }
            reply(.scouted(host: balancers[process].host, epoch, asked: asked), by: process, to: caller)
        case .depart(let departing, let peer, _):
            actBalancer(process) { core in
                if departing.isDrain {
                    _ = core.drain(departing.id, incarnation: departing.incarnation, peer: peer, now: self.now)
                } else {
                    _ = core.leave(departing.id, incarnation: departing.incarnation, peer: peer, now: self.now)
                }
            }
        }
    }

    private func answer(_ verdict: AdmissionVerdict, by process: Int, to caller: Caller) {
        reply(.registrationAnswer(verdict, from: process, call: caller.call), by: process, to: caller)
    }

    private func reply(_ input: WorkerInput, by process: Int, to caller: Caller) {
        guard caller.worker >= 0 else { return }
        let host = workers[caller.worker].host
        guard let arrival = arrival(from: balancers[process].host, to: host) else { return }
        push(arrival, .toWorker(caller.worker, life: caller.life, input))
    }

    // MARK: Who answers there?

    private func send(_ look: Look, by process: Int) {
        let from = balancers[process].host
        if let host = host(named: look.record.host), let arrival = arrival(from: from, to: host) {
            push(arrival, .look(by: process, look))
        } else {
            push(after(milliseconds: patience(look)), finished(look, by: process, nil))
        }
    }

    private func patience(_ look: Look) -> Int64 {
        switch look {
        case .probe: settings.probeTimeoutMilliseconds
        case .connectBack: settings.connectBackTimeoutMilliseconds
        }
    }

    /// The question arrives at the address.
    func look(_ look: Look, by process: Int) {
        guard balancers[process].isAlive, let host = host(named: look.record.host), hosts[host].isUp else { return }
        let found: Found
        if let index = listener(host: host, port: look.record.port) {
            if workers[index].status == .paused {
                push(after(milliseconds: patience(look)), finished(look, by: process, nil))
                return
            }
            let isSame = workers[index].record.id == look.record.id
            let isSick = workers[index].sickUntil.map { $0 > now } ?? false
            found = isSame ? (isSick ? .sick : .well) : .somebodyElse(workers[index].record.id.text)
        } else if hosts[host].foreignPorts.contains(look.record.port) {
            found = .somebodyElse("a process that is none of ours")
        } else if look.record.port == World.intrudersPort {
            found = .somebodyElse("a peer of another cluster")
        } else {
            found = .nobody
        }
        if let arrival = arrival(from: host, to: balancers[process].host) {
            push(arrival, finished(look, by: process, found))
        } else {
            push(after(milliseconds: patience(look)), finished(look, by: process, nil))
        }
    }

    private enum Found {
        case well
        case sick
        case somebodyElse(String)
        case nobody
    }

    /// - Parameter found: nil when the time was over before there was an answer.
    private func finished(_ look: Look, by process: Int, _ found: Found?) -> SimulatedEvent {
        switch look {
        case .probe(let record):
            let outcome: ProbeOutcome =
                switch found {
                case nil: .failed("timed out")
                case .well: .passed
                case .sick: .failed("status 503")
                case .somebodyElse(let who): .otherNode(who)
                case .nobody: .refusedConnection
                }
            return .toBalancer(process, .probeFinished(record.id, incarnation: record.incarnation, outcome))
        case .connectBack(let ticket, let caller):
            let outcome: ConnectBackOutcome =
                switch found {
                case nil: .unreachable("timed out")
                case .well: .sameNode
                case .sick: .unhealthy("status 503")
                case .somebodyElse(let who): .otherNode(who)
                case .nobody: .unreachable("connection refused")
                }
            return .toBalancer(process, .connectBackFinished(ticket, outcome, from: caller))
        }
    }

    private func scheduleBalancer(_ process: Int) {
        guard balancers[process].status == .running, let deadline = balancers[process].core?.nextDeadline else {
            return
        }
        if let wakeAt = balancers[process].wakeAt, wakeAt <= deadline, wakeAt > now { return }
        balancers[process].wakeAt = max(deadline, now)
        push(max(deadline, now), .wakeBalancer(process))
    }

    /// Where an intruder listens.
    static let intrudersPort: UInt16 = 9999
}
