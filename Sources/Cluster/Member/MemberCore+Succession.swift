/// A worker's way to start a successor.
extension MemberCore {
    /// The rank of this worker in the succession; nil if it may not act.
    package var rank: Int? {
        mayAct ? order.rank(of: record.id, without: knownDead) ?? rankOfHolder : nil
    }

    /// A worker that got a balancer's listeners may act although it is in no list, after all listed ones. While it
    /// holds them, clients wait at the ports, and no other process can bind them. Reigns of one lock domain pass on the
    /// same sockets.
    private var rankOfHolder: Int? {
        handoverEpoch != nil && sharesLockDomain ? order.candidates.count : nil
    }

    /// The balancer of the highest known epoch lives in this worker's lock domain.
    ///
    /// The snapshot names the lock domain of its own balancer. A later term usually belongs to another lock domain.
    /// Without a snapshot of that reign, or its listeners, this worker must not take it for its own and start a
    /// successor without a majority. Only a worker that never heard of another balancer address can be certain.
    package var sharesLockDomain: Bool {
        guard order.sharesLockDomain else { return false }
        return highestEpoch.term == snapshot.epoch.term || handoverEpoch == highestEpoch
            || (order.distant.isEmpty && balancerAddresses.count <= 1)
    }

    /// The lock domain of the latest reign: the one that was handed its listeners. A snapshot may be of an earlier
    /// reign elsewhere.
    func makeOrder() -> SuccessionOrder {
        SuccessionOrder(
            of: snapshot, seenBy: record, balancerIn: handoverEpoch == highestEpoch ? record.lockDomain : nil)
    }

    /// Another reign is the latest, or other listeners are held.
    mutating func lockDomainMayDiffer() {
        let lockDomain = handoverEpoch == highestEpoch ? record.lockDomain : nil
        if order.lockDomain != lockDomain ?? snapshot.lockDomain { order = makeOrder() }
    }

    /// The balancer's process has certainly ended: its end of the handover channel closed, or its pidfd fired.
    ///
    /// - Parameter epoch: the epoch of the process. The death of a past balancer is irrelevant; nil means the present
    ///   one.
    package mutating func balancerDied(epoch: Epoch? = nil, now: Instant) {
        latest = now
        if let epoch, epoch < highestEpoch { return }
        if !isBalancerDead {
            isBalancerDead = true
            note(sharesLockDomain ? .balancerDead : .balancerLost)
        }
        discoverSoon(now: now)
        guard sharesLockDomain else {
            // From another host, a crash, a partition and a killed process look the same: silence.
            suspectBalancer(now: now)
            return
        }
        guard isStarted, !isStopping, let rank else { return }
        switch phase {
        case .backingOff where lastDefeat != .holderOutOfReach: break
        case .idle, .waiting(_, isCertain: false), .inspecting, .prevoting, .backingOff:
            let delay =
                Int64(rank) * settings.rankDelayMilliseconds + max(delayAfterAttempts(), pulse.waitMilliseconds)
            phase = .waiting(until: now.advanced(byMilliseconds: delay), isCertain: true)
            if delay == 0 { phaseEnded(now: now) }
        case .waiting, .takingOver:
            break
        }
    }

    /// This worker holds the listeners of the balancer of `epoch`.
    package mutating func handoverReady(epoch: Epoch, now: Instant) {
        latest = now
        guard epoch <= highestEpoch.reach else {
            ignore(epoch)
            return
        }
        let sharedLockDomain = sharesLockDomain
        pulse.attached(now: now)
        handoverEpoch = max(handoverEpoch ?? epoch, epoch)
        // A state directory in which a balancer has run contains a lock that fences.
        knowsStateDirectory = true
        if epoch > highestEpoch { follow(epoch, now: now) }
        lockDomainMayDiffer()
        if epoch == highestEpoch, !sharedLockDomain, let ownAddress, ownAddress != balancerAddress, !isStopping {
            // The reigning balancer belongs to this lock domain, and this worker did not know it.
            balancerShowedItself(now: now)
            move(to: ownAddress, now: now)
        }
        releasePastListeners()
        updateStandby()
    }

