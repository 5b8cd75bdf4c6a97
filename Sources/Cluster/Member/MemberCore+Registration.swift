/// A worker's registration, with its retries.
extension MemberCore {
    /// The balancer accepted the registration.
    ///
    /// - Parameter settings: the balancer's, so that both use the same values; nil keeps the present ones.
    package mutating func registered(_ snapshot: Snapshot, settings: ClusterSettings?, now: Instant) {
        latest = now
        isRegistering = false
        guard snapshot.epoch >= highestEpoch, snapshot.epoch <= highestEpoch.reach else {
            ignore(snapshot.epoch)
            registerAgain(now: now)
            return
        }
        if let settings { self.settings = settings.bounded() }
        isRegistered = true
        registerAt = nil
        registerAttempts = 0
        lastRefusalMessage = nil
        note(.registered(snapshot.epoch))
        if snapshot.epoch > highestEpoch { follow(snapshot.epoch, now: now) }
        watchedEpoch = snapshot.epoch
        adopt(snapshot)
        balancerShowedItself(now: now)
        noteDistance()
        isWatchOut = false
        watchAt = now.advanced(byMilliseconds: watchInterval())
        // Another start of this worker is another entry in the registry.
        standInProof = nil
        proveStandIn(now: now)
    }

    /// A worker of another lock domain stands in only if its operator allows takeovers across hosts.
    private mutating func noteDistance() {
        let isDistant = record.mayStandIn && !record.acrossHosts && !order.sharesLockDomain
        if isDistant, !hasNotedDistance { note(.balancerTooDistant) }
        hasNotedDistance = isDistant
    }

    /// The balancer refused the registration.
    package mutating func registrationFailed(_ refusal: Refusal, now: Instant) {
        latest = now
        isRegistering = false
        if lastRefusalMessage != refusal.message {
            lastRefusalMessage = refusal.message
            note(.registrationRefused(refusal))
        }
        // An answer of a past balancer does not show that the present one lives.
        if refusal != .steppingDown, refusal != .laterReignMet { balancerShowedItself(now: now) }
        if case .laterStartKnown(let incarnation) = refusal, countOn(from: incarnation) {
            registerAt = isStopping ? nil : now
        } else if refusal.mayRetry {
            registerAgain(now: now)
        } else {
            registerAt = isStopping ? nil : now.advanced(byMilliseconds: jittered(settings.refusedRetryMilliseconds))
        }
    }

    /// Takes an incarnation above that of an earlier start. It does so a few times only, because successors know of
    /// different starts. If another process used this name at the same address, the two would otherwise raise each
    /// other's number without end.
    private mutating func countOn(from earlier: UInt64) -> Bool {
        guard countsLeft > 0, earlier >= record.incarnation, earlier < .max else { return false }
        countsLeft -= 1
        record.incarnation = earlier + 1
        return true
    }

    /// The registration got no answer.
    ///
    /// - Parameter isSilent: the connection was accepted, and no answer came in time. False if no process listens, if
    ///   the two rejected each other, or if the connection broke.
    package mutating func registrationUnreachable(isSilent: Bool, now: Instant) {
        latest = now
        isRegistering = false
        self.isSilent = isSilent
        registerAgain(now: now)
    }

    mutating func sendRegistration(now: Instant) {
        guard !isStopping else {
            registerAt = nil
            return
        }
        isRegistering = true
        registerAttempts += 1
        orphanAt = orphanAt ?? now.advanced(byMilliseconds: settings.orphanMilliseconds)
        registerAt = now.advanced(byMilliseconds: settings.registerTimeoutMilliseconds)
        effects.append(.register(Registration(of: record, maximumEpochSeen: highestEpoch)))
    }

    mutating func registrationDue(now: Instant) {
        if isRegistering {
            registrationUnreachable(isSilent: isSilent, now: now)
        } else {
            sendRegistration(now: now)
        }
    }

    /// No balancer has answered for a long time. If this worker is in the last snapshot, it starts a successor.
    mutating func orphaned(now: Instant) {
        orphanAt = isRegistered ? nil : now.advanced(byMilliseconds: settings.orphanMilliseconds)
        if !isRegistered { suspectBalancer(now: now) }
    }

    /// This worker is not in the registry and has to register again.
    mutating func rejoin(now: Instant) {
        isRegistered = false
        watchAt = nil
        isWatchOut = false
        registerAttempts = 0
        if isRegistering || isStopping { return }
        registerAt = now
    }

    /// The next attempt comes after 100 ms, doubling up to 5 s. The wait has up to half of random variation, so that
    /// workers do not retry together.
    private mutating func registerAgain(now: Instant) {
        guard !isStopping else {
            registerAt = nil
            return
        }
        let wait = doubled(
            settings.registerRetryMinimumMilliseconds, times: registerAttempts - 1,
            upTo: settings.registerRetryMaximumMilliseconds
        )
        registerAt = now.advanced(byMilliseconds: generator.jittered(wait, percent: 50))
    }

    /// `milliseconds` doubled a number of times, but not beyond `limit`.
    func doubled(_ milliseconds: Int64, times: Int, upTo limit: Int64) -> Int64 {
        let doublings = min(max(times, 0), 20)
        return min(milliseconds << Int64(doublings), max(limit, milliseconds))
    }
}
