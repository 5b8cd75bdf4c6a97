/// Watches of members, and their departure.
extension BalancerCore {
    /// A worker checks this balancer, which renews the worker's lease.
    package mutating func watch(_ watch: Watch, peer: NodeIdentity?, now: Instant) -> WatchVerdict {
        if let refusal = problem(withPeer: peer, speakingAs: watch.id) { return .refused(refusal) }
        guard watch.epochSeen <= .ceiling else { return .refused(.invalid("the epoch is out of range")) }
        if let supersededBy { return .superseded(by: supersededBy) }
        if isOver { return .refused(.steppingDown) }
        if watch.epochSeen > epoch {
            hear(watch.epochSeen, at: watch.reignsAt, from: watch.id, now: now)
            return .refused(.laterReignMet)
        }
        guard var entry = entries[watch.id], watch.incarnation <= entry.record.incarnation else {
            return .registerAgain
        }
        guard watch.incarnation == entry.record.incarnation else { return .refused(.olderIncarnation) }
        // Another start with the same incarnation: what is known of that one, such as a drain, does not hold for this one.
        guard entry.record.isOfStart(watch.incarnation, mark: watch.startMark) else { return .registerAgain }
        entry.lastSeen = now
        entry.lastWatch = now
        entry.inFlightReported = max(watch.inFlight, 0)
        entry.hasStandby = watch.hasStandby == true
        entry.leaseEnds = now.advanced(byMilliseconds: settings.leaseMilliseconds)
        if entry.record.state == .joining || entry.record.state == .suspect {
            // The worker is alive. A probe decides whether it serves, and it is sent at once.
            beginProbe(of: &entry, now: now)
        }
        commit(entry)
        if watch.snapshotEpoch == epoch, watch.snapshotVersion == version { return .unchanged(epoch, version: version) }
        return .newer(snapshot)
    }

    /// A worker asks which balancer reigns here. It need not be registered.
    package mutating func discover(_ request: DiscoveryRequest, peer: NodeIdentity?, now: Instant) -> DiscoveryVerdict {
        if let cluster {
            guard let peer, peer.cluster == cluster else { return .refused(.wrongCluster) }
            if peer.role == .operator { return .refused(.wrongRole) }
        }
        guard request.epochSeen <= .ceiling else { return .refused(.invalid("the epoch is out of range")) }
        if isOver { return .refused(.steppingDown) }
        hear(request.epochSeen, at: request.reignsAt, from: peer?.id, now: now)
        return .reigns(epoch)
    }

    /// The connection of this worker's watch has closed, and the worker has no newer one.
    package mutating func watchLost(_ id: NodeID, incarnation: UInt64, now: Instant) {
        guard var entry = entry(id, incarnation: incarnation) else { return }
        entry.leaseEnds = nil
        switch entry.record.state {
        case .draining where entry.record.isDrained:
            // The worker may come back over a new connection, and is still drained then.
            commit(entry)
        case .draining:
            remove(id)
            note(.left(id))
        case .ready:
            // The fault may be at this balancer's cluster port. So panic mode applies, and the probe decides alone.
            if mayLoseToSuspicion {
                let reason = "its watch connection ended"
                entry.becomeUnroutable(.suspect, reason: reason, at: now, settings)
                note(.suspected(id, reason: reason))
            }
            if entry.isProbing { entry.probeIsStale = true } else { beginProbe(of: &entry, now: now) }
            commit(entry)
        case .joining, .suspect, .ejected:
            commit(entry)
        }
    }

    /// True if one more suspect leaves a routable worker, and at most half of the workers are suspect then.
    private var mayLoseToSuspicion: Bool {
        routableCount > 1 && 2 * (suspectCount + 1) <= routableCount + suspectCount
    }

    /// A worker, or an operator for it, requests a drain.
    ///
    /// - Parameter startMark: nil for any start with this incarnation.
    package mutating func drain(
        _ id: NodeID, incarnation: UInt64, startMark: UInt32? = nil, peer: NodeIdentity?, now: Instant
    ) -> DepartureVerdict {
        if let refusal = problem(withPeer: peer, departing: id) { return .refused(refusal) }
        guard var entry = entry(id, incarnation: incarnation, startMark: startMark) else { return .unknown }
        if peer?.role == .operator {
            if !entry.record.isLeaving { drain(&entry, byOperator: true, now: now) }
        } else {
            drain(&entry, byOperator: false, now: now)
        }
        return .accepted(epoch)
    }

    /// Takes the worker out of the rotation, and stores the entry.
    mutating func drain(_ entry: inout WorkerEntry, byOperator: Bool, now: Instant) {
        let wasDraining = entry.record.state == .draining
        entry.record.isDrained = byOperator
        entry.record.state = .draining
        if !wasDraining {
            entry.unroutableSince = now
            entry.ejectedUntil = nil
            entry.slowStartBegan = nil
            entry.reason = nil
            note(.draining(entry.record.id))
        }
        commit(entry)
    }

    /// A worker, or an operator for it, ends its membership.
    ///
    /// - Parameter startMark: nil for any start with this incarnation.
    package mutating func leave(
        _ id: NodeID, incarnation: UInt64, startMark: UInt32? = nil, peer: NodeIdentity?, now: Instant
    ) -> DepartureVerdict {
        if let refusal = problem(withPeer: peer, departing: id) { return .refused(refusal) }
        guard entry(id, incarnation: incarnation, startMark: startMark) != nil else { return .unknown }
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
