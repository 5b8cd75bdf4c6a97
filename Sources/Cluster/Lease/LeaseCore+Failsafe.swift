/// The requests for pledges that went out together.
struct PledgeRound: Sendable {
    let number: UInt64
    let askedAt: Instant
    /// The lock domains that have not pledged yet.
    var missing: Set<LockDomain>
}

/// A reign that goes on without the store, with the policy `failsafe`.
///
/// Why two balancers are impossible: only a listed lock domain can take the leader key. Each of them has pledged not to, from
/// the time of its answer on, for a whole lifetime. The reign counts four fifths of a lifetime from the question, which came
/// before the answer. A host gives a pledge and makes a claim only under its lock, so it never does both at once.
extension LeaseCore {
    /// Writes the successors key after a counted renewal, if it should have another value.
    mutating func listSuccessors(now: Instant) {
        guard case .holding(var tenure) = phase, var others = neighbours else { return }
        // The last other host stays listed. It may be cut off from this host only, and must be able to take over.
        if others.isEmpty, let listed = tenure.successors.list?.lockDomains { others = listed }
        let wanted = SuccessorList(of: claimant.lockDomain, policy: claimant.policy, others: others)
        guard tenure.successors.list != wanted else { return }
        let listing = StoreListing(
            list: wanted, leaderRevision: tenure.leaderRevision, listRevision: tenure.successors.revision)
        tenure.successors.write(wanted)
        tenure.step = .listing(wanted)
        phase = .holding(tenure)
        // A successor on this host must know of the write before it can happen.
        save(tenure)
        send(.list(listing), now: now)
    }

    /// The time of the first round: two renewals are missing.
    func firstRound(_ tenure: LeaseTenure, now: Instant) -> Instant? {
        guard claimant.policy == .failsafe else { return nil }
        let patience = 2 * timing.renewalMilliseconds - timing.reignMilliseconds
        return max(now, tenure.endsAt.advanced(byMilliseconds: patience))
    }

    mutating func askPledges(now: Instant) {
        guard case .holding(var tenure) = phase else { return }
        guard let possible = tenure.successors.possible else {
            // The hosts that may take the leader key are not known.
            tenure.pledgeAt = nil
            phase = .holding(tenure)
            return
        }
        let others = possible.filter { $0 != claimant.lockDomain }
        round += 1
        tenure.pledges = PledgeRound(number: round, askedAt: now, missing: Set(others))
        tenure.pledgeAt = now.advanced(byMilliseconds: timing.renewalMilliseconds)
        phase = .holding(tenure)
        guard !others.isEmpty else { return countPledges(now: now) }
        perform(
            .askPledges(
                of: others,
                PledgeRequest(
                    lockDomain: claimant.lockDomain, epoch: tenure.epoch, milliseconds: timing.lifetimeMilliseconds),
                round: round))
    }

    mutating func pledged(_ lockDomain: LockDomain, round: UInt64, now: Instant) {
        endInTime(now: now)
        guard case .holding(var tenure) = phase, tenure.pledges?.number == round else { return }
        tenure.pledges?.missing.remove(lockDomain)
        phase = .holding(tenure)
        if tenure.pledges?.missing.isEmpty == true { countPledges(now: now) }
    }

    private mutating func countPledges(now: Instant) {
        guard case .holding(var tenure) = phase, let pledges = tenure.pledges.take() else { return }
        tenure.endsAt = max(tenure.endsAt, pledges.askedAt.advanced(byMilliseconds: timing.reignMilliseconds))
        if !tenure.isByPledges {
            let hosts = (tenure.successors.possible?.count ?? 1) - 1
            perform(.note(.reignsByPledges(hosts: hosts)))
        }
        tenure.isByPledges = true
        phase = .holding(tenure)
        save(tenure)
    }

    /// The part of the reason for an end that concerns pledges.
    func lackOfPledges(_ tenure: LeaseTenure) -> String {
        guard claimant.policy == .failsafe else { return "" }
        guard tenure.successors.possible != nil else { return ", and the hosts that may reign are not listed yet" }
        guard let missing = tenure.pledges?.missing, !missing.isEmpty else { return "" }
        return ", and hosts that may reign gave no pledge: \(missing.count)"
    }
}
