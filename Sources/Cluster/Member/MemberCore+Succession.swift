/// How a worker comes to bring the balancer back.
extension MemberCore {
    /// This worker's place in the succession; nil when it may not act.
    package var rank: Int? {
        mayAct ? order.rank(of: record.id, without: knownDead) ?? rankOfHolder : nil
    }

    /// Whom a balancer has trusted with its listeners may act though it is in no list, after all who are: as long as it
    /// holds them clients wait at the ports, and nobody else can bind these. Reigns of one home hand on the same sockets.
    private var rankOfHolder: Int? {
        handoverEpoch != nil && isAtHome ? order.candidates.count : nil
    }

    /// Whether the balancer of the highest epoch, as far as is known, lives in this worker's home.
    ///
    /// The snapshot tells where its own balancer lives. A later term is of another home as a rule; without a snapshot of
    /// that reign, or its listeners, this worker must not take it for its own and bring it back without a majority. Only who
    /// has never heard of another place for a balancer can't be mistaken.
    package var isAtHome: Bool {
        guard order.isAtHome else { return false }
        return highestEpoch.term == snapshot.epoch.term || handoverEpoch == highestEpoch
            || (order.distant.isEmpty && seats.count <= 1)
    }

    /// Where the latest reign lives: with whoever was handed its listeners. A snapshot may be of an earlier one, elsewhere.
    func makeOrder() -> SuccessionOrder {
        SuccessionOrder(of: snapshot, seenBy: record, balancerIn: handoverEpoch == highestEpoch ? record.home : nil)
    }

    /// Another reign is the latest, or other listeners are held.
    mutating func homeMayDiffer() {
        let home = handoverEpoch == highestEpoch ? record.home : nil
        if order.home != home ?? snapshot.home { order = makeOrder() }
    }

    /// The balancer's process is gone, for certain: its end of the handover channel closed, or its pidfd fired.
    ///
    /// - Parameter epoch: whose process it was. The death of a past balancer is no news; nil means the present one.
    package mutating func balancerDied(epoch: Epoch? = nil, now: Instant) {
        latest = now
        if let epoch, epoch < highestEpoch { return }
        if !isBalancerDead {
            isBalancerDead = true
            if !isSuspended { note(isAtHome ? .balancerDead : .balancerLost) }
        }
        scoutSoon(now: now)
        guard isAtHome else {
            // Seen from another host, a crash, a partition and a killed process look alike: silence.
            suspectBalancer(now: now)
            return
        }
        guard isStarted, !isStopping, !isSuspended, let rank else { return }
        switch phase {
        case .idle, .waiting(_, isCertain: false), .prevoting:
            let delay = Int64(rank) * settings.rankDelayMilliseconds + delayAfterAttempts()
            phase = .waiting(until: now.advanced(byMilliseconds: delay), isCertain: true)
            if delay == 0 { phaseEnded(now: now) }
        case .waiting, .takingOver, .backingOff:
            break
        }
    }

    /// The balancer said that it is being stopped on purpose: it is not brought back until somebody starts one.
    package mutating func balancerStopped(now: Instant) {
        latest = now
        guard !isSuspended else { return }
        isSuspended = true
        phase = .idle
        misses = 0
        note(.balancerStoppedOnPurpose)
        updateStandby()
        rejoin(now: now)
    }

    /// This worker holds the listeners of the balancer of `epoch`.
    package mutating func handoverReady(epoch: Epoch, now: Instant) {
        latest = now
        let wasAtHome = isAtHome
        handoverEpoch = max(handoverEpoch ?? epoch, epoch)
        // Where a balancer has lived, there is a lock that fences.
        knowsStateDirectory = true
        if epoch > highestEpoch, epoch <= .ceiling { follow(epoch, now: now) }
        homeMayDiffer()
        if epoch == highestEpoch, !wasAtHome, let ownSeat, ownSeat != seat, !isStopping {
            // The balancer that reigns is of this very home, and this worker did not know.
            balancerShowedItself(now: now)
            move(to: ownSeat, now: now)
        }
        releasePastListeners()
        updateStandby()
    }

