import Cluster

/// The members' shells.
extension World {
    /// Hands an event to a member's core and performs what comes out of it.
    func actMember(_ index: Int, _ event: (inout MemberCore) -> Void) {
        event(&members[index].core)
        for effect in members[index].core.takeEffects() { perform(effect, of: index) }
        scheduleMember(index)
    }

    func deliver(_ input: MemberInput, to index: Int) {
        switch input {
        case .registrationAnswer(let verdict, let balancer, let call):
            guard call == members[index].registerCall || isDuplicated() else { return }
            members[index].registerCall += 1
            switch verdict {
            case .admitted(let snapshot):
                members[index].highestSeen = max(members[index].highestSeen, snapshot.epoch)
                if balancers[balancer].status != .dead { members[index].pinned = balancer }
                actMember(index) { $0.registered(snapshot, settings: self.settings, now: self.now) }
            case .refused(let refusal):
                actMember(index) { $0.registrationFailed(refusal, now: self.now) }
            }
        case .registrationUnreachable(let call):
            guard call == members[index].registerCall else { return }
            members[index].registerCall += 1
            actMember(index) { $0.registrationUnreachable(now: self.now) }
        case .watchAnswer(let verdict, let call):
            guard call == members[index].watchCall || isDuplicated() else { return }
            members[index].watchCall += 1
            deliver(verdict, to: index)
            if isDuplicated() {
                // The same answer once more, much later: an order that no careful shell would let through.
                let late = after(milliseconds: Int64(random.below(1000)))
                queue.push(late, .toMember(index, life: members[index].life, .watchAnswer(verdict, call: call)))
            }
        case .watchFailed(let kind, let call):
            guard call == members[index].watchCall else { return }
            members[index].watchCall += 1
            if kind == .timedOut { disconnect(index) }
            actMember(index) { $0.watchFailed(kind, now: self.now) }
        case .balancerDied(let epoch):
            actMember(index) { $0.balancerDied(epoch: epoch, now: self.now) }
        case .prevoteAsked(let prevote, let caller):
            var answer: PrevoteAnswer?
            actMember(index) { answer = $0.prevoteAsked(prevote, now: self.now) }
            if answer?.agrees == false { coverage.objections += 1 }
            if isLost() { return }
            let input = MemberInput.prevoteAnswered(by: members[index].record.id, answer)
            queue.push(soon(), .toMember(caller.member, life: caller.life, input))
        case .prevoteAnswered(let id, let answer):
            actMember(index) { $0.prevoteAnswered(from: id, answer, now: self.now) }
        case .takeoverFinished(let outcome):
            actMember(index) { $0.takeoverFinished(outcome, now: self.now) }
        case .request(let epoch, let balancer):
            serveRequest(epoch, from: balancer, at: index)
        }
    }

    private func deliver(_ verdict: WatchVerdict, to index: Int) {
        switch verdict {
        case .unchanged(let epoch, version: _):
            members[index].highestSeen = max(members[index].highestSeen, epoch)
            actMember(index) { $0.watchAnswered(epoch: epoch, newer: nil, now: self.now) }
        case .newer(let snapshot):
            members[index].highestSeen = max(members[index].highestSeen, snapshot.epoch)
            actMember(index) { $0.watchAnswered(epoch: snapshot.epoch, newer: snapshot, now: self.now) }
        case .registerAgain:
            actMember(index) { $0.watchUnknown(now: self.now) }
        case .refused:
            actMember(index) { $0.watchFailed(.rejected, now: self.now) }
        case .superseded:
            actMember(index) { $0.watchFailed(.superseded, now: self.now) }
        }
    }

    /// A proxied request arrives: the fence of the data path.
    private func serveRequest(_ epoch: Epoch, from balancer: Int, at index: Int) {
        var isServed = false
        actMember(index) { isServed = $0.requestSeen(epoch: epoch) }
        let highest = members[index].highestSeen
        if isServed, epoch < highest {
            violations.append("\(members[index].record.id) obeyed epoch \(epoch.value) after \(highest.value)")
        }
        members[index].highestSeen = max(highest, epoch)
        if !isServed {
            coverage.fencedRequests += 1
            let seen = members[index].core.highestEpoch
            queue.push(soon(), .toBalancer(balancer, .epochRefused(by: members[index].record.id, seen: seen)))
        }
    }

    private func perform(_ effect: MemberEffect, of index: Int) {
        let life = members[index].life
        switch effect {
        case .register(let registration):
            members[index].registerCall += 1
            let caller = Caller(member: index, life: life, call: members[index].registerCall)
            queue.push(
                after(milliseconds: 3000),
                .toMember(index, life: life, .registrationUnreachable(call: caller.call))
            )
            if isLost() { return }
            let peer = worker(registration.id.text)
            queue.push(soon(), .toClusterPort(.register(registration, peer: peer, from: caller), from: caller))
        case .watch(let watch):
            members[index].watchCall += 1
            let caller = Caller(member: index, life: life, call: members[index].watchCall)
            queue.push(
                after(milliseconds: 1000),
                .toMember(index, life: life, .watchFailed(.timedOut, call: caller.call))
            )
            if isLost() { return }
            let input = BalancerInput.watch(watch, peer: worker(watch.id.text), from: caller)
            if let process = members[index].connectedTo {
                queue.push(soon(), .toBalancer(process, input))
            } else {
                queue.push(soon(), .toClusterPort(input, from: caller))
            }
        case .prevote(let electors, let prevote):
            coverage.prevotes += 1
            for elector in electors { ask(elector, prevote, by: Caller(member: index, life: life, call: 0)) }
        case .takeOver(let after, let snapshot, let killHolder):
            if killHolder { killPinned(by: index, upTo: after) }
            queue.push(
                Instant(nanoseconds: soon().nanoseconds + 1_500_000),
                .takeLock(index, life: life, after: after, snapshot: snapshot)
            )
        case .persist(let snapshot):
            members[index].disk.append(snapshot)
        case .keepStandby, .drain, .event, .scout, .move, .releaseListeners:
            break
        }
    }

    private func ask(_ elector: WorkerRecord, _ prevote: Prevote, by caller: Caller) {
        guard let index = members.firstIndex(where: { $0.record.port == elector.port }) else { return }
        if members[index].status == .dead {
            let input = MemberInput.prevoteAnswered(by: elector.id, nil)
            queue.push(soon(), .toMember(caller.member, life: caller.life, input))
        } else if !isLost() {
            queue.push(soon(), .toMember(index, life: members[index].life, .prevoteAsked(prevote, by: caller)))
        }
    }

    /// Kills the lock's holder through the pidfd that the member took while that balancer was alive.
    private func killPinned(by index: Int, upTo epoch: Epoch) {
        guard !isLease, let pinned = members[index].pinned, lock.holder == pinned, balancers[pinned].epoch <= epoch
        else { return }
        coverage.killedHolders += balancers[pinned].status == .dead ? 0 : 1
        killBalancer(pinned)
    }

    private func scheduleMember(_ index: Int) {
        guard members[index].status == .running, let deadline = members[index].core.nextDeadline else { return }
        if let wakeAt = members[index].wakeAt, wakeAt <= deadline, wakeAt > now { return }
        members[index].wakeAt = max(deadline, now)
        queue.push(max(deadline, now), .wakeMember(index, life: members[index].life))
    }

    private func disconnect(_ index: Int) {
        guard let process = members[index].connectedTo else { return }
        members[index].connectedTo = nil
        let record = members[index].record
        queue.push(soon(), .toBalancer(process, .watchLost(record.id, incarnation: record.incarnation)))
    }
}
