/// How a member keeps an eye on the balancer.
extension MemberCore {
    /// Failed connections that are repeated at the fast interval; later ones keep this worker's own.
    private static let quickRepeats = 10

    /// The balancer answered a check.
    package mutating func watchAnswered(epoch: Epoch, newer: Snapshot?, now: Instant) {
        latest = now
        isWatchOut = false
        guard epoch >= highestEpoch, epoch <= .ceiling else {
            ignoreOlder(epoch)
            isSilent = true
            missed(now: now)
            return
        }
        if epoch > highestEpoch { follow(epoch, now: now) }
        watchedEpoch = epoch
        if let newer, newer.epoch == epoch { adopt(newer) }
        balancerShowedItself(now: now)
    }

    /// The balancer does not know this worker, or only an earlier start of it.
    package mutating func watchUnknown(now: Instant) {
        latest = now
        balancerShowedItself(now: now)
        guard isRegistered else { return }
        note(.forgotten)
        rejoin(now: now)
    }

    /// A check failed.
    package mutating func watchFailed(_ kind: WatchFailure, now: Instant) {
        latest = now
        let wasCounted = isWatchOut && isWatchOutCounted
        isWatchOut = false
        switch kind {
        case .timedOut:
            isSilent = true
            if !wasCounted {
                missed(now: now)
            } else if isRegistered {
                // The time for the next check has come already: to wait for another interval would double every miss.
                watchAt = now
            }
        case .closed, .refused:
            isSilent = false
            brokenWatches = min(brokenWatches + 1, 1000)
            if isRegistered { watchAt = now.advanced(byMilliseconds: reconnectDelay()) }
            if kind == .closed, watchedEpoch < highestEpoch {
                // The connection led to a past balancer; its end says nothing of the present one.
                missed(now: now)
            } else {
                balancerDied(now: now)
            }
        case .rejected:
            balancerShowedItself(now: now)
            if isRegistered { rejoin(now: now) }
        case .superseded:
            // It is the later one that says nothing.
            isSilent = true
            missed(now: now)
        }
    }

    mutating func watchDue(now: Instant) {
        guard isRegistered else {
            watchAt = nil
            return
        }
        watchAt = now.advanced(byMilliseconds: watchInterval())
        if isWatchOut {
            isWatchOutCounted = true
            isSilent = true
            missed(now: now)
            return
        }
        isWatchOut = true
        isWatchOutCounted = false
        effects.append(.watch(makeWatch()))
    }

    func makeWatch() -> Watch {
        Watch(
            id: record.id, incarnation: record.incarnation, epochSeen: highestEpoch, snapshotEpoch: snapshot.epoch,
            snapshotVersion: snapshot.version, inFlight: 0)
    }

    /// The first in the succession check ten times as often as the others.
    mutating func watchInterval() -> Int64 {
        if let rank = order.rank(of: record.id), rank < settings.watchFastRanks {
            return settings.watchFastMilliseconds
        }
        return jittered(settings.watchSlowMilliseconds)
    }

    /// A balancer of the present epoch is alive: whatever was held against it is void.
    mutating func balancerShowedItself(now: Instant) {
        misses = 0
        brokenWatches = 0
        isSilent = false
        lastGoodCheck = now
        isBalancerDead = false
        isSuspended = false
        hasNotedUnreachable = false
        orphanAt = nil
        takeoversInRow = 0
        knownDead = []
        promise = nil
        lastDefeat = nil
        if case .takingOver = phase {
            // The shell is at it and will report; a false alarm ends with the lock held.
        } else {
            phase = .idle
        }
        updateStandby()
    }

    /// Goes over to the balancer of a higher epoch.
    mutating func follow(_ epoch: Epoch, now: Instant) {
        highestEpoch = epoch
        homeMayDiffer()
        note(.newBalancer(epoch))
        misses = 0
        isBalancerDead = false
        knownDead = []
        promise = nil
        lastDefeat = nil
        ignoredEpoch = nil
        scoutSoon(now: now)
        if case .takingOver = phase {
            // It may be this worker's own doing; the shell will tell.
        } else {
            phase = .idle
        }
        if isRegistered, !isWatchOut {
            watchAt = now
        } else if !isRegistered, !isRegistering, isStarted, !isStopping {
            registerAt = now
        }
    }

    /// Keeps a snapshot that is newer than the present one.
    mutating func adopt(_ newer: Snapshot) {
        guard newer.supersedes(snapshot) else { return }
        snapshot = newer.keepingLaterStarts(of: snapshot)
        order = makeOrder()
        rememberSeats()
        effects.append(.persist(snapshot))
        releasePastListeners()
    }

    mutating func ignoreOlder(_ epoch: Epoch) {
        guard ignoredEpoch != epoch else { return }
        ignoredEpoch = epoch
        note(.olderBalancerIgnored(epoch))
    }

    private mutating func missed(now: Instant) {
        misses = min(misses + 1, 1000)
        guard misses >= settings.watchMisses else { return }
        scoutSoon(now: now)
        suspectBalancer(now: now)
    }

    private mutating func reconnectDelay() -> Int64 {
        if brokenWatches == 1 { return 0 }
        return brokenWatches <= Self.quickRepeats ? jittered(settings.watchFastMilliseconds) : watchInterval()
    }
}
