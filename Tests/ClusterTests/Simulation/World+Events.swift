import Cluster

/// How events reach the processes.
extension World {
    func perform(_ event: SimulatedEvent) {
        switch event {
        case .wakeMember(let index, let life):
            guard isAwake(index, life), members[index].wakeAt == now else { return }
            members[index].wakeAt = nil
            actMember(index) { $0.tick(now: self.now) }
        case .wakeBalancer(let process):
            guard balancers[process].status == .running, balancers[process].wakeAt == now else { return }
            balancers[process].wakeAt = nil
            actBalancer(process) { $0.tick(now: self.now) }
        case .toMember(let index, let life, let input):
            guard members[index].life == life else { return }
            switch members[index].status {
            case .running: deliver(input, to: index)
            case .paused: members[index].inbox.append(input)
            case .dead: break
            }
        case .toBalancer(let process, let input):
            switch balancers[process].status {
            case .running: deliver(input, to: process)
            case .paused: balancers[process].inbox.append(input)
            case .dead: break
            }
        case .toClusterPort(let input, let caller):
            connect(input, from: caller)
        case .takeLock(let index, let life, let after, let snapshot):
            takeLock(index, life: life, after: after, snapshot: snapshot)
        case .beginAccepting(let process):
            beginAccepting(process)
        case .releaseLock(let process):
            if lock.holder == process { lock.release() }
        case .sendRequest(let process):
            sendRequest(from: process)
        case .fault:
            guard isFaulty else { return }
            doHarm()
            queue.push(after(milliseconds: 20 + Int64(random.below(400))), .fault)
        case .resumeMember(let index, let life):
            if members[index].life == life { resumeMember(index) }
        case .restartMember(let index):
            restartMember(index)
        case .resumeBalancer(let process):
            resumeBalancer(process)
        case .inspect:
            break
        }
    }

    private func isAwake(_ index: Int, _ life: Int) -> Bool {
        members[index].life == life && members[index].status == .running
    }

    private func connect(_ input: BalancerInput, from caller: Caller) {
        if case .register = input {
            // What a process sent before it died can still arrive.
        } else if members[caller.member].life != caller.life || members[caller.member].status == .dead {
            return
        }
        let acceptors = acceptors
        if let last = acceptors.last {
            let process = acceptors.count > 1 && chance(20) ? acceptors[0] : last
            if case .watch = input { members[caller.member].connectedTo = process }
            perform(.toBalancer(process, input))
        } else if chance(60) {
            // The members hold the listeners open: the call waits for the next balancer, or until it is given up.
            backlog.append((input, caller))
        } else if case .watch = input {
            let failure = MemberInput.watchFailed(.refused, call: caller.call)
            perform(.toMember(caller.member, life: caller.life, failure))
        } else {
            perform(.toMember(caller.member, life: caller.life, .registrationUnreachable(call: caller.call)))
        }
    }

    private func takeLock(_ index: Int, life: Int, after epoch: Epoch, snapshot: Snapshot) {
        // When the worker dies in the middle, its standby may or may not have got the order already.
        let isThere = members[index].life == life && members[index].status != .dead
        if !isThere, chance(50) { return }
        if isFaulty, chance(3) {
            queue.push(soon(), .toMember(index, life: life, .takeoverFinished(.failed("no memory"))))
            return
        }
        let outcome = startBalancer(after: epoch, hints: snapshot, starter: isThere ? index : nil)
        coverage.takeovers += outcome == .lockHeld ? 0 : 1
        coverage.lostRaces += outcome == .lockHeld ? 1 : 0
        queue.push(soon(), .toMember(index, life: life, .takeoverFinished(outcome)))
    }

    private func beginAccepting(_ process: Int) {
        switch balancers[process].status {
        case .dead: return
        case .paused: queue.push(after(milliseconds: 5), .beginAccepting(process))
        case .running:
            if lock.holder != process, isLease {
                // Its lease ran out before it began.
                killBalancer(process)
                return
            }
            balancers[process].isAccepting = true
            queue.push(after(milliseconds: 10), .sendRequest(process))
            actBalancer(process) { $0.tick(now: self.now) }
            let waiting = backlog
            backlog = []
            for call in waiting { queue.push(soon(), .toClusterPort(call.input, from: call.from)) }
        }
    }
}
