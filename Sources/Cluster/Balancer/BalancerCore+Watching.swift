/// How a member shows that it is there, and how it goes.
extension BalancerCore {
    /// A worker checks this balancer, which renews its lease.
    package mutating func watch(_ watch: Watch, peer: NodeIdentity?, now: Instant) -> WatchVerdict {
        if let refusal = problem(withPeer: peer, speakingAs: watch.id) { return .refused(refusal) }
        guard watch.epochSeen <= .ceiling else { return .refused(.invalid("the epoch is out of range")) }
        if stepDown(for: watch.epochSeen), let supersededBy { return .superseded(by: supersededBy) }
        if isOver { return .refused(.steppingDown) }
        guard var entry = entries[watch.id], watch.incarnation <= entry.record.incarnation else {
            return .registerAgain
        }
        guard watch.incarnation == entry.record.incarnation else { return .refused(.olderIncarnation) }
        entry.lastSeen = now
        entry.lastWatch = now
        entry.inFlightReported = max(watch.inFlight, 0)
        entry.leaseEnds = now.advanced(byMilliseconds: settings.leaseMilliseconds)
        if entry.record.state == .joining || entry.record.state == .suspect {
            // It lives. Whether it serves, a probe tells; don't wait for the next one's turn.
            beginProbe(of: &entry, now: now)
        }
        commit(entry)
        if watch.snapshotEpoch == epoch, watch.snapshotVersion == version { return .unchanged(epoch, version: version) }
        return .newer(snapshot)
    }

    /// A worker, of this registry or not, asks who reigns here.
    package mutating func scouted(_ scouting: Scouting, peer: NodeIdentity?, now: Instant) -> ScoutVerdict {
        if let cluster {
            guard let peer, peer.cluster == cluster else { return .refused(.wrongCluster) }
            if peer.role == .operator { return .refused(.wrongRole) }
        }
        guard scouting.epochSeen <= .ceiling else { return .refused(.invalid("the epoch is out of range")) }
        return stepDown(for: scouting.epochSeen) || isOver ? .refused(.steppingDown) : .reigns(epoch)
    }

    /// The connection over which this worker watches has ended, and it has no newer one.
    package mutating func watchLost(_ id: NodeID, incarnation: UInt64, now: Instant) {
        guard var entry = entry(id, incarnation: incarnation) else { return }
        entry.leaseEnds = nil
        switch entry.record.state {
        case .draining:
            remove(id)
            note(.left(id))
        case .ready:
            let reason = "its watch connection ended"
            entry.becomeUnroutable(.suspect, reason: reason, at: now, settings)
            note(.suspected(id, reason: reason))
            beginProbe(of: &entry, now: now)
            commit(entry)
        case .joining, .suspect, .ejected:
            commit(entry)
        }
    }

    /// A worker, or an operator on its behalf, asks for no new requests.
    package mutating func drain(
        _ id: NodeID, incarnation: UInt64, peer: NodeIdentity?, now: Instant
    ) -> DepartureVerdict {
        if let refusal = problem(withPeer: peer, departing: id) { return .refused(refusal) }
        guard var entry = entry(id, incarnation: incarnation) else { return .unknown }
        if entry.record.state != .draining {
            entry.record.state = .draining
            entry.unroutableSince = now
            entry.ejectedUntil = nil
            entry.slowStartBegan = nil
            entry.reason = nil
            commit(entry)
            note(.draining(id))
        }
        return .accepted(epoch)
    }

    /// A worker, or an operator on its behalf, ends its membership.
    package mutating func leave(
        _ id: NodeID, incarnation: UInt64, peer: NodeIdentity?, now: Instant
    ) -> DepartureVerdict {
        if let refusal = problem(withPeer: peer, departing: id) { return .refused(refusal) }
        guard entry(id, incarnation: incarnation) != nil else { return .unknown }
        remove(id)
        note(.left(id))
        return .accepted(epoch)
    }

    private func problem(withPeer peer: NodeIdentity?, departing id: NodeID) -> Refusal? {
        if let peer, peer.role == .operator {
            return cluster == nil || peer.cluster == cluster ? nil : .wrongCluster
        }
        return problem(withPeer: peer, speakingAs: id)
    }
}
