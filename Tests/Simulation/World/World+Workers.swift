import Cluster

/// The shells of the workers' cores, as in `MemberControl` and `HandoverClient`.
extension World {
    func makeWorker(_ index: Int) -> SimulatedWorker {
        // Only workers on host 0 share the lock with the first balancer.
        let host = index % plan.hosts
        let isPretender = plan.liar.map { $0.worker == index && !$0.holdsListeners } ?? false
        let mayStandIn = (index == 0 || random.below(5) > 0) && !isPretender
        var worker = SimulatedWorker(
            index: index, host: host, core: makeCore(index, host: host, life: 0, mayStandIn: mayStandIn), lastSign: now)
        worker.incarnations.append(worker.record.incarnation)
        return worker
    }

    private func makeCore(_ index: Int, host: Int, life: Int, mayStandIn: Bool) -> MemberCore {
        guard let id = NodeID("worker-\(8001 + index)") else { fatalError("invalid worker name") }
        let wall = 1_000_000 + Int64(now.nanoseconds / 1_000_000) + hosts[host].wallMilliseconds
        let record = WorkerRecord(
            id: id, host: World.address(ofHost: host), port: UInt16(8001 + index), incarnation: UInt64(max(wall, 1)),
            startMark: UInt32(life), mayStandIn: mayStandIn, lockDomain: LockDomain("home-\(host)"),
            acrossHosts: plan.isAcrossHosts && mayStandIn)
        let snapshot = hosts[host].snapshot(of: index)
        // A host has a fencing lock only if a balancer has run there.
        let hasLock = host == 0 || hosts[host].hasReigned
        return MemberCore(
            record: record, settings: settings, snapshot: snapshot, highestEpoch: snapshot?.epoch ?? .none,
            knowsStateDirectory: hasLock, addresses: balancerAddresses(of: host), needsQuorum: plan.needsQuorum,
            seed: random.next(),
            now: now)
    }

    /// A worker's configured balancer addresses. Without takeovers across hosts, the list is empty.
    private func balancerAddresses(of host: Int) -> [BalancerAddress] {
        plan.isAcrossHosts ? hosts.indices.map { World.balancerAddress(ofHost: $0) } : []
    }

    static func balancerAddress(ofHost index: Int) -> BalancerAddress {
        BalancerAddress(host: address(ofHost: index), port: 7000)
    }

    func startWorker(_ index: Int) {
        tell("worker \(workers[index].record.id) starts, incarnation \(workers[index].record.incarnation)")
        push(after(0...20), .connectHandover(index, life: workers[index].life))
        actWorker(index) { $0.start(now: self.now) }
    }

    /// Starts a dead worker again, with its snapshot from the state directory.
    func restartWorker(_ index: Int) {
        guard workers[index].status == .dead else { return }
        let host = workers[index].host
        let record = workers[index].record
        guard hosts[host].isUp, !hosts[host].foreignPorts.contains(record.port) else {
            push(after(100...600), .restartWorker(index, life: workers[index].life))
            return
        }
        var worker = SimulatedWorker(
            index: index, host: host,
            core: makeCore(index, host: host, life: workers[index].life + 1, mayStandIn: record.mayStandIn),
            lastSign: now)
        worker.life = workers[index].life + 1
        worker.registerCall = workers[index].registerCall + 1
        worker.watchCall = workers[index].watchCall + 1
        worker.incarnations = workers[index].incarnations + [worker.record.incarnation]
        worker.highestSeen = worker.core.highestEpoch
        worker.lastSnapshot = worker.core.snapshot
        worker.gate = worker.core.highestEpoch
        workers[index] = worker
        startWorker(index)
    }

    /// Hands an event to a worker's core and performs the resulting effects.
    func actWorker(_ index: Int, _ event: (inout MemberCore) -> Void) {
        event(&workers[index].core)
        let incarnation = workers[index].record.incarnation
        if workers[index].incarnations.last != incarnation { workers[index].incarnations.append(incarnation) }
        for effect in workers[index].core.takeEffects() { perform(effect, of: index) }
        workers[index].gate = max(workers[index].gate, workers[index].core.highestEpoch)
        checkWorker(index)
        scheduleWorker(index)
    }

