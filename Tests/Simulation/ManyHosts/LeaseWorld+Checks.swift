import Cluster

/// The past events that the invariants need.
struct LeaseLedger {
    private var epochs: Set<Epoch> = []
    private var lastOfHost: [Int: Epoch] = [:]
    private var reigns: [Int: Epoch] = [:]
    /// The epochs whose release command has run.
    var hooks: Set<Epoch> = []
    /// The last time at which a balancer accepted.
    var lastAccepted = Instant(nanoseconds: 0)

    /// Records a grant. Returns a description of the violation, or nil if the grant is valid.
    mutating func grant(_ epoch: Epoch, to process: Int, on host: Int) -> String? {
        reigns[process] = epoch
        defer { lastOfHost[host] = epoch }
        guard epochs.insert(epoch).inserted else { return "epoch \(epoch.value) was granted twice" }
        if let last = lastOfHost[host], last > epoch {
            return "epoch \(epoch.value) was granted after \(last.value) on host \(host)"
        }
        return nil
    }

    func reign(of process: Int) -> Epoch? { reigns[process] }

    var highest: Epoch { lastOfHost.values.max() ?? .none }

    func wasGranted(_ epoch: Epoch) -> Bool { epochs.contains(epoch) }
}

extension LeaseWorld {
    private var acceptors: [Int] {
        live.filter { processes[$0].accepts != nil && processes[$0].state == .running }
    }

    func checkAcceptors() {
        let acceptors = self.acceptors
        guard acceptors.count < 2 else {
            return violate(.oneAcceptorOfAll, "balancers \(acceptors) accept")
        }
        if !acceptors.isEmpty { ledger.lastAccepted = now }
    }

    /// A lock domain has just taken the leader key.
    func checkClaim(
        _ record: LeaderRecord, over before: SimulatedEtcd.Content, by caller: LeaseWorldEvent.Caller
    ) {
        // A late claim of a host that has pledged meanwhile: no balancer there can use it.
        if let claimant = hosts.firstIndex(where: { $0.lockDomain == record.lockDomain }), isPledged(claimant) {
            return
        }
        for host in hosts.indices where hosts[host].lockDomain != record.lockDomain && hosts[host].isUp {
            if let until = hosts[host].standingUntil, until > now {
                violate(
                    .reignBeforeKey,
                    "host \(host) may reign for \(until.milliseconds(since: now)) ms while \(record.lockDomain) takes the key"
                )
            }
            for process in live where processes[process].host == host && processes[process].accepts != nil {
                guard processes[process].state == .running else { continue }
                violate(.reignBeforeKey, "balancer \(process) accepts while \(record.lockDomain) takes the key")
            }
        }
        guard case .process(let process, _) = caller else { return }
        let isRenewed = ledger.wasGranted(record.epoch)
        guard let epoch = before.epoch?.epoch else {
            guard processes[process].isByHand || isRenewed else {
                return violate(.filledByHolder, "balancer \(process) fills an empty store")
            }
            return
        }
        if record.epoch < epoch || (record.epoch.term == epoch.term && record.epoch != epoch) {
            violate(.laterTerm, "epoch \(record.epoch.value) follows \(epoch.value) in the store")
        }
    }

    /// A claim must not fail for its epoch: no epoch of a history is too high to be believed.
    func checkRefusal(_ answer: CoordinatorAnswer, of process: Int) {
        guard case .failed(let reason) = answer, reason.hasPrefix("the epoch in the store is too high") else { return }
        violate(.laterTerm, "balancer \(process) claims an epoch that is not above the store's")
    }

    func inspect() {
        for process in acceptors {
            let host = processes[process].host
            guard let epoch = processes[process].accepts else { continue }
            hosts[host].met = max(hosts[host].met, epoch)
            registerWorkers(with: process, epoch)
        }
    }

    /// One balancer reigns, and the store names its host.
    var isWell: Bool {
        guard let process = acceptors.first, processes[process].core.isHolding, etcd.workingLeader != nil else {
            return false
        }
        if plan.policy == .failsafe, etcd.content.successors?.list.lockDomains.count != plan.hosts { return false }
        return hosts.allSatisfy(\.isUp) && live.allSatisfy { processes[$0].state == .running }
            && etcd.content.leader?.record.lockDomain == hosts[processes[process].host].lockDomain
    }

    var condition: String {
        let up = hosts.indices.filter { hosts[$0].isUp }
        let key = etcd.content.leader.map { "\($0.record.lockDomain)'s" } ?? "free"
        return "hosts \(up) are up, processes \(live) live, \(acceptors) accept, the key is \(key)"
    }

    func count(_ note: LeaseNote) {
        switch note {
        case .claimed: coverage.see(.leaseClaimed)
        case .continued: coverage.see(.leaseContinued)
        case .reclaimed: coverage.see(.leaseReclaimed)
        case .revoked: coverage.see(.leaseRevoked)
        case .waitsInEmptyStore, .waitsInOldStore: coverage.see(.waitForLostReign)
        case .reignsByPledges: coverage.see(.reignByPledges)
        case .waitsAfterBoot: coverage.see(.waitAfterBoot)
        case .renewalFailed, .renewedAgain, .storeReplaced: break
        }
    }
}