    /// The shell's attempt to start a balancer has ended.
    package mutating func takeoverFinished(_ outcome: TakeoverOutcome, now: Instant) {
        latest = now
        if case .started(let epoch) = outcome {
            // If there was a standby, it is the balancer now.
            isStandbyKept = false
            // A worker that only holds listeners of its own lock domain may still ask elsewhere.
            let wasElsewhere = !sharesLockDomain || snapshot.lockDomain != order.lockDomain
            takeoversInRow += 1
            note(.tookOver(epoch))
            if epoch > highestEpoch, epoch <= highestEpoch.reach { follow(epoch, now: now) }
            isBalancerDead = false
            phase = .idle
            registerAttempts = 0
            if wasElsewhere, let ownAddress, ownAddress != balancerAddress {
                move(to: ownAddress, now: now)
            } else if isRegistered {
                if !isWatchOut { watchAt = now }
            } else if !isRegistering, !isStopping {
                registerAt = now
            }
            return
        }
        guard case .takingOver(let until) = phase else { return }
        if outcome == .holderOutOfReach {
            // Only the end of the balancer helps. It is certain death, and this worker acts on it at once.
            if lastDefeat != .holderOutOfReach { note(.holderOutOfReach) }
            lastDefeat = .holderOutOfReach
            phase = .backingOff(until: now.advanced(byMilliseconds: settings.takeoverRetryMaximumMilliseconds))
            return
        }
        if case .failed(let reason) = outcome {
            note(.takeoverFailed(reason))
        } else {
            note(.takeoverLostToAnother)
        }
        let began = until.advanced(byMilliseconds: -settings.takeoverTimeoutMilliseconds)
        if let lastGoodCheck, lastGoodCheck > began, !isBalancerDead {
            // A false alarm: the reigning balancer has answered meanwhile. The failure of the attempt is no evidence
            // against it.
            phase = .idle
            return
        }
        takeoversInRow += 1
        phase = .backingOff(until: now.advanced(byMilliseconds: delayAfterAttempts()))
    }

    /// A worker that may start a successor on another host proves it, once to each balancer.
    mutating func proveStandIn(now: Instant) {
        guard record.mayStandIn, record.acrossHosts, let lockDomain = snapshot.lockDomain, let own = record.lockDomain,
            lockDomain != own,
            snapshot.epoch == watchedEpoch
        else { return }
        if let proof = standInProof, proof.epoch == watchedEpoch {
            guard proof.again <= now, snapshot.worker(record.id)?.mayStandIn == false else { return }
        }
        standInProof = (watchedEpoch, now.advanced(byMilliseconds: settings.discoveryMilliseconds))
        effects.append(.proveStandIn(incarnation: record.incarnation))
    }

    /// Too many checks in a row were unanswered, or no balancer was reached for too long.
    mutating func suspectBalancer(now: Instant) {
        guard phase == .idle, isStarted, !isStopping else { return }
        if isBusyOnly(now: now) {
            if !hasNotedBusy { note(.balancerBusy) }
            hasNotedBusy = true
            return
        }
        releasePastListeners()
        // From another host, silence says nothing: the store knows.
        if usesStore && !sharesLockDomain { return }
        guard let delay = precedence else { return }
        if lastDefeat == nil { note(.balancerSuspected) }
        phase = .waiting(until: now.advanced(byMilliseconds: delay), isCertain: false)
        if delay == 0 { phaseEnded(now: now) }
    }

    /// The reign of the held listeners is over, and the present balancer is in another lock domain: no client may wait
    /// at the ports of this one. A worker that starts a successor here has to bind them.
    mutating func releasePastListeners() {
        guard !sharesLockDomain, let held = handoverEpoch, held < highestEpoch else { return }
        handoverEpoch = nil
        effects.append(.releaseListeners)
    }

