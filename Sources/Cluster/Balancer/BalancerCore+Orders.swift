/// Orders of an operator on the balancer's host. They name a worker without its incarnation, and apply to the worker's
/// present process.
extension BalancerCore {
    /// Takes a worker out of the rotation. It stays a member, finishes its requests, and may still start a successor.
    package mutating func drain(_ id: NodeID, now: Instant) -> DrainVerdict {
        if isOver { return .over }
        guard var entry = entries[id] else { return .unknown }
        if entry.record.isLeaving { return .leaving }
        if entry.record.isDrained { return .unchanged(entry.record) }
        drain(&entry, byOperator: true, now: now)
        return .changed(entry.record)
    }

    /// Ends an operator's drain. The worker gets requests at once if its last probe was good, and otherwise after the next
    /// good probe.
    package mutating func undrain(_ id: NodeID, now: Instant) -> DrainVerdict {
        if isOver { return .over }
        guard var entry = entries[id] else { return .unknown }
        if entry.record.isLeaving { return .leaving }
        guard entry.record.isDrained else { return .unchanged(entry.record) }
        entry.record.isDrained = false
        note(.undrained(id))
        if entry.passes > 0 {
            entry.becomeReady(at: now, settings)
        } else {
            entry.record.state = .joining
            entry.unroutableSince = now
            beginProbe(of: &entry, now: now)
        }
        commit(entry)
        return .changed(entry.record)
    }
}
