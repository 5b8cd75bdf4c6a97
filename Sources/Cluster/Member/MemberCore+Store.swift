/// The worker's reactions to the news of a store of several hosts.
///
/// The store's word replaces the majority of the workers (`Ballot`), and only for the balancer of another lock domain. Inside a
/// lock domain the lock decides, and the store is not asked.
extension MemberCore {
    /// The store names the address of the reigning balancer. A worker without a balancer asks there at once. The balancer's own
    /// answer counts: in-host successors have epochs that the store does not know.
    mutating func balancerAnnounced(_ address: BalancerAddress, now: Instant) {
        latest = now
        guard usesStore, isStarted, !isStopping, address != balancerAddress else { return }
        announce(address)
        if isLost { discoverAt = now }
    }

    /// No lock domain has the leader key. The workers of other lock domains take turns, so that most attempts succeed.
    mutating func leaderGone(now: Instant) {
        latest = now
        guard usesStore, isStarted, !isStopping, !sharesLockDomain, phase == .idle, let turn = turnAfterLoss else {
            return
        }
        // An attempt would fail. The store's word comes again every two seconds.
        if let pledgedUntil, now < pledgedUntil { return }
        releasePastListeners()
        note(.leaderGone)
        let delay = Int64(turn) * settings.rankDelayMilliseconds
        phase = .waiting(until: now.advanced(byMilliseconds: delay), isCertain: true)
        if delay == 0 { phaseEnded(now: now) }
    }

    /// A standby of this worker waits for the reign of another lock domain to end. It has no listeners.
    package var keepsDistantStandby: Bool { usesStore && !sharesLockDomain }

    /// The number of workers and lock domains before this one; nil if this worker may not act.
    private var turnAfterLoss: Int? {
        guard record.mayStandIn, record.acrossHosts else { return nil }
        if let turn = order.turn(of: record.id, without: knownDead) { return turn.domainsBefore + turn.rank }
        return order.rank(of: record.id, without: knownDead).map { $0 + Set(order.distant.map(\.lockDomain)).count }
    }
}
