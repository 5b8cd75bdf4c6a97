import Cluster

// The calls of the store, and what its members do by themselves.

extension LeaseWorld {
    func send(_ call: StoreCall, _ member: Int, _ caller: LeaseWorldEvent.Caller, from host: Int) {
        if case .process(let process, let number) = caller {
            tell("balancer \(process) asks member \(member): \(call.name) (\(number))")
        }
        if network.cuts[host][member] > 0 || chance(network.loss) { return }
        push(arrival(), .callArrives(call, member: member, from: caller, era: era))
    }

    /// - Parameter slowest: the longest delay in milliseconds.
    func arrival(slowest: UInt32 = 1500) -> Instant {
        let delay = chance(network.slowness) ? some(20...slowest) : some(0...4)
        // A little more, so that two messages seldom arrive in one instant.
        return Instant(nanoseconds: after(milliseconds: delay).nanoseconds + UInt64(random.below(900_000)))
    }

    func callArrives(_ call: StoreCall, _ member: Int, _ caller: LeaseWorldEvent.Caller) {
        if etcd.members[member].isFrozen {
            // The kernel keeps the bytes. The member reads them when it goes on.
            if chance(70) { push(after(300...8000), .callArrives(call, member: member, from: caller, era: era)) }
            return
        }
        let reply = observing(call, caller) { etcd.ask(call, at: member, now: now) }
        switch reply {
        case .silence:
            // Mostly the member waits for a leader.
            if plan.isGentle || chance(60) {
                push(after(50...300), .callArrives(call, member: member, from: caller, era: era))
            }
        case .held:
            // The client never learns of the outcome.
            push(after(200...6000), .catchUp(call, from: caller, era: era))
        case .answer(let answer):
            if network.cuts[host(of: caller)][member] > 0 || chance(network.loss) { return }
            push(arrival(), .answerArrives(answer, to: caller))
        }
    }

    func catchUp(_ call: StoreCall, _ caller: LeaseWorldEvent.Caller) {
        guard etcd.workingLeader != nil else {
            if chance(80) { push(after(200...4000), .catchUp(call, from: caller, era: era)) }
            return
        }
        if case .claim = call { coverage.see(.lateClaim) }
        observing(call, caller) { etcd.catchUp(call, now: now) }
    }

    private func host(of caller: LeaseWorldEvent.Caller) -> Int {
        switch caller {
        case .process(let process, _): processes[process].host
        case .worker(let host, _): host
        }
    }

    /// Runs a call of the store, and checks what it has changed.
    private func observing<Result>(
        _ call: StoreCall, _ caller: LeaseWorldEvent.Caller, _ run: () -> Result
    ) -> Result {
        leasesEnd()
        let before = etcd.content
        let result = run()
        if let leader = etcd.content.leader, leader.revision != before.leader?.revision {
            tell("store: the key is \(leader.record.lockDomain)'s, epoch \(leader.record.epoch.value)")
            coverage.see(.leaderKeyTaken)
            checkClaim(leader.record, over: before, by: caller)
        }
        if etcd.content.successors != before.successors, let list = etcd.content.successors?.list {
            tell("store: \(list.lockDomains) may take the key")
        }
        if etcd.content.leader?.revision != before.leader?.revision { reportChange() }
        if case .grant = call { scheduleExpiry() }
        return result
    }

    func scheduleExpiry() {
        if let due = etcd.nextExpiry { push(max(now, due), .expiry) }
    }

    func leasesEnd() {
        if etcd.expire(now: now) {
            tell("store: the leader key's lease is over")
            reportChange()
        }
    }

    func performInStore(_ event: LeaseWorldEvent) {
        switch event {
        case .expiry:
            leasesEnd()
            if let due = etcd.nextExpiry, due > now { scheduleExpiry() }
        case .elect: elect()
        case .learn(let member): etcd.learn(member)
        case .resign(let member): etcd.resign(member)
        case .pastLeaderEnds(let lease, let era):
            guard era == self.era, etcd.workingLeader != nil, etcd.end(lease) else { return }
            tell("store: a past leader has ended the leader key's lease")
            coverage.see(.leaseEndedByPastLeader)
            reportChange()
        default: break
        }
    }

    /// The members have changed: an election follows if no leader reaches a majority.
    func membersChanged() {
        leasesEnd()
        if let leader = etcd.leader, etcd.workingLeader == nil {
            push(after(900...1900), .resign(member: leader))
            electSoon()
        }
        for member in etcd.members.indices { push(after(0...200), .learn(member: member)) }
        scheduleExpiry()
    }

    private func electSoon() {
        guard !isElecting else { return }
        isElecting = true
        push(after(plan.isGentle ? 700...1200 : 900...2300), .elect)
    }

    private func elect() {
        isElecting = false
        guard etcd.workingLeader == nil else { return }
        guard let next = pick(etcd.candidates) else { return electSoon() }
        makeLeader(next)
    }

    func makeLeader(_ member: Int) {
        let others = etcd.members.indices.filter { $0 != member }
        let aware = others.filter { _ in chance(70) }
        etcd.elect(member, aware: aware, now: now)
        tell("store: member \(member) leads in term \(etcd.term)")
        for other in others { push(after(0...(plan.isGentle ? 150 : 700)), .learn(member: other)) }
        scheduleExpiry()
    }
}
