import Cluster

/// The balancers' shells.
extension World {
    /// Takes the lock and starts a balancer.
    @discardableResult
    func startBalancer(after epoch: Epoch, hints: Snapshot?, starter: Int?) -> TakeoverOutcome {
        lock.requester = balancers.count
        guard case .granted(let granted) = lock.acquire(after: epoch) else { return .lockHeld }
        let process = balancers.count
        let core = BalancerCore(
            epoch: granted, cluster: "test", settings: settings, reservedPorts: [8000, 7000], hints: hints,
            seed: random.next(), now: now
        )
        balancers.append(SimulatedBalancer(process: process, epoch: granted, core: core))
        if let starter { members[starter].pinned = process }
        queue.push(soon(), .beginAccepting(process))
        return .started(granted)
    }

    /// Hands an event to a balancer's core and performs what comes out of it.
    func actBalancer(_ process: Int, _ event: (inout BalancerCore) -> Void) {
        event(&balancers[process].core)
        for effect in balancers[process].core.takeEffects() {
            switch effect {
            case .probe(let record): probe(record, by: process)
            case .stepDown:
                coverage.stepDowns += 1
                killBalancer(process)
            case .rosterChanged, .event: break
            }
        }
        scheduleBalancer(process)
    }

    func deliver(_ input: BalancerInput, to process: Int) {
        switch input {
        case .register(let registration, let peer, let caller):
            var verdict = RegistrationVerdict.refused(.busy)
            actBalancer(process) { verdict = $0.register(registration, peer: peer, now: self.now) }
            switch verdict {
            case .refused(let refusal):
                coverage.refusedIntruders += caller.life < 0 ? 1 : 0
                answer(.refused(refusal), by: process, to: caller)
            case .connectBack(let ticket): connectBack(ticket, by: process, for: caller)
            }
        case .connectBackFinished(let ticket, let outcome, let caller):
            var verdict = AdmissionVerdict.refused(.busy)
            actBalancer(process) { verdict = $0.connectBackFinished(ticket, outcome, now: self.now) }
            answer(verdict, by: process, to: caller)
        case .watch(let watch, let peer, let caller):
            guard members[caller.member].life == caller.life, members[caller.member].status != .dead else { return }
            members[caller.member].connectedTo = process
            var verdict = WatchVerdict.registerAgain
            actBalancer(process) { verdict = $0.watch(watch, peer: peer, now: self.now) }
            if isLost() { return }
            queue.push(
                soon(), .toMember(caller.member, life: caller.life, .watchAnswer(verdict, call: caller.call)))
        case .watchLost(let id, let incarnation):
            // The shell knows whether a newer connection has taken over.
            if members.contains(where: { $0.record.id == id && $0.status != .dead && $0.connectedTo == process }) {
                return
            }
            actBalancer(process) { $0.watchLost(id, incarnation: incarnation, now: self.now) }
        case .probeFinished(let id, let incarnation, let outcome):
            actBalancer(process) { $0.probeFinished(id, incarnation: incarnation, outcome, now: self.now) }
        case .requestFinished(let id, let incarnation, let succeeded):
            actBalancer(process) {
                if succeeded {
                    $0.requestSucceeded(id, incarnation: incarnation, now: self.now)
                } else {
                    $0.requestFailed(id, incarnation: incarnation, now: self.now)
                }
            }
        case .epochRefused(let id, let seen):
            actBalancer(process) { $0.epochRefused(by: id, seen: seen, now: self.now) }
        }
    }

