/// The state of a lease that this host holds.
struct LeaseTenure: Sendable {
    enum Step: Sendable {
        case resting
        case keepingAlive
        /// The keepalive was answered with this header; nil if the member knew no such lease.
        case confirming(StoreHeader?, askedAt: Instant)
        /// A new lease is asked for: the leader key is missing, or it is under another lease of this lock domain.
        case granting(StoreContent)
        case taking(StoreClaim, grantedAt: Instant)
        /// The renewal counts, and the list of successors is being written.
        case listing(SuccessorList)
    }

    /// The epoch of the present reign.
    let epoch: Epoch
    /// The epoch in the leader key, of the same term.
    let claimed: Epoch
    /// The lease's number in the store.
    var lease: Int64
    /// The raft term in which the lease was granted; 0 if it is unknown.
    var leaseTerm: UInt64
    var leaderRevision: Int64
    /// The reign ends here unless a renewal counts.
    var endsAt: Instant
    var renewAt: Instant?
    var step = Step.resting
    /// Claims without an answer, by their leases, with the raft term of the grant.
    var unknown: [Int64: UInt64] = [:]
    /// The last renewal failed. The log says so once.
    var hasFailed = false
    var successors: KnownSuccessors
    /// When the next round of pledges begins; nil while renewals count.
    var pledgeAt: Instant?
    var pledges: PledgeRound?
    /// Pledges have extended the reign last, not a renewal.
    var isByPledges = false

    init(_ saved: SavedLease, epoch: Epoch, renewAt: Instant) {
        self.epoch = epoch
        claimed = saved.epoch
        lease = saved.lease
        leaseTerm = saved.leaseTerm
        leaderRevision = saved.leaderRevision
        endsAt = saved.deadline
        successors = saved.successors
        self.renewAt = renewAt
    }

    init(_ claim: StoreClaim, revision: Int64, endsAt: Instant, renewAt: Instant) {
        epoch = claim.leader.epoch
        claimed = epoch
        lease = claim.lease
        leaseTerm = claim.leaseTerm
        leaderRevision = revision
        self.endsAt = endsAt
        successors = KnownSuccessors()
        self.renewAt = renewAt
    }
}

extension LeaseCore {
    private static let maximumUnknown = 8

    /// Ends the reign if no renewal has counted in time. A pause of this process counts too.
    mutating func endInTime(now: Instant) {
        guard case .holding(let tenure) = phase, tenure.endsAt <= now else { return }
        lose(tenure, "the store has confirmed no renewal for \(timing.reignMilliseconds) ms\(lackOfPledges(tenure))")
    }

    private mutating func lose(_ tenure: LeaseTenure, _ reason: String) {
        forget()
        phase = .lost(tenure)
        perform(.save(nil))
        perform(.runReleaseHook(tenure.epoch))
        perform(.answer(.lost(reason)))
    }

    mutating func renew(now: Instant) {
        guard case .holding(var tenure) = phase else { return }
        tenure.renewAt = nil
        tenure.step = .keepingAlive
        phase = .holding(tenure)
        send(.keepAlive(lease: tenure.lease), now: now)
    }

    mutating func tenureAnswered(_ answer: StoreAnswer, to call: Outstanding, _ tenure: LeaseTenure, now: Instant) {
        var next = tenure
        switch (answer, tenure.step) {
        case (.keptAlive(let header, let isAlive), .keepingAlive):
            guard !history.isStray(header) else {
                // The read says whether the member or the whole store differs.
                next.step = .confirming(nil, askedAt: call.sentAt)
                phase = .holding(next)
                return send(.read, now: now)
            }
            next.step = .confirming(isAlive ? header : nil, askedAt: call.sentAt)
            phase = .holding(next)
            send(.read, now: now)
        case (.content(let header, let content), .confirming(let kept, let askedAt)):
            switch history.judge(header, from: member) {
            case .stray: return renewalFailed(call.call, "the member is outdated", tenure, now: now)
            case .replaced: perform(.note(.storeReplaced))
            case .news: break
            }
            confirm(header, content, kept: kept, askedAt: askedAt, tenure, now: now)
        case (.granted(let header, let lease, _), .granting(let content)):
            guard !history.isStray(header) else {
                return renewalFailed(call.call, "the member is outdated", tenure, now: now)
            }
            let claim = StoreClaim(
                leader: LeaderRecord(lockDomain: claimant.lockDomain, epoch: tenure.claimed, address: claimant.address),
                lease: lease, leaderRevision: content.leader?.revision ?? 0,
                epochRevision: content.epoch?.revision ?? 0, leaseTerm: header.term)
            next.step = .taking(claim, grantedAt: call.sentAt)
            if next.unknown.count < LeaseCore.maximumUnknown { next.unknown[lease] = header.term }
            phase = .holding(next)
            send(.claim(claim), now: now)
        case (.claimed(let header, succeeded: true), .taking(let claim, let grantedAt)):
            next.lease = claim.lease
            next.leaseTerm = claim.leaseTerm
            next.leaderRevision = header.revision
            if claim.leaderRevision != tenure.leaderRevision { perform(.note(.reclaimed)) }
            count(next, askedAt: grantedAt, now: now)
        case (.claimed(_, succeeded: false), .taking):
            next.step = .confirming(nil, askedAt: call.sentAt)
            phase = .holding(next)
            send(.read, now: now)
        case (.listed(let header, let succeeded), .listing(let list)):
            next.step = .resting
            if succeeded, !history.isStray(header) { next.successors.see(list, revision: header.revision) }
            phase = .holding(next)
            save(next)
        default:
            renewalFailed(call.call, "the answer fits no question", tenure, now: now)
        }
    }

