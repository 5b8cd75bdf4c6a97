/// An attempt to get the lease.
struct LeaseClaim: Sendable {
    enum Step: Sendable {
        case reading
        /// The store is empty or has lost a reign. The claim waits for one lifetime.
        case waiting
        /// The host makes an epoch durable.
        case reserving(StoreContent)
        case granting(StoreContent, Epoch)
        case taking(StoreClaim, grantedAt: Instant)
    }

    /// The highest epoch that this host knows.
    let after: Epoch
    /// The highest epoch of a reign that the starter of this process has met.
    let met: Epoch
    /// The attempt fails here.
    var until: Instant?
    var step = Step.reading
    /// The end of the wait in a store that may not know who reigns.
    var waitUntil: Instant?
    var hasWaited = false
    /// The wait is for a loss of data, and not for the start of the host.
    var isLossMet = false
    /// The store has lost its data since this process has seen it.
    var isReplaced = false
    /// A claim without an answer. If its lease has the leader key, it was granted.
    var unknown: (claim: StoreClaim, grantedAt: Instant)?
    var lastFailure = "no answer"
    /// Claims that the store refused because a key had changed.
    var refusals = 0
}

extension LeaseCore {
    private static let maximumRefusals = 4

    mutating func acquire(after: Epoch) {
        guard isIdle else {
            perform(.answer(.failed("the lease of the store is being given back")))
            return
        }
        forget()
        phase = .locking(after: after)
        perform(.lockHost(after: after))
    }

    /// An earlier process of this host has renewed its lease: the reign continues without the store.
    mutating func hostLocked(_ epoch: Epoch, _ saved: SavedLease?, _ pledge: Pledge?, now: Instant) {
        guard case .locking(let after) = phase else { return }
        if let saved, now < saved.deadline, saved.epoch.term == epoch.term, saved.epoch <= epoch {
            history = StoreHistory(memberCount: memberCount, latest: saved.seen)
            phase = .holding(LeaseTenure(saved, epoch: epoch, renewAt: now))
            perform(.note(.continued(epoch)))
            perform(.answer(.granted(epoch)))
            return
        }
        var claim = LeaseClaim(after: max(after, epoch), met: after)
        if let reason = obligation(pledge, now: now) { return giveUp(claim, reason) }
        let up = now.milliseconds(since: Instant(nanoseconds: 0))
        guard claimant.policy == .stop || up >= timing.lifetimeMilliseconds else {
            // Pledges from before the start of the host are forgotten. They end before this wait does.
            let wait = timing.lifetimeMilliseconds - up
            claim.waitUntil = now.advanced(byMilliseconds: wait)
            claim.step = .waiting
            phase = .claiming(claim)
            return perform(.note(.waitsAfterBoot(milliseconds: wait)))
        }
        claim.until = now.advanced(byMilliseconds: timing.claimMilliseconds)
        phase = .claiming(claim)
        send(.read, now: now)
    }

    /// Why this host must not claim now; nil if it may. No pledge is given while this process holds the host's lock.
    private func obligation(_ pledge: Pledge?, now: Instant) -> String? {
        guard let pledge, now < pledge.until else { return nil }
        let left = pledge.until.milliseconds(since: now)
        return "another host reigns without the store (epoch \(pledge.epoch.value)), and this host has pledged to take "
            + "no reign for \(left) ms more"
    }

    mutating func hostFailed(_ reason: String) {
        switch phase {
        case .locking:
            phase = .idle
            perform(.answer(.failed(reason)))
        case .claiming(let claim): giveUp(claim, reason)
        case .idle, .holding, .lost, .leaving: break
        }
    }

    mutating func claimDue(_ claim: LeaseClaim, now: Instant) {
        if let due = claim.waitUntil, due <= now {
            var next = claim
            next.waitUntil = nil
            next.hasWaited = next.isLossMet
            next.step = .reading
            next.until = now.advanced(byMilliseconds: timing.claimMilliseconds)
            phase = .claiming(next)
            send(.read, now: now)
        } else if let until = claim.until, until <= now {
            giveUp(claim, "the store does not answer: \(claim.lastFailure)")
        }
    }

    mutating func claimAnswered(_ answer: StoreAnswer, to call: Outstanding, _ claim: LeaseClaim, now: Instant) {
        var next = claim
        switch (answer, claim.step) {
        case (.content(let header, let content), .reading):
            switch history.judge(header, from: member) {
            case .stray: return claimFailed(call.call, "the member is outdated", claim, now: now)
            case .replaced:
                perform(.note(.storeReplaced))
                // An earlier wait was for another store.
                next.hasWaited = false
                next.isReplaced = true
            case .news: break
            }
            succeeded()
            consider(content, next, now: now)
        case (.granted(let header, let lease, _), .granting(let content, let epoch)):
            guard !history.isStray(header) else {
                return claimFailed(call.call, "the member is outdated", claim, now: now)
            }
            succeeded()
            let taken = StoreClaim(
                leader: LeaderRecord(lockDomain: claimant.lockDomain, epoch: epoch, address: claimant.address),
                lease: lease,
                leaderRevision: content.leader?.revision ?? 0, epochRevision: content.epoch?.revision ?? 0,
                leaseTerm: header.term)
            next.step = .taking(taken, grantedAt: call.sentAt)
            phase = .claiming(next)
            send(.claim(taken), now: now)
        case (.claimed(let header, succeeded: true), .taking(let taken, let grantedAt)):
            begin(taken, revision: header.revision, grantedAt: grantedAt, now: now)
        case (.claimed(_, succeeded: false), .taking(let taken, let grantedAt)):
            // An earlier try of the same claim may have been the change.
            next.unknown = (taken, grantedAt)
            next.refusals += 1
            guard next.refusals < LeaseCore.maximumRefusals else {
                return giveUp(next, "another host claims the reign too")
            }
            next.step = .reading
            phase = .claiming(next)
            send(.read, now: now)
        default:
            claimFailed(call.call, "the answer fits no question", claim, now: now)
        }
    }

