/// Proofs that a worker may stand in for the balancer. A mere claim is not enough: a worker that may stand in votes
/// about a hung balancer, and its rank makes others wait.
///
/// - A worker of this host holds the handover connection: only processes of this user reach it.
/// - A worker of another lock domain shows its node's balancer certificate. In the plain build there are no
///   certificates, and the claim suffices.
///
/// If a proof ends (the connection broke, or the balancer is new and has only the list), it counts for one more lease.
extension BalancerCore {
    /// A process at the other end of a handover connection names itself as worker `id`. The worker may not be
    /// registered yet.
    package mutating func handoverHeld(by id: NodeID, now: Instant) {
        guard handoverHolders[id] != nil || handoverHolders.count < settings.maximumWorkers else { return }
        handoverHolders[id, default: 0] += 1
        guard var entry = entries[id] else { return }
        judgeStandIn(&entry, now: now)
        commit(entry)
    }

    /// That connection has closed.
    package mutating func handoverLeft(by id: NodeID, now: Instant) {
        guard let count = handoverHolders[id] else { return }
        handoverHolders[id] = count > 1 ? count - 1 : nil
        guard count == 1, var entry = entries[id], entry.record.mayStandIn else { return }
        entry.standInEnds = now.advanced(byMilliseconds: settings.leaseMilliseconds)
        judgeStandIn(&entry, now: now)
        commit(entry)
    }

    /// A peer shows a balancer's certificate for the worker `id`.
    package mutating func standInShown(
        _ id: NodeID, incarnation: UInt64, peer: NodeIdentity?, now: Instant
    ) -> DepartureVerdict {
        if let cluster {
            guard let peer, peer.cluster == cluster else { return .refused(.wrongCluster) }
            guard peer.role == .balancer else { return .refused(.wrongRole) }
            guard peer.id == id else { return .refused(.identityMismatch) }
        }
        guard var entry = entry(id, incarnation: incarnation) else { return .unknown }
        entry.hasShownCertificate = true
        judgeStandIn(&entry, now: now)
        commit(entry)
        return .accepted(epoch)
    }

    /// Updates whether a worker may stand in.
    func judgeStandIn(_ entry: inout WorkerEntry, now: Instant) {
        if hasProof(entry) {
            entry.standInEnds = nil
            entry.record.mayStandIn = entry.claimsStandIn
        } else if entry.standInEnds.map({ $0 <= now }) ?? true {
            entry.standInEnds = nil
            entry.record.mayStandIn = false
        }
    }

    /// The other lock domains whose workers may stand in.
    package var standInDomains: Set<LockDomain> {
        guard let lockDomain else { return [] }
        var domains: Set<LockDomain> = []
        for entry in entries.values where entry.record.mayStandIn && entry.record.acrossHosts {
            if let other = entry.record.lockDomain, other != lockDomain { domains.insert(other) }
        }
        return domains
    }

    /// The workers of another lock domain that may stand in, in the order of their ids.
    package func standIns(of other: LockDomain) -> [WorkerRecord] {
        entries.values.lazy.map(\.record)
            .filter { $0.mayStandIn && $0.acrossHosts && $0.lockDomain == other }
            .sorted { $0.id.text < $1.id.text }
    }

    private func hasProof(_ entry: WorkerEntry) -> Bool {
        if handoverHolders[entry.record.id] != nil { return true }
        guard let lockDomain, let other = entry.record.lockDomain, other != lockDomain else { return false }
        return entry.hasShownCertificate || cluster == nil
    }
}
