import Cluster

/// The shells of the balancers' cores, as in `BalancerControl`.
extension World {
    /// Hands an event to a balancer's core and performs the resulting effects.
    func actBalancer(_ process: Int, _ event: (inout BalancerCore) -> Void) {
        guard balancers[process].core != nil else { return }
        let routableBefore = balancers[process].loadBalancer.routableCount
        var effects: [BalancerEffect] = []
        if var core = balancers[process].core {
            // The core has one owner at a time. With two owners, a change would copy the core.
            balancers[process].core = nil
            event(&core)
            effects = core.takeEffects()
            balancers[process].core = core
        }
        var isFenced = false
        for effect in effects {
            switch effect {
            case .probe(let record): send(.probe(record), by: process)
            case .hostsChanged: publishHosts(of: process)
            case .holdRequests: break
            case .seek(let addresses): for address in addresses { seek(address, by: process) }
            case .fenced(let epoch):
                isFenced = true
                checkEnd(of: process, for: epoch)
                feed(.superseded(by: epoch), to: process)
            case .checkFence:
                let standing = balancers[process].coordinator.standing()
                actBalancer(process) { $0.fenceChecked(standing, now: self.now) }
                guard balancers[process].isAlive else { return }
            case .fenceLost(let reason):
                feed(.coordinator(.lost(reason)), to: process)
            case .event(let event):
                tell("balancer \(process): \(event.message)")
                note(event)
            }
        }
        checkBalancer(process, effects: effects, routableBefore: routableBefore)
        if isFenced { coverage.see(.fenced) }
        checkStopsWhenFenced(process)
        scheduleBalancer(process)
    }

    private func note(_ event: ClusterEvent) {
        switch event {
        case .keptInRotation: coverage.see(.keptInRotation)
        case .dropped: coverage.see(.drop)
        case .ejected(_, let reason) where reason.hasPrefix("failed"): coverage.see(.softEjection)
        default: break
        }
    }

    private func publishHosts(of process: Int) {
        guard let entries = balancers[process].core?.hostEntries else { return }
        balancers[process].loadBalancer.update(entries)
        withdrawAttempts(of: process)
        if balancers[process].loadBalancer.routableCount > 0 { feed(.firstWorkerReady, to: process) }
    }

    func deliver(_ input: BalancerInput, to process: Int) {
        switch input {
        case .reign(let event): feed(event, to: process)
        case .takeoverOrdered(let epoch):
            // Another worker of this host may have met a later reign.
            feed(.takeoverOrdered(after: max(epoch, epochKnown(on: balancers[process].host))), to: process)
        case .lockRequested(let successor): lockRequested(by: successor, of: process)
        case .acceptingStopped: acceptingStopped(at: process)
        default: deliverToCore(input, of: process)
        }
    }

    private func deliverToCore(_ input: BalancerInput, of process: Int) {
        guard balancers[process].core != nil else { return }
        switch input {
        case .register(let registration, let peer, let caller):
            var verdict = RegistrationVerdict.refused(.busy)
            actBalancer(process) {
                verdict = $0.register(registration, peer: peer, isHostCertified: true, now: self.now)
            }
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
            var verdict = WatchVerdict.registerAgain
            actBalancer(process) { verdict = $0.watch(watch, peer: peer, now: self.now) }
            reply(.watchAnswer(verdict, from: process, call: caller.call), by: process, to: caller)
        case .watchLost(let id, let incarnation):
            // The shell ignores the end of an old connection if the worker has a newer one.
            if workers.contains(where: { $0.record.id == id && $0.isAlive && $0.watches == process }) { return }
            actBalancer(process) { $0.watchLost(id, incarnation: incarnation, now: self.now) }
        case .probeFinished(let id, let incarnation, let outcome):
            if outcome == .passed { prove(id, incarnation, to: process) }
            actBalancer(process) { $0.probeFinished(id, incarnation: incarnation, outcome, now: self.now) }
        case .discover(let request, let peer, let caller, let asked):
            var verdict = DiscoveryVerdict.refused(.busy)
            actBalancer(process) { verdict = $0.discover(request, peer: peer, now: self.now) }
            guard case .reigns(let epoch) = verdict else { return }
            reply(.discovered(host: balancers[process].host, epoch, asked: asked), by: process, to: caller)
        case .standInShown(let id, let incarnation, let peer):
            actBalancer(process) { _ = $0.standInShown(id, incarnation: incarnation, peer: peer, now: self.now) }
        case .handoverHeld(let id): actBalancer(process) { $0.handoverHeld(by: id, now: self.now) }
        case .handoverLeft(let id): actBalancer(process) { $0.handoverLeft(by: id, now: self.now) }
        case .sought(let other, let address): answer(other, asking: process, at: address)
        case .reignFound(let epoch, let address):
            show(epoch, to: process)
            actBalancer(process) { $0.reignFound(epoch, at: address, now: self.now) }
        case .depart(let departing, let peer, _):
            actBalancer(process) { core in
                if departing.isDrain {
                    _ = core.drain(
                        departing.id, incarnation: departing.incarnation, startMark: departing.startMark, peer: peer,
                        now: self.now)
                } else {
                    _ = core.leave(
                        departing.id, incarnation: departing.incarnation, startMark: departing.startMark, peer: peer,
                        now: self.now)
                }
            }
        case .reign, .takeoverOrdered, .lockRequested, .acceptingStopped: break
        }
    }

    /// A balancer asks at another balancer address for the epoch of the reign there.
    private func seek(_ address: BalancerAddress, by process: Int) {
        guard let host = host(named: address.host), let arrival = arrival(from: balancers[process].host, to: host)
        else {
            return
        }
        push(arrival, .toClusterPort(host: host, .sought(by: process, at: address), from: .nobody))
    }

    private func answer(_ other: Int, asking process: Int, at address: BalancerAddress) {
        let peer = identity(workers[0].record.id, .balancer)
        var verdict = DiscoveryVerdict.refused(.busy)
        actBalancer(process) { verdict = $0.discover(DiscoveryRequest(epochSeen: .none), peer: peer, now: self.now) }
        guard case .reigns(let epoch) = verdict,
            let arrival = arrival(from: balancers[process].host, to: balancers[other].host)
        else { return }
        push(arrival, .toBalancer(other, .reignFound(epoch, at: address)))
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

    // MARK: Probes and connect-backs

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

    /// A probe or connect-back arrives at the worker's address.
    func look(_ look: Look, by process: Int) {
        guard balancers[process].isAlive, let host = host(named: look.record.host), hosts[host].isUp else { return }
        let found: Found
        if let index = listener(host: host, port: look.record.port) {
            if workers[index].status == .paused {
                push(after(milliseconds: patience(look)), finished(look, by: process, nil))
                return
            }
            if case .probe = look { moved(process, seenBy: index) }
            let isSame = workers[index].record.id == look.record.id
            let isSick = workers[index].sickUntil.map { $0 > now } ?? false
            found = isSame ? (isSick ? .sick : .well) : .somebodyElse(workers[index].record.id.text)
        } else if hosts[host].foreignPorts.contains(look.record.port) {
            found = .somebodyElse("a foreign process")
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

    /// The result of a probe or connect-back, as an event.
    ///
    /// - Parameter found: nil if the timeout came before an answer.
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

    /// The port of an intruder with a certificate of another cluster.
    static let intrudersPort: UInt16 = 9999
}
