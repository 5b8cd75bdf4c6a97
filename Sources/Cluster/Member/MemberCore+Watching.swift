/// A member's checks of the balancer.
extension MemberCore {
    /// The most failed connections that are repeated at the fast interval. Later ones use this worker's own interval.
    private static let quickRepeats = 10

    /// The balancer answered a check.
    package mutating func watchAnswered(epoch: Epoch, newer: Snapshot?, now: Instant) {
        latest = now
        isWatchOut = false
        guard epoch >= highestEpoch, epoch <= highestEpoch.reach else {
            ignore(epoch)
            isSilent = true
            missed(now: now)
            return
        }
        if epoch > highestEpoch { follow(epoch, now: now) }
        watchedEpoch = epoch
        if let newer, newer.epoch == epoch { adopt(newer) }
        balancerShowedItself(now: now)
        proveStandIn(now: now)
    }

    /// The balancer does not know this worker, or knows only an earlier start of it.
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
                // The next check is due already. Another interval would double the time of every miss.
                watchAt = now
            }
        case .closed, .refused:
            isSilent = false
            brokenWatches = min(brokenWatches + 1, 1000)
            if isRegistered { watchAt = now.advanced(byMilliseconds: reconnectDelay()) }
            if kind == .closed, watchedEpoch < highestEpoch {
                // The connection led to a past balancer. Its end says nothing about the present one.
                missed(now: now)
            } else if sharesLockDomain, pulse.isAttached {
                // The end of the process would close the handover channel.
                missed(now: now)
            } else {
                balancerDied(now: now)
            }
        case .rejected:
            balancerShowedItself(now: now)
            if isRegistered { rejoin(now: now) }
        case .superseded:
            // The later balancer is the silent one.
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
            id: record.id, incarnation: record.incarnation, startMark: record.startMark, epochSeen: highestEpoch,
            snapshotEpoch: snapshot.epoch, snapshotVersion: snapshot.version, inFlight: 0)
    }

    /// The first workers in the succession check ten times as often as the others.
    mutating func watchInterval() -> Int64 {
        if let rank = order.rank(of: record.id), rank < settings.watchFastRanks {
            return settings.watchFastMilliseconds
        }
        return jittered(settings.watchSlowMilliseconds)
    }

    /// A balancer of the present epoch is alive: all evidence against it is void.
    mutating func balancerShowedItself(now: Instant) {
        misses = 0
        brokenWatches = 0
        isSilent = false
        lastGoodCheck = now
        isBalancerDead = false
        hasNotedBusy = false
        orphanAt = nil
        takeoversInRow = 0
        knownDead = []
        promise = nil
        lastDefeat = nil
        if case .takingOver = phase {
            // The shell is starting a successor and will report. A false alarm ends with the lock held.
        } else {
            phase = .idle
        }
        updateStandby()
    }

    /// Follows the balancer of a higher epoch.
    mutating func follow(_ epoch: Epoch, now: Instant) {
        highestEpoch = epoch
        lockDomainMayDiffer()
        note(.newBalancer(epoch))
        misses = 0
        isBalancerDead = false
        knownDead = []
        promise = nil
        lastDefeat = nil
        ignoredEpoch = nil
        discoverSoon(now: now)
        if case .takingOver = phase {
            // This worker may have started it itself. The shell will report.
        } else {
            phase = .idle
        }
        if isRegistered, !isWatchOut {
            watchAt = now
        } else if !isRegistered, !isRegistering, isStarted, !isStopping {
            registerAt = now
        }
    }

    /// Stores a snapshot that is newer than the present one.
    mutating func adopt(_ newer: Snapshot) {
        guard newer.supersedes(snapshot) else { return }
        snapshot = newer.keepingLaterStarts(of: snapshot)
        order = makeOrder()
        rememberAddresses()
        effects.append(.persist(snapshot))
        releasePastListeners()
    }

    /// Logs once that this worker does not obey a balancer of this epoch, with the reason. Of epochs that are too high
    /// only the first is logged.
    mutating func ignore(_ epoch: Epoch) {
        let isOlder = epoch < highestEpoch
        let key = isOlder ? epoch : Epoch(.max)
        guard ignoredEpoch != key else { return }
        ignoredEpoch = key
        note(isOlder ? .olderBalancerIgnored(epoch) : .absurdEpochIgnored(epoch))
    }

    private mutating func missed(now: Instant) {
        misses = min(misses + 1, 1000)
        guard misses >= settings.watchMisses else { return }
        discoverSoon(now: now)
        suspectBalancer(now: now)
    }

    private mutating func reconnectDelay() -> Int64 {
        if brokenWatches == 1 { return 0 }
        return brokenWatches <= Self.quickRepeats ? jittered(settings.watchFastMilliseconds) : watchInterval()
    }
}