    func deliver(_ input: WorkerInput, to index: Int) {
        switch input {
        case .registrationAnswer(let verdict, let process, let call):
            guard call == workers[index].registerCall || isRepeated() else { return }
            workers[index].registerCall += 1
            switch verdict {
            case .admitted(let snapshot):
                answered(index, under: snapshot.epoch) {
                    $0.registered(snapshot, settings: self.settings, now: self.now)
                }
            case .refused(let refusal):
                if refusal.status != 503 { signOfLife(at: index) }
                actWorker(index) { $0.registrationFailed(refusal, now: self.now) }
            }
            _ = process
        case .registrationUnreachable(let isSilent, let call):
            guard call == workers[index].registerCall else { return }
            workers[index].registerCall += 1
            actWorker(index) { $0.registrationUnreachable(isSilent: isSilent, now: self.now) }
        case .watchAnswer(let verdict, let process, let call):
            guard call == workers[index].watchCall || isRepeated() else { return }
            workers[index].watchCall += 1
            deliver(verdict, to: index)
            if isRepeated() {
                // The same answer arrives again, much later. A careful shell would never deliver it.
                push(
                    after(0...1000),
                    .toWorker(index, life: workers[index].life, .watchAnswer(verdict, from: process, call: call)))
            }
        case .watchFailed(let kind, let call):
            guard call == workers[index].watchCall else { return }
            workers[index].watchCall += 1
            if kind == .timedOut { closeWatch(of: index) }
            if kind == .rejected { signOfLife(at: index) }
            actWorker(index) { $0.watchFailed(kind, now: self.now) }
        case .prevoteAsked(let prevote, let caller):
            var answer: PrevoteAnswer?
            actWorker(index) { answer = $0.prevoteAsked(prevote, now: self.now) }
            if answer?.agrees == false { coverage.see(.objection) }
            if isLiar(index) {
                answer = answer.map(lie)
            } else if let answer {
                checkPledge(answer, to: prevote, by: index)
            }
            guard let arrival = arrival(from: workers[index].host, to: workers[caller.worker].host) else { return }
            let input = WorkerInput.prevoteAnswered(by: workers[index].record.id, answer, call: caller.call)
            push(arrival, .toWorker(caller.worker, life: caller.life, input))
        case .prevoteAnswered(let id, let answer, let call):
            // Each prevote has its own connections and timeout. A later answer is lost.
            guard call == workers[index].ballot.number, isTimely(workers[index].ballot) else { return }
            switch answer?.agrees {
            case true?:
                workers[index].ballot.agreed += 1
                workers[index].ballot.agreedHosts += workers.filter { $0.record.id == id }.map(\.host)
            case false?: if counts(answer, in: workers[index].ballot) { workers[index].ballot.objected += 1 }
            case nil: workers[index].ballot.unreachable += 1
            }
            actWorker(index) { $0.prevoteAnswered(from: id, answer, now: self.now) }
        case .lockInspected(let isFree):
            actWorker(index) { $0.lockInspected(isFree: isFree, now: self.now) }
        case .takeoverFinished(let outcome):
            workers[index].candidate = nil
            actWorker(index) { $0.takeoverFinished(outcome, now: self.now) }
        case .handover(let process):
            guard workers[index].channel == process else { return }
            workers[index].held = process
            workers[index].lastMoved = now
            push(
                Instant(nanoseconds: now.nanoseconds + World.localNanoseconds),
                .toBalancer(process, .handoverHeld(by: workers[index].record.id)))
            actWorker(index) { $0.handoverReady(epoch: self.balancers[process].epoch, now: self.now) }
        case .handoverEnded(let process):
            guard workers[index].channel == process else { return }
            workers[index].channel = nil
            push(after(1...6), .connectHandover(index, life: workers[index].life))
            let epoch = workers[index].held.map { balancers[$0].epoch }
            actWorker(index) { $0.handoverEnded(epoch: epoch, now: self.now) }
        case .alive(let process): moved(process, seenBy: index)
        case .discovered(let host, let epoch, let asked):
            guard now.milliseconds(since: asked) <= settings.quorumTimeoutMilliseconds else { return }
            if epoch >= workers[index].highestSeen { signOfLife(at: index) }
            actWorker(index) { $0.balancerFound(at: World.balancerAddress(ofHost: host), epoch: epoch, now: self.now) }
        case .succeeded(let epoch):
            actWorker(index) { _ = $0.requestSeen(epoch: epoch) }
        case .requestWaits(let attempt):
            serve(attempt, at: index)
        case .departed(let isDrain):
            if isDrain {
                depart(index, isDrain: false)
            } else {
                killWorker(index)
                push(after(50...1500), .restartWorker(index, life: workers[index].life))
            }
        case .lagged(let milliseconds):
            actWorker(index) { $0.loopLagged(byMilliseconds: milliseconds, now: self.now) }
        }
    }