    /// The shell's attempt to start a balancer has ended.
    package mutating func takeoverFinished(_ outcome: TakeoverOutcome, now: Instant) {
        latest = now
        if case .started(let epoch) = outcome {
            // The standby, if there was one, is the balancer now.
            isStandbyKept = false
            // Who only holds listeners of its own home may still ask elsewhere.
            let wasElsewhere = !isAtHome || snapshot.home != order.home
            takeoversInRow += 1
            note(.tookOver(epoch))
            if epoch > highestEpoch, epoch <= .ceiling { follow(epoch, now: now) }
            isBalancerDead = false
            phase = .idle
            registerAttempts = 0
            if wasElsewhere, let ownSeat, ownSeat != seat {
                move(to: ownSeat, now: now)
            } else if isRegistered {
                if !isWatchOut { watchAt = now }
            } else if !isRegistering, !isStopping {
                registerAt = now
            }
            return
        }
        guard case .takingOver(let until) = phase else { return }
        if case .failed(let reason) = outcome {
            note(.takeoverFailed(reason))
        } else {
            note(.takeoverLostToAnother)
        }
        let began = until.advanced(byMilliseconds: -settings.takeoverTimeoutMilliseconds)
        if let lastGoodCheck, lastGoodCheck > began, !isBalancerDead {
            // A false alarm: who reigns has shown itself meanwhile. However the attempt failed, that is held against nobody.
            phase = .idle
            return
        }
        takeoversInRow += 1
        phase = .backingOff(until: now.advanced(byMilliseconds: delayAfterAttempts()))
    }

    /// Too many checks in a row went unanswered, or no balancer was reached for too long.
    mutating func suspectBalancer(now: Instant) {
        guard phase == .idle, isStarted, !isStopping, !isSuspended else { return }
        releasePastListeners()
        guard let delay = precedence else { return }
        if lastDefeat == nil { note(.balancerSuspected) }
        phase = .waiting(until: now.advanced(byMilliseconds: delay), isCertain: false)
        if delay == 0 { phaseEnded(now: now) }
    }

    /// The reign of the listeners that this worker holds is over, and the present one is of another home: nobody may wait at
    /// the ports of this one. Who brings the balancer back here, having met that reign, has to bind them.
    mutating func releasePastListeners() {
        guard !isAtHome, let held = handoverEpoch, held < highestEpoch else { return }
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
            askOthers(now: now)
        case .prevoting:
            closeBallot(now: now)
        case .takingOver:
            takeoverFinished(.failed("no result"), now: now)
        case .backingOff:
            // Nobody else has brought a balancer either. What holds the lock may hang: suspect it.
            phase = .idle
            suspectBalancer(now: now)
        }
    }

    mutating func takeOver(killHolder: Bool, now: Instant) {
        phase = .takingOver(until: now.advanced(byMilliseconds: settings.takeoverTimeoutMilliseconds))
        note(isAtHome ? .takingOver(after: highestEpoch) : .takingOverAcrossHosts(after: highestEpoch))
        effects.append(.takeOver(after: highestEpoch, snapshot: snapshot, killHolder: killHolder))
    }

    /// The first in the succession keeps a warm standby.
    mutating func updateStandby() {
        let isWanted =
            isRegistered && !isStopping && !isSuspended && mayAct && order.rank(of: record.id) == 0
        guard isWanted != isStandbyKept else { return }
        isStandbyKept = isWanted
        effects.append(.keepStandby(isWanted))
    }

    /// How long this worker leaves the precedence to others, in milliseconds; nil when it may not act.
    private var precedence: Int64? {
        guard mayAct else { return nil }
        if isAtHome {
            return rank.map { Int64($0) * settings.rankDelayMilliseconds }
        }
        // Who only does not know the present reign's home comes after all that do.
        let turn =
            order.turn(of: record.id, without: knownDead)
            ?? order.rank(of: record.id, without: knownDead).map {
                SuccessionOrder.Turn(homesBefore: Set(order.distant.map(\.home)).count, rank: $0)
            }
        return turn.map { turn in
            settings.distantGraceMilliseconds + Int64(turn.homesBefore) * settings.distantTurnMilliseconds
                + Int64(turn.rank) * settings.rankDelayMilliseconds
        }
    }

    private var mayAct: Bool {
        guard record.mayStandIn else { return false }
        return isAtHome ? knowsStateDirectory : record.acrossHosts
    }

    /// A balancer that dies as soon as it is started is started more and more slowly.
    private func delayAfterAttempts() -> Int64 {
        guard takeoversInRow > 0 else { return 0 }
        return doubled(
            settings.takeoverRetryMinimumMilliseconds, times: takeoversInRow - 1,
            upTo: settings.takeoverRetryMaximumMilliseconds
        )
    }
}