    /// The data plane sends a request to some routable worker, under its epoch.
    func sendRequest(from process: Int) {
        guard balancers[process].status != .dead else { return }
        queue.push(after(milliseconds: 40 + Int64(random.below(80))), .sendRequest(process))
        guard balancers[process].status == .running, balancers[process].isAccepting else { return }
        let routable = balancers[process].core.roster.filter(\.isRoutable)
        guard !routable.isEmpty else { return }
        let entry = routable[Int(random.below(UInt32(routable.count)))]
        guard let index = members.firstIndex(where: { $0.record.port == entry.port }) else { return }
        let isServed = members[index].status == .running && !isLost()
        if isServed {
            let input = MemberInput.request(balancers[process].epoch, balancer: process)
            queue.push(soon(), .toMember(index, life: members[index].life, input))
        }
        let input = BalancerInput.requestFinished(entry.id, incarnation: entry.incarnation, succeeded: isServed)
        queue.push(soon(), .toBalancer(process, input))
    }

    /// Ends a balancer's process, as SIGKILL does: its connections end, its lock is free a moment later.
    func killBalancer(_ process: Int) {
        guard balancers[process].status != .dead else { return }
        balancers[process].status = .dead
        balancers[process].isAccepting = false
        balancers[process].inbox = []
        queue.push(after(milliseconds: 1), .releaseLock(process))
        for member in members where member.status != .dead {
            let life = member.life
            if member.connectedTo == process {
                members[member.index].connectedTo = nil
                // A fresh number, so that the end of the connection counts whether or not a check is under way.
                members[member.index].watchCall += 1
                let failure = MemberInput.watchFailed(.closed, call: members[member.index].watchCall)
                queue.push(soon(), .toMember(member.index, life: life, failure))
            }
            if member.pinned == process, chance(70) {
                queue.push(soon(), .toMember(member.index, life: life, .balancerDied(balancers[process].epoch)))
            }
        }
    }

    private func answer(_ verdict: AdmissionVerdict, by process: Int, to caller: Caller) {
        if isLost() { return }
        let input = MemberInput.registrationAnswer(verdict, balancer: process, call: caller.call)
        queue.push(soon(), .toMember(caller.member, life: caller.life, input))
    }

    private func connectBack(_ ticket: AdmissionTicket, by process: Int, for caller: Caller) {
        let found = look(at: ticket.record.port)
        let outcome: ConnectBackOutcome
        switch found {
        case nil: outcome = .unreachable("connection refused")
        case .some(let index) where members[index].status == .paused: outcome = .unreachable("timed out")
        case .some(let index) where members[index].record.id == ticket.record.id: outcome = .sameNode
        case .some(let index): outcome = .otherNode(members[index].record.id.text)
        }
        let isLate = isLost()
        queue.push(
            isLate ? after(milliseconds: 3000) : soon(),
            .toBalancer(
                process, .connectBackFinished(ticket, isLate ? .unreachable("timed out") : outcome, from: caller))
        )
    }

    private func probe(_ record: WorkerRecord, by process: Int) {
        let outcome: ProbeOutcome
        switch look(at: record.port) {
        case nil: outcome = .refusedConnection
        case .some(let index) where members[index].status == .paused: outcome = .failed("timed out")
        case .some(let index) where members[index].record.id == record.id: outcome = .passed
        case .some(let index): outcome = .otherNode(members[index].record.id.text)
        }
        let isLate = outcome == .failed("timed out") || isLost()
        queue.push(
            isLate ? after(milliseconds: settings.probeTimeoutMilliseconds) : soon(),
            .toBalancer(
                process,
                .probeFinished(record.id, incarnation: record.incarnation, isLate ? .failed("timed out") : outcome)
            )
        )
    }

    /// The living member that listens on a port.
    private func look(at port: UInt16) -> Int? {
        members.firstIndex { $0.record.port == port && $0.status != .dead }
    }

    private func scheduleBalancer(_ process: Int) {
        guard balancers[process].status == .running, let deadline = balancers[process].core.nextDeadline else { return }
        if let wakeAt = balancers[process].wakeAt, wakeAt <= deadline, wakeAt > now { return }
        balancers[process].wakeAt = max(deadline, now)
        queue.push(max(deadline, now), .wakeBalancer(process))
    }
}
