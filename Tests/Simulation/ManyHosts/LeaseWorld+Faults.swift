import Cluster

// The faults of processes, hosts, paths and the store, and their ends.

extension LeaseWorld {
    func fault() {
        guard isFaulty else { return }
        let pause = plan.isGentle ? some(6000...9000) : some(20...plan.pauseMilliseconds)
        push(after(milliseconds: pause), .fault)
        if chance(20) { backUp() }
        guard let fault = plan.pick(using: &random) else { return }
        strike(fault)
    }

    private func backUp() {
        backups.append(etcd.content)
        if backups.count > 4 { backups.removeFirst() }
    }

    private func strike(_ fault: LeasePlan.Fault) {
        let host = Int(random.below(UInt32(plan.hosts)))
        let member = Int(random.below(UInt32(plan.members)))
        switch fault {
        case .killBalancer: if let process = pick(live) { end(process) }
        case .killForLong: killForLong(on: host)
        case .pauseBalancer: pauseOne()
        case .stopBalancer: if let process = pick(live.filter { processes[$0].accepts != nil }) { stopOrderly(process) }
        case .crashHost: crash(host)
        case .startByHand: if mayStartByHand { push(now, .start(host: host, isByHand: true)) }
        case .cutHost:
            tell("host \(host) is cut off from the store")
            let end = after(200...9000)
            for member in etcd.members.indices { cut(host, member, until: end) }
        case .cutPath:
            tell("host \(host) is cut off from member \(member)")
            cut(host, member, until: after(200...(plan.isGentle ? 4000 : 9000)))
        case .cutHosts: cutHosts(host)
        case .isolateHost: isolate(host)
        case .storm:
            network.slowness = random.below(50)
            network.loss = random.below(20)
        case .stopMember, .freezeMember, .isolateMember, .loseData: strike(member, fault)
        case .changeLeader:
            if etcd.workingLeader != nil, let next = pick(etcd.candidates) { makeLeader(next) }
        case .loseMajority:
            for member in etcd.members.indices where chance(70) {
                strike(member, chance(50) ? .stopMember : .freezeMember)
            }
        case .fillQuota:
            guard !etcd.isReadOnly else { return }
            etcd.isReadOnly = true
            push(after(500...9000), .mend(.quota))
        case .wipe:
            // A person does not start a balancer and wipe the store at the same time.
            if plan.policy == .failsafe, isStartingByHand { return }
            replaceStore(with: SimulatedEtcd.Content(cluster: random.next()))
        case .restore:
            guard var content = pick(backups), plan.policy == .stop || !mayReign else { return }
            // A restored store may or may not have the cluster's old number.
            if chance(50) { content.cluster = random.next() }
            replaceStore(with: content)
        }
    }

    /// The balancers of a host die, and its worker can start none for a while: its attempts fail.
    private func killForLong(on host: Int) {
        guard hosts[host].isUp, !hosts[host].worker.isStarting else { return }
        tell("host \(host) can start no balancer for a while")
        hosts[host].worker.isStarting = true
        for process in live where processes[process].host == host { end(process) }
        push(after(500...9000), .start(host: host, isByHand: false))
    }

    private func pauseOne() {
        guard let process = pick(live.filter { processes[$0].state == .running }) else { return }
        tell("balancer \(process) pauses")
        processes[process].state = .paused
        push(after(100...(chance(50) ? 2000 : 9000)), .resume(process))
    }

    private func crash(_ host: Int) {
        guard hosts[host].isUp else { return }
        tell("host \(host) crashes")
        coverage.see(.hostCrash)
        hosts[host].isUp = false
        for process in live where processes[process].host == host { end(process) }
        hosts[host].directory.crashHost()
        push(after(500...8000), .hostStarts(host))
    }

    func startHost(_ host: Int) {
        tell("host \(host) starts")
        hosts[host].reboot(now: now, plan: plan, timing: timing)
        feedWorker(host, .started)
    }

    // MARK: Paths

    private func cut(_ host: Int, _ member: Int, until end: Instant) {
        network.cuts[host][member] += 1
        push(end, .mend(.path(host: host, member: member)))
    }

    private func cutHosts(_ host: Int) {
        let other = Int(random.below(UInt32(plan.hosts)))
        guard other != host else { return }
        cut(host, from: other, until: after(500...15_000))
    }

    private func cut(_ host: Int, from other: Int, until end: Instant) {
        network.hostCuts[host][other] += 1
        network.hostCuts[other][host] += 1
        push(end, .mend(.hosts(host, other)))
    }

    /// A host loses its network: it reaches neither the store nor another host. Its own processes go on.
    private func isolate(_ host: Int) {
        tell("host \(host) is cut off from everything")
        let end = after(500...15_000)
        for member in etcd.members.indices { cut(host, member, until: end) }
        for other in hosts.indices where other != host { cut(host, from: other, until: end) }
    }

    // MARK: Members