    /// The time of the present phase is over.
    mutating func phaseEnded(now: Instant) {
        switch phase {
        case .idle:
            break
        case .waiting(_, isCertain: true):
            takeOver(killHolder: false, now: now)
        case .waiting(_, isCertain: false):
            inspectLock(now: now)
        case .inspecting:
            askOthers(now: now)
        case .prevoting:
            closeBallot(now: now)
        case .takingOver:
            takeoverFinished(.failed("no result"), now: now)
        case .backingOff:
            // No other worker has started a balancer either. The holder of the lock may hang, so suspect it.
            phase = .idle
            suspectBalancer(now: now)
        }
    }

    /// Asks whether a process holds the lock, before it asks the other workers.
    ///
    /// Silence does not tell a hung balancer from a dead one while another process holds its listeners: their queue accepts
    /// connections. The lock does. Without the balancer's lock domain, the lock of this worker's state directory proves nothing.
    private mutating func inspectLock(now: Instant) {
        guard let own = record.lockDomain, order.lockDomain == own, sharesLockDomain else {
            askOthers(now: now)
            return
        }
        phase = .inspecting(until: now.advanced(byMilliseconds: settings.prevoteTimeoutMilliseconds))
        effects.append(.inspectLock)
    }

    /// The shell has looked at the lock.
    package mutating func lockInspected(isFree: Bool, now: Instant) {
        latest = now
        guard case .inspecting = phase else { return }
        if isFree {
            takeOver(killHolder: false, now: now)
        } else {
            askOthers(now: now)
        }
    }

    mutating func takeOver(killHolder: Bool, now: Instant) {
        phase = .takingOver(until: now.advanced(byMilliseconds: settings.takeoverTimeoutMilliseconds))
        // The next attempts against a balancer out of reach are no news.
        if !killHolder || lastDefeat != .holderOutOfReach {
            note(sharesLockDomain ? .takingOver(after: highestEpoch) : .takingOverAcrossHosts(after: highestEpoch))
        }
        effects.append(.takeOver(after: highestEpoch, killHolder: killHolder))
    }

    /// The first worker in the succession keeps a warm standby. With a store so does the first worker of each other lock
    /// domain: its host may be the next one.
    mutating func updateStandby() {
        let isFirst = order.rank(of: record.id) == 0 || usesStore && order.turn(of: record.id)?.rank == 0
        let isWanted = isRegistered && !isStopping && mayAct && isFirst
        guard isWanted != isStandbyKept else { return }
        isStandbyKept = isWanted
        effects.append(.keepStandby(isWanted))
    }

    /// The time that this worker leaves to others, in milliseconds; nil if it may not act.
    private var precedence: Int64? {
        guard mayAct else { return nil }
        if sharesLockDomain {
            return rank.map { Int64($0) * settings.rankDelayMilliseconds }
        }
        // A worker that only does not know the present reign's lock domain comes after all that do.
        let turn =
            order.turn(of: record.id, without: knownDead)
            ?? order.rank(of: record.id, without: knownDead).map {
                SuccessionOrder.Turn(domainsBefore: Set(order.distant.map(\.lockDomain)).count, rank: $0)
            }
        return turn.map { turn in
            settings.distantGraceMilliseconds + Int64(turn.domainsBefore) * settings.distantTurnMilliseconds
                + Int64(turn.rank) * settings.rankDelayMilliseconds
        }
    }

    private var mayAct: Bool {
        guard record.mayStandIn else { return false }
        return sharesLockDomain ? knowsStateDirectory : record.acrossHosts
    }

    /// If balancers die as soon as they are started, the next starts are delayed more and more.
    private func delayAfterAttempts() -> Int64 {
        guard takeoversInRow > 0 else { return 0 }
        return doubled(
            settings.takeoverRetryMinimumMilliseconds, times: takeoversInRow - 1,
            upTo: settings.takeoverRetryMaximumMilliseconds
        )
    }
}
