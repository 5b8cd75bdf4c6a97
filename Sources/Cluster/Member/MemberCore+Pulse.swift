/// The distinction between a hung balancer and a busy one.
extension MemberCore {
    /// The balancer of this host has given a sign of life on its handover channel, or has probed this worker under its
    /// epoch. So it does not hang, whatever the state of its cluster port.
    package mutating func balancerMoved(now: Instant) {
        latest = now
        pulse.moved(now: now)
        endDoubt(now: now)
    }

    /// This worker stood still for this time. Signs of life of that time still wait unread.
    mutating func pulsePaused(forMilliseconds milliseconds: Int64, now: Instant) {
        pulse.paused(forMilliseconds: milliseconds, now: now)
        endDoubt(now: now)
    }

    /// A process with signs of life is not suspect.
    private mutating func endDoubt(now: Instant) {
        switch phase {
        case .waiting(_, isCertain: false), .inspecting, .prevoting: if isBusyOnly(now: now) { phase = .idle }
        case .idle, .waiting, .takingOver, .backingOff: break
        }
    }

    /// The handover channel has closed.
    ///
    /// - Parameter epoch: the epoch of the balancer at its other end; nil if its listeners are no longer held.
    package mutating func handoverEnded(epoch: Epoch?, now: Instant) {
        pulse.detached(isDeath: epoch.map { $0 >= highestEpoch } ?? false, settings, now: now)
        if let epoch { balancerDied(epoch: epoch, now: now) } else { latest = now }
    }

    /// The balancer does not answer this worker, but it lives.
    func isBusyOnly(now: Instant) -> Bool {
        sharesLockDomain && pulse.showsLife(settings, now: now)
    }

    /// The time since the balancer's last answer or sign of life, in milliseconds; nil if there was none.
    func lastSignAge(now: Instant) -> Int64? {
        let check = lastGoodCheck.map { now.milliseconds(since: $0) }
        guard sharesLockDomain, let silence = pulse.silence(now: now) else { return check }
        return min(check ?? silence, silence)
    }

    /// The balancer's process may be killed: it accepted the connection, did not answer, and stood still for the whole
    /// time.
    ///
    /// A worker that is not attached to the process sees only the cluster port, and strangers can block that.
    func isHung(now: Instant) -> Bool {
        sharesLockDomain && isSilent && pulse.standsStill(settings, now: now)
    }
}