    private func strike(_ member: Int, _ fault: LeasePlan.Fault) {
        guard etcd.members[member].isUp, !etcd.members[member].isFrozen, etcd.members[member].side == 0,
            etcd.members[member].ownCluster == nil
        else { return }
        leasesEnd()
        tell("store: member \(member): \(fault)")
        let end = after(200...(plan.isGentle ? 2500 : 9000))
        switch fault {
        case .stopMember:
            etcd.members[member].end()
            endWatches(of: member)
            push(end, .mend(.memberReturns(member)))
        case .freezeMember:
            etcd.freeze(member)
            push(end, .mend(.memberThaws(member)))
        case .isolateMember:
            etcd.members[member].side = member + 1
            push(end, .mend(.memberRejoins(member)))
        default:
            // An operator has emptied its disk and started it as a cluster of its own.
            guard plan.members > 1, !isOperatorWarned,
                !isStartingByHand
            else { return }
            isOperatorWarned = true
            etcd.members[member].ownCluster = SimulatedEtcd.Content(cluster: random.next())
            endWatches(of: member)
            push(end, .mend(.memberReplaced(member)))
        }
        membersChanged()
    }

    private func endWatches(of member: Int) {
        for host in hosts.indices {
            guard let watch = hosts[host].worker.watch, watch.member == member else { continue }
            push(after(0...20), .watchEnds(host: host, number: watch.number))
        }
    }

    // MARK: The whole store

    private func replaceStore(with content: SimulatedEtcd.Content) {
        guard replacement == nil else { return }
        tell("the store is stopped")
        leasesEnd()
        era += 1
        replacement = content
        for member in etcd.members.indices {
            etcd.members[member].end()
            endWatches(of: member)
        }
        push(after(shortestReplacement...9000), .mend(.storeReturns))
    }

    /// Stopping every member, and starting it with other data, takes a while. If a host has not met the last reign, the
    /// operator waits for a lifetime of the lease, as docs/many-hosts.md says.
    private var shortestReplacement: UInt32 {
        let isMet = hosts.allSatisfy { $0.met.term == ledger.highest.term }
        // A process learns of no reign after its start.
        return isMet && !live.contains { processes[$0].accepts == nil } ? 1000 : 5500
    }

    private func returnStore() {
        guard let content = replacement.take() else { return }
        coverage.see(.storeReplaced)
        isOperatorWarned = false
        etcd.replace(with: content, now: now, term: 2 + UInt64(random.below(3)), leader: 0)
        tell("the store is back with \(content.epoch.map { "epoch \($0.epoch.value)" } ?? "no data")")
        scheduleExpiry()
        reportChange()
    }

    func mend(_ mending: LeaseWorldEvent.Mending) {
        leasesEnd()
        switch mending {
        case .memberReturns(let member): if replacement == nil { etcd.members[member].start() }
        case .memberThaws(let member):
            for lease in etcd.thaw(member, now: now) { push(after(1...80), .pastLeaderEnds(lease, era: era)) }
        case .memberRejoins(let member): etcd.members[member].side = 0
        case .memberReplaced(let member):
            guard etcd.members[member].ownCluster != nil else { return }
            etcd.members[member].ownCluster = nil
            isOperatorWarned = false
        case .storeReturns: returnStore()
        case .path(let host, let member):
            if network.cuts[host][member] > 0 { network.cuts[host][member] -= 1 }
            return
        case .hosts(let host, let other):
            guard network.hostCuts[host][other] > 0 else { return }
            network.hostCuts[host][other] -= 1
            network.hostCuts[other][host] -= 1
            return
        case .quota: etcd.isReadOnly = false
        }
        membersChanged()
    }

    /// Ends all faults.
    func calmDown() {
        tell("the faults end")
        network.mend()
        for member in etcd.members.indices {
            mend(.memberReturns(member))
            mend(.memberThaws(member))
            mend(.memberRejoins(member))
            mend(.memberReplaced(member))
        }
        mend(.quota)
    }

    /// An operator who sees no balancer for a while starts one by hand.
    func operatorLooks() {
        push(after(1000...4000), .operatorLooks)
        guard mayStartByHand, now.milliseconds(since: ledger.lastAccepted) > 15_000, replacement == nil,
            let host = pick(hosts.indices.filter { hosts[$0].isUp })
        else { return }
        start(on: host, isByHand: true)
    }
}

// The rules that operators keep, as docs/many-hosts.md has them.
extension LeaseWorld {
    /// A balancer accepts, or may accept again under its host's lease.
    private var mayReign: Bool {
        live.contains { processes[$0].accepts != nil }
            || hosts.contains { host in host.isUp && host.standingUntil.map { $0 > now } ?? false }
    }

    /// A person has started a balancer, and it does not reign yet.
    private var isStartingByHand: Bool { live.contains { processes[$0].isByHand && processes[$0].accepts == nil } }

    /// With `failsafe` a balancer may reign although the store knows nothing of it. So before a start by hand after a loss of
    /// the store's data, every balancer is stopped.
    private var mayStartByHand: Bool {
        guard !isOperatorWarned else { return false }
        guard plan.policy == .failsafe else { return true }
        return replacement == nil && (etcd.content.epoch != nil || !mayReign)
    }
}