    /// The balancer at the worker's handover channel has sent a sign of life, or has probed the worker.
    func moved(_ process: Int, seenBy index: Int) {
        guard workers[index].channel == process, workers[index].held == process else { return }
        workers[index].lastMoved = now
        actWorker(index) { $0.balancerMoved(now: self.now) }
    }

    private func deliver(_ verdict: WatchVerdict, to index: Int) {
        switch verdict {
        case .unchanged(let epoch, version: _):
            answered(index, under: epoch) { $0.watchAnswered(epoch: epoch, newer: nil, now: self.now) }
        case .newer(let snapshot):
            answered(index, under: snapshot.epoch) {
                $0.watchAnswered(epoch: snapshot.epoch, newer: snapshot, now: self.now)
            }
        case .registerAgain:
            signOfLife(at: index)
            actWorker(index) { $0.watchUnknown(now: self.now) }
        case .refused(let refusal) where refusal.status != 503:
            signOfLife(at: index)
            actWorker(index) { $0.watchFailed(.rejected, now: self.now) }
        case .refused, .superseded: actWorker(index) { $0.watchFailed(.superseded, now: self.now) }
        }
    }

    // MARK: Effects

    private func perform(_ effect: MemberEffect, of index: Int) {
        let life = workers[index].life
        switch effect {
        case .register(let registration):
            workers[index].registerCall += 1
            let caller = Caller(worker: index, life: life, call: workers[index].registerCall)
            let silence = WorkerInput.registrationUnreachable(isSilent: true, call: caller.call)
            push(after(milliseconds: 3000), .toWorker(index, life: life, silence))
            let told = isLiar(index) ? lie(registration) : registration
            ask(.register(told, peer: identity(registration.id), from: caller), from: caller)
        case .watch(let watch):
            workers[index].watchCall += 1
            let caller = Caller(worker: index, life: life, call: workers[index].watchCall)
            push(after(milliseconds: 1000), .toWorker(index, life: life, .watchFailed(.timedOut, call: caller.call)))
            let told = isLiar(index) ? lie(watch) : watch
            ask(.watch(told, peer: identity(watch.id), from: caller), from: caller, over: workers[index].watches)
        case .prevote(let electors, let prevote):
            coverage.see(.prevote)
            let number = workers[index].ballot.number + 1
            checkCandidacy(prevote, of: index)
            workers[index].ballot = BallotRecord(
                number: number, asked: electors.count, began: now, epoch: prevote.epochSeen,
                isAcrossHosts: prevote.isAcrossHosts)
            for elector in electors { ask(elector, prevote, by: Caller(worker: index, life: life, call: number)) }
        case .inspectLock:
            push(now, .toWorker(index, life: life, .lockInspected(isFree: isLockFree(on: workers[index].host))))
        case .takeOver(let after, let killHolder):
            checkTakeover(by: index, after: after, killHolder: killHolder)
            takeOver(index, after: after, killHolder: killHolder)
        case .persist(let snapshot):
            let host = workers[index].host
            if !hosts[host].directory.isFull { hosts[host].keep(snapshot, of: index) }
        case .keepStandby(let isWanted):
            workers[index].standbyReady = isWanted ? after(300...800) : nil
        case .discover(let addresses, let request):
            for address in addresses { discover(address, request, by: Caller(worker: index, life: life, call: 0)) }
        case .move(let address, let farewell): move(index, to: address, farewell)
        case .proveStandIn(let incarnation):
            let id = workers[index].record.id
            let input = BalancerInput.standInShown(id, incarnation: incarnation, peer: identity(id, .balancer))
            ask(input, from: Caller(worker: index, life: life, call: 0), over: workers[index].watches)
        case .releaseListeners:
            workers[index].held = nil
            workers[index].standbyReady = nil
        case .drain: depart(index, isDrain: true)
        case .event(let event): tell("\(workers[index].record.id): \(event.message)")
        }
    }

