/// How a worker gets into the registry, and stays at the door until it is let in.
extension MemberCore {
    /// The balancer accepted the registration.
    ///
    /// - Parameter settings: the balancer's, so that both reckon alike; nil keeps the present ones.
    package mutating func registered(_ snapshot: Snapshot, settings: ClusterSettings?, now: Instant) {
        latest = now
        isRegistering = false
        guard snapshot.epoch >= highestEpoch, snapshot.epoch <= .ceiling else {
            ignoreOlder(snapshot.epoch)
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
        isWatchOut = false
        watchAt = now.advanced(byMilliseconds: watchInterval())
    }

    /// The balancer refused the registration.
    package mutating func registrationFailed(_ refusal: Refusal, now: Instant) {
        latest = now
        isRegistering = false
        if lastRefusalMessage != refusal.message {
            lastRefusalMessage = refusal.message
            note(.registrationRefused(refusal))
        }
        // One that only says good-bye is no sign that a balancer is there.
        if refusal != .steppingDown { balancerShowedItself(now: now) }
        if case .laterStartKnown(let incarnation) = refusal, countOn(from: incarnation) {
            registerAt = isStopping ? nil : now
        } else if refusal.mayRetry {
            registerAgain(now: now)
        } else {
            registerAt = isStopping ? nil : now.advanced(byMilliseconds: jittered(settings.refusedRetryMilliseconds))
        }
    }

    /// Takes an incarnation above that of an earlier start. A few times only (successors know of different starts): should
    /// somebody else serve under this name, where the balancer takes it for the same address, the two must not drive each
    /// other up for ever.
    private mutating func countOn(from earlier: UInt64) -> Bool {
        guard countsLeft > 0, earlier >= record.incarnation, earlier < .max else { return false }
        countsLeft -= 1
        record.incarnation = earlier + 1
        return true
    }

    /// No answer to the registration.
    ///
    /// - Parameter isSilent: the connection was taken, and nothing came in time. False when nobody listens, the two did not accept
    ///   each other, or the connection broke.
    package mutating func registrationUnreachable(isSilent: Bool, now: Instant) {
        latest = now
        isRegistering = false
        self.isSilent = isSilent
        if !hasNotedUnreachable {
            hasNotedUnreachable = true
            note(.balancerUnreachable)
        }
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
        effects.append(
            .register(
                Registration(
                    id: record.id, host: record.host, port: record.port, incarnation: record.incarnation,
                    mayStandIn: record.mayStandIn, capacity: record.capacity,
                    maximumRequests: record.maximumRequests, home: record.home, acrossHosts: record.acrossHosts,
                    maximumEpochSeen: highestEpoch
                )
            )
        )
    }

    mutating func registrationDue(now: Instant) {
        if isRegistering {
            registrationUnreachable(isSilent: isSilent, now: now)
        } else {
            sendRegistration(now: now)
        }
    }

    /// Nobody has answered for long. If this worker is of the last snapshot, it is time to bring a balancer back.
    mutating func orphaned(now: Instant) {
        orphanAt = isRegistered ? nil : now.advanced(byMilliseconds: settings.orphanMilliseconds)
        if !isRegistered { suspectBalancer(now: now) }
    }

    /// Back to the door: this worker is not in the registry.
    mutating func rejoin(now: Instant) {
        isRegistered = false
        watchAt = nil
        isWatchOut = false
        registerAttempts = 0
        if isRegistering || isStopping { return }
        registerAt = now
    }

    /// The next attempt after 100 ms, doubling up to 5 s, moved by up to half so that a cluster doesn't knock in step.
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
