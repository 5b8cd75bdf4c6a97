/// The lease of one lock domain in a store of several hosts: how a balancer process gets it, renews it and gives it back.
///
/// Events go in, effects come out. The machine reads no clock and sends no request. Each call has a number, and answers to
/// other numbers are too late. At most one call is awaited; revokes of unused leases have no number, and no answer counts.
/// ```
///   idle ─ acquire ─▶ locking ─ saved lease still counts ─────────────────────────────▶ holding
///   locking ─▶ claiming: read, reserve an epoch, grant, claim, read if unknown ─ ours ─▶ holding
///   holding: keep alive, read ─ both agree ─▶ counted       no key ─▶ grant, claim again ─▶ counted
///   holding ─ nothing counted, and every listed host pledges ─▶ counted
///   locking ─ held by another process, or failed ─▶ idle        claiming ─ release, or another's key ─▶ idle
///   holding ─ another's key, or nothing counted in time ─▶ lost ─ release ─▶ idle
///   holding ─ release ─▶ leaving: successor of this host, else command, revoke ─▶ idle
/// ```
/// Laws:
/// - **The host's lock comes first.** A process touches the lease of its lock domain only while it holds the host's lock.
/// - **A renewal counts twice.** The lease is kept alive, and then a read finds the key of this claim, in the same raft term.
///   Before a majority agrees, an old leader of the store may still answer.
/// - **Each raft term has a lease of its own.** A leader of the store that was paused may still act as leader. It then ends
///   leases that the new leader has renewed, but knows no lease of a later term. So after a change of the
///   store's leader the key moves to a new lease before a renewal counts.
/// - **The time counts from the question.** The reign ends at four fifths of the lifetime after the last counted renewal was
///   sent, whatever the store does.
/// - **Unknown is not lost.** A failed answer leads to the next member. Before that time is over, only another lock domain's
///   key or a later epoch in the store ends the reign.
/// - **A claim begins a later term.** It is above the store's epoch and every epoch of this host, and it raises the store's
///   epoch in the same transaction. Later reigns of the same host count on within that term.
/// - **Without the store, pledges.** With the policy `failsafe` the reign goes on while every listed host pledges to take no
///   leader key for a lifetime. A host that is not listed may not take it (`SuccessorList`).
/// - **Only the present holder or a person fills an empty store.** An empty store does not name the reigning host. So a
///   balancer that a person starts waits for one lifetime first.
package struct LeaseCore: Sendable {
    /// The values that stay the same while the process lives.
    package struct Claimant: Sendable {
        package let lockDomain: LockDomain
        /// The cluster port, as other hosts reach it.
        package let address: BalancerAddress
        /// A person started the process, not a worker.
        package let isByHand: Bool
        package let policy: StoreLossPolicy

        package init(lockDomain: LockDomain, address: BalancerAddress, isByHand: Bool, policy: StoreLossPolicy) {
            self.lockDomain = lockDomain
            self.address = address
            self.isByHand = isByHand
            self.policy = policy
        }
    }

    enum Phase: Sendable {
        case idle
        case locking(after: Epoch)
        case claiming(LeaseClaim)
        case holding(LeaseTenure)
        /// The reign has ended, and the lease may still count.
        case lost(LeaseTenure)
        case leaving(LeaseTenure, LeaseLeaving)
    }

    struct Outstanding: Sendable {
        let call: StoreCall
        let number: UInt64
        let sentAt: Instant
        let deadline: Instant
    }

    let claimant: Claimant
    let timing: LeaseTiming
    let memberCount: Int
    var phase = Phase.idle
    var history: StoreHistory
    /// The other lock domains whose workers may stand in; nil before the first news of them.
    var neighbours: [LockDomain]?
    /// The number of the last round of pledges.
    var round: UInt64 = 0
    /// The member that is asked next.
    private(set) var member = 0
    private(set) var outstanding: Outstanding?
    /// The members that have let a call time out. Each is passed over once, because a stopped member costs a second again.
    private var silent: Set<Int> = []
    /// Failed answers in a row.
    private(set) var failures = 0
    /// When the next call goes out after a pause.
    private(set) var resumeAt: Instant?
    private var number: UInt64 = 0
    private var effects: [LeaseEffect] = []

    /// - Parameter memberCount: the number of listed members of the store, at least 1.
    package init(claimant: Claimant, memberCount: Int, timing: LeaseTiming = LeaseTiming()) {
        self.claimant = claimant
        self.timing = timing
        self.memberCount = max(1, memberCount)
        history = StoreHistory(memberCount: self.memberCount)
    }

    /// The effects since the last call, in order.
    package mutating func takeEffects() -> [LeaseEffect] {
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    /// The time between two rounds of pledges.
    package var roundMilliseconds: Int64 { timing.renewalMilliseconds }

    /// A reign counts on the lease at present.
    package var isHolding: Bool { if case .holding = phase { true } else { false } }

    /// Nothing is held, and nothing is under way.
    package var isIdle: Bool { if case .idle = phase { true } else { false } }

    /// The time at which the shell has to feed `tick`; nil for never.
    package var nextDeadline: Instant? {
        let own: Instant? =
            switch phase {
            case .idle, .locking, .lost: nil
            case .claiming(let claim): [claim.waitUntil, claim.until].compactMap { $0 }.min()
            case .holding(let tenure): [tenure.renewAt, tenure.endsAt, tenure.pledgeAt].compactMap { $0 }.min()
            case .leaving(_, let leaving): leaving.deadline
            }
        return [own, outstanding?.deadline, resumeAt].compactMap { $0 }.min()
    }

    /// - Parameter now: the time of CLOCK_BOOTTIME, which counts while the host is suspended.
    package mutating func feed(_ event: LeaseEvent, now: Instant) {
        switch event {
        case .acquire(let after): acquire(after: after)
        case .release(let expectsSuccessor): release(expectsSuccessor: expectsSuccessor, now: now)
        case .workersLeft:
            if case .leaving(_, .awaitingSuccessor) = phase { perform(.relockHost) }
        case .check: endInTime(now: now)
        case .hostLocked(let epoch, let saved, let pledge): hostLocked(epoch, saved, pledge, now: now)
        case .hostHeld(let holder):
            guard case .locking = phase else { return }
            phase = .idle
            perform(.answer(.held(by: holder)))
        case .hostFailed(let reason): hostFailed(reason)
        case .epochReserved(let epoch): epochReserved(epoch, now: now)
        case .hostRelocked(let isLocked): hostRelocked(isLocked, now: now)
        case .hookEnded: hookEnded(now: now)
        case .neighboursSeen(let lockDomains): neighbours = lockDomains
        case .pledged(let lockDomain, let round): pledged(lockDomain, round: round, now: now)
        case .answered(let answer, let number): answered(answer, number: number, now: now)
        case .tick: tick(now: now)
        }
    }

    private mutating func tick(now: Instant) {
        endInTime(now: now)
        if let call = outstanding, call.deadline <= now {
            outstanding = nil
            silent.insert(member)
            let milliseconds = call.deadline.milliseconds(since: call.sentAt)
            failed(call.call, "no answer within \(milliseconds) ms", now: now)
        }
        if let resumeAt, resumeAt <= now {
            self.resumeAt = nil
            resume(now: now)
        }
        switch phase {
        case .claiming(let claim): claimDue(claim, now: now)
        case .holding(let tenure):
            if let due = tenure.pledgeAt, due <= now { askPledges(now: now) }
            if let due = tenure.renewAt, due <= now { renew(now: now) }
        case .leaving(_, let leaving): if let due = leaving.deadline, due <= now { leavingDue(now: now) }
        case .idle, .locking, .lost: break
        }
    }

    mutating func perform(_ effect: LeaseEffect) { effects.append(effect) }

    // MARK: Calls

    mutating func send(_ call: StoreCall, now: Instant) {
        number += 1
        resumeAt = nil
        // While the store elects a leader, a member may keep a call until it fails. Shorter calls meet the new leader sooner.
        let milliseconds = failures == 0 ? timing.callMilliseconds : timing.nextCallMilliseconds
        outstanding = Outstanding(
            call: call, number: number, sentAt: now, deadline: now.advanced(byMilliseconds: milliseconds))
        perform(.call(call, member: member, number: number))
    }

    /// Expects no answer any more.
    mutating func forget() {
        outstanding = nil
        resumeAt = nil
        failures = 0
    }

    /// Goes on with the next member: at once, or after a pause if every member has failed.
    mutating func useNextMember(now: Instant) {
        let order = (1...memberCount).map { (member + $0) % memberCount }
        member = order.first { silent.remove($0) == nil } ?? order[0]
        failures += 1
        if failures % memberCount == 0 {
            resumeAt = now.advanced(byMilliseconds: timing.pauseMilliseconds)
        } else {
            resume(now: now)
        }
    }

    mutating func succeeded() {
        failures = 0
        silent = []
    }

    private mutating func answered(_ answer: StoreAnswer, number: UInt64, now: Instant) {
        guard let call = outstanding, call.number == number else { return }
        endInTime(now: now)
        guard outstanding?.number == number else { return }
        outstanding = nil
        silent.remove(member)
        if case .failed(let reason) = answer { return failed(call.call, reason, now: now) }
        switch phase {
        case .claiming(let claim): claimAnswered(answer, to: call, claim, now: now)
        case .holding(let tenure): tenureAnswered(answer, to: call, tenure, now: now)
        case .leaving: revoked(now: now)
        case .idle, .locking, .lost: break
        }
    }

    /// A call has failed, and a change that it asked for may have happened.
    mutating func failed(_ call: StoreCall, _ reason: String, now: Instant) {
        switch phase {
        case .claiming(let claim): claimFailed(call, reason, claim, now: now)
        case .holding(let tenure): renewalFailed(call, reason, tenure, now: now)
        case .leaving: revokeFailed(now: now)
        case .idle, .locking, .lost: break
        }
    }

    private mutating func resume(now: Instant) {
        switch phase {
        case .claiming: send(.read, now: now)
        case .holding: renew(now: now)
        case .leaving(let tenure, _): send(.revoke(lease: tenure.lease), now: now)
        case .idle, .locking, .lost: break
        }
    }
}