    /// Sends a worker's request to the balancer at the other end of a connection. Without a connection, the request
    /// goes to the cluster port of the worker's balancer address.
    func ask(_ input: BalancerInput, from caller: Caller, over connection: Int? = nil) {
        let own = workers[caller.worker].host
        let host = connection.map { balancers[$0].host } ?? workers[caller.worker].balancerHost
        guard let arrival = arrival(from: own, to: host) else { return }
        if let connection {
            push(arrival, .toBalancer(connection, input))
            return
        }
        push(arrival, .toClusterPort(host: host, input, from: caller))
        if isRepeated() { push(after(0...1500), .toClusterPort(host: host, input, from: caller)) }
    }

    /// Sends a candidate's prevote to another worker.
    func ask(_ elector: WorkerRecord, _ prevote: Prevote, by caller: Caller) {
        let own = workers[caller.worker].host
        guard let host = host(named: elector.host), let arrival = arrival(from: own, to: host) else { return }
        guard let index = listener(host: host, port: elector.port), workers[index].record.id == elector.id else {
            push(
                arrival,
                .toWorker(caller.worker, life: caller.life, .prevoteAnswered(by: elector.id, nil, call: caller.call)))
            return
        }
        push(arrival, .toWorker(index, life: workers[index].life, .prevoteAsked(prevote, by: caller)))
    }

    /// Whether the timeout of a prevote has not passed.
    private func isTimely(_ ballot: BallotRecord) -> Bool {
        let patience = ballot.isAcrossHosts ? settings.quorumTimeoutMilliseconds : settings.prevoteTimeoutMilliseconds
        return ballot.began.map { now.milliseconds(since: $0) < patience } ?? false
    }

    /// Sends a worker's discovery request to a balancer address.
    func discover(_ address: BalancerAddress, _ request: DiscoveryRequest, by caller: Caller) {
        guard let host = host(named: address.host), let arrival = arrival(from: workers[caller.worker].host, to: host)
        else { return }
        let peer = identity(workers[caller.worker].record.id)
        push(arrival, .toClusterPort(host: host, .discover(request, peer: peer, from: caller, at: now), from: caller))
    }

    /// Moves a worker to another balancer address. The worker ignores answers to its earlier requests.
    private func move(_ index: Int, to address: BalancerAddress, _ farewell: Watch?) {
        guard let host = host(named: address.host) else { return }
        if let farewell, let former = workers[index].watches {
            let input = BalancerInput.watch(farewell, peer: identity(farewell.id), from: .nobody)
            if let arrival = arrival(from: workers[index].host, to: balancers[former].host) {
                push(arrival, .toBalancer(former, input))
            }
        }
        closeWatch(of: index)
        workers[index].balancerHost = host
        workers[index].registerCall += 1
        workers[index].watchCall += 1
    }

    /// Sends a worker's request to drain or to leave.
    private func depart(_ index: Int, isDrain: Bool) {
        let life = workers[index].life
        let record = workers[index].record
        let departing = Departing(
            id: record.id, incarnation: record.incarnation, startMark: record.startMark, isDrain: isDrain)
        let caller = Caller(worker: index, life: life, call: 0)
        ask(.depart(departing, peer: identity(record.id), from: caller), from: caller, over: workers[index].watches)
        if !isDrain { dismissCandidate(of: index) }
        push(after(5...300), .toWorker(index, life: life, .departed(isDrain: isDrain)))
    }

    /// The delay of a message on a unix socket. It is constant, so that messages stay in order.
    static let localNanoseconds: UInt64 = 50_000

    func identity(_ id: NodeID, _ role: Role = .worker, cluster: String = "test") -> NodeIdentity {
        guard let identity = NodeIdentity(cluster: cluster, role: role, id: id) else { fatalError("no identity") }
        return identity
    }

    func scheduleWorker(_ index: Int) {
        guard workers[index].status == .running, let deadline = workers[index].core.nextDeadline else { return }
        if let wakeAt = workers[index].wakeAt, wakeAt <= deadline, wakeAt > now { return }
        workers[index].wakeAt = max(deadline, now)
        push(max(deadline, now), .wakeWorker(index, life: workers[index].life))
    }

    /// A worker closes its watch connection.
    func closeWatch(of index: Int) {
        guard let process = workers[index].watches else { return }
        workers[index].watches = nil
        let record = workers[index].record
        guard let arrival = arrival(from: workers[index].host, to: balancers[process].host) else { return }
        push(arrival, .toBalancer(process, .watchLost(record.id, incarnation: record.incarnation)))
    }
}