    /// A read of the keys after a keepalive.
    private mutating func confirm(
        _ header: StoreHeader, _ content: StoreContent, kept: StoreHeader?, askedAt: Instant, _ tenure: LeaseTenure,
        now: Instant
    ) {
        if let epoch = content.epoch?.epoch, epoch.term > tenure.claimed.term {
            return lose(tenure, "the store has granted the later epoch \(epoch.value)")
        }
        var next = tenure
        next.successors.see(content.successors?.list, revision: content.successors?.revision ?? 0)
        guard let leader = content.leader, leader.lease != tenure.lease || leader.revision != tenure.leaderRevision
        else {
            if content.leader == nil { return reclaim(content, next, now: now) }
            guard let kept, kept.cluster == header.cluster, kept.term == header.term else {
                let reason = kept == nil ? "a member knows no such lease" : "the store has another leader"
                return renewalFailed(.read, reason, tenure, now: now)
            }
            // An earlier leader of the store may still end the leases that it knows.
            guard header.term == tenure.leaseTerm else { return reclaim(content, next, now: now) }
            return count(next, askedAt: askedAt, now: now)
        }
        guard leader.record.lockDomain == claimant.lockDomain else {
            return lose(tenure, "the balancer at \(leader.record.address) has the leader key")
        }
        if let leaseTerm = tenure.unknown[leader.lease] {
            // The claim without an answer was granted. The next renewal counts.
            next.lease = leader.lease
            next.leaseTerm = leaseTerm
            next.leaderRevision = leader.revision
            phase = .holding(next)
            succeeded()
            return renew(now: now)
        }
        reclaim(content, next, now: now)
    }

    private mutating func reclaim(_ content: StoreContent, _ tenure: LeaseTenure, now: Instant) {
        var next = tenure
        next.step = .granting(content)
        phase = .holding(next)
        // The store may have another list now, or none. A successor on this host must know that before the key is there again.
        save(next)
        send(.grant(seconds: timing.lifetimeSeconds), now: now)
    }

    private mutating func count(_ tenure: LeaseTenure, askedAt: Instant, now: Instant) {
        var next = tenure
        next.endsAt = max(tenure.endsAt, askedAt.advanced(byMilliseconds: timing.reignMilliseconds))
        next.renewAt = askedAt.advanced(byMilliseconds: timing.renewalMilliseconds)
        if let due = next.renewAt, due < now { next.renewAt = now }
        next.step = .resting
        next.unknown = [:]
        if tenure.hasFailed { perform(.note(.renewedAgain)) }
        next.hasFailed = false
        next.pledges = nil
        next.pledgeAt = nil
        next.isByPledges = false
        succeeded()
        phase = .holding(next)
        save(next)
        listSuccessors(now: now)
    }

    mutating func save(_ tenure: LeaseTenure) {
        guard let seen = history.latest else { return }
        perform(
            .save(
                SavedLease(
                    lease: tenure.lease, leaseTerm: tenure.leaseTerm, leaderRevision: tenure.leaderRevision,
                    epoch: tenure.claimed, seen: seen,
                    deadline: tenure.endsAt, successors: tenure.successors)))
    }

    /// The next member is asked from the beginning: what this one did is unknown.
    mutating func renewalFailed(_ call: StoreCall, _ reason: String, _ tenure: LeaseTenure, now: Instant) {
        var next = tenure
        if case .listing = tenure.step {
            // The renewal before it counts. The next read shows whether the list was written.
            next.step = .resting
            phase = .holding(next)
            return
        }
        next.step = .resting
        if !tenure.hasFailed { perform(.note(.renewalFailed(reason))) }
        next.hasFailed = true
        if next.pledgeAt == nil { next.pledgeAt = firstRound(tenure, now: now) }
        phase = .holding(next)
        useNextMember(now: now)
    }
}