    /// Decides by what the store says.
    private mutating func consider(_ content: StoreContent, _ claim: LeaseClaim, now: Instant) {
        var next = claim
        if let leader = content.leader {
            if let unknown = claim.unknown, unknown.claim.lease == leader.lease {
                return begin(unknown.claim, revision: leader.revision, grantedAt: unknown.grantedAt, now: now)
            }
            guard leader.record.lockDomain == claimant.lockDomain else {
                return giveUp(
                    claim,
                    "the balancer at \(leader.record.address) reigns, of another host: stop it first, or let the workers of this host join it"
                )
            }
        }
        let list = content.successors?.list
        if let reason = list?.exclusion(of: claimant.lockDomain, policy: claimant.policy) {
            return giveUp(claim, reason)
        }
        if !claim.hasWaited, let loss = loss(in: content, claim) {
            guard loss != .everything || claimant.isByHand else {
                return giveUp(
                    claim,
                    "the store has no epoch: it is new, or its data was lost; start a balancer by hand on one host")
            }
            // The balancer of that reign may go on without the store for any time.
            guard claimant.policy == .stop || claimant.isByHand else {
                return giveUp(
                    claim,
                    "the store does not know the last reign: its data is older; stop every node, then start a balancer by hand"
                )
            }
            next.step = .waiting
            next.isLossMet = true
            next.waitUntil = now.advanced(byMilliseconds: timing.lifetimeMilliseconds)
            next.until = nil
            phase = .claiming(next)
            let milliseconds = timing.lifetimeMilliseconds
            perform(
                .note(
                    loss == .everything
                        ? .waitsInEmptyStore(milliseconds: milliseconds) : .waitsInOldStore(milliseconds: milliseconds))
            )
            return
        }
        next.step = .reserving(content)
        phase = .claiming(next)
        perform(.reserveEpoch(above: max(claim.after, content.epoch?.epoch ?? .none)))
    }

    private enum Loss { case everything, aReign }

    /// The reigns that the store does not know. The balancer of such a reign may still accept clients.
    private func loss(in content: StoreContent, _ claim: LeaseClaim) -> Loss? {
        guard let known = content.epoch?.epoch else { return .everything }
        return known.term < claim.met.term || claim.isReplaced ? .aReign : nil
    }

    mutating func epochReserved(_ epoch: Epoch, now: Instant) {
        guard case .claiming(var claim) = phase, case .reserving(let content) = claim.step else { return }
        guard epoch.term > (content.epoch?.epoch.term ?? 0) else {
            return giveUp(claim, "the epoch in the store is too high to be believed: see 'balancer epochs --help'")
        }
        claim.step = .granting(content, epoch)
        phase = .claiming(claim)
        send(.grant(seconds: timing.lifetimeSeconds), now: now)
    }

    /// The outcome is unknown, so a read comes next.
    mutating func claimFailed(_ call: StoreCall, _ reason: String, _ claim: LeaseClaim, now: Instant) {
        var next = claim
        next.lastFailure = reason
        if case .taking(let taken, let grantedAt) = claim.step { next.unknown = (taken, grantedAt) }
        next.step = .reading
        phase = .claiming(next)
        useNextMember(now: now)
    }

    private mutating func begin(_ taken: StoreClaim, revision: Int64, grantedAt: Instant, now: Instant) {
        let endsAt = grantedAt.advanced(byMilliseconds: timing.reignMilliseconds)
        forget()
        let tenure = LeaseTenure(taken, revision: revision, endsAt: endsAt, renewAt: now)
        guard now < endsAt else {
            phase = .lost(tenure)
            perform(.answer(.failed("the store took longer than its lease")))
            return release(expectsSuccessor: false, now: now)
        }
        phase = .holding(tenure)
        save(tenure)
        perform(.note(.claimed(taken.leader.epoch)))
        perform(.answer(.granted(taken.leader.epoch)))
    }

    /// Gives a lease back that may have been granted, because a late claim could still use it.
    mutating func giveUp(_ claim: LeaseClaim, _ reason: String) {
        forget()
        phase = .idle
        if case .taking(let taken, _) = claim.step { revoke(taken.lease) }
        if let unknown = claim.unknown { revoke(unknown.claim.lease) }
        perform(.unlockHost)
        perform(.answer(.failed(reason)))
    }

    /// Nobody waits for the answer.
    private mutating func revoke(_ lease: Int64) { perform(.call(.revoke(lease: lease), member: member, number: 0)) }
}
