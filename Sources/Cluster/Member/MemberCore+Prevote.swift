/// How a worker makes sure that it is not alone in missing the balancer.
extension MemberCore {
    /// A worker's word to the candidate of another home: until then it supports nobody else.
    struct Promise: Sendable, Equatable {
        let candidate: NodeID
        let until: Instant
    }

    /// Another worker asks whether this one misses the balancer too.
    package mutating func prevoteAsked(_ prevote: Prevote, now: Instant) -> PrevoteAnswer {
        latest = now
        let age = lastGoodCheck.map { now.milliseconds(since: $0) }
        var agrees: Bool
        if prevote.epochSeen < highestEpoch {
            agrees = false
        } else if prevote.epochSeen > highestEpoch {
            // The candidate misses a later balancer than the one that this worker has checked.
            agrees = true
        } else if let age, !isBalancerDead {
            agrees = age >= Int64(settings.watchMisses) * plainWatchInterval
        } else {
            agrees = true
        }
        if agrees, prevote.isAcrossHosts { agrees = promise(to: prevote.candidate, now: now) }
        return PrevoteAnswer(agrees: agrees, lastGoodCheckMilliseconds: age, epochSeen: highestEpoch)
    }

    /// One of the asked has answered; nil when it can't be reached.
    package mutating func prevoteAnswered(from id: NodeID, _ answer: PrevoteAnswer?, now: Instant) {
        latest = now
        guard case .prevoting = phase, ballot.count(answer, from: id) else { return }
        if let answer, answer.epochSeen > highestEpoch, answer.epochSeen <= .ceiling {
            // Somebody has taken over already; this worker only did not know.
            follow(answer.epochSeen, now: now)
            return
        }
        if answer == nil { knownDead.insert(id) }
        continueBallot(now: now)
    }

    mutating func askOthers(now: Instant) {
        guard isAtHome else {
            askAcrossHosts(now: now)
            return
        }
        let electors = order.electors(for: record.id, without: knownDead, count: settings.watchFastRanks)
        guard !electors.isEmpty else {
            takeOver(killHolder: isSilent, now: now)
            return
        }
        ballot = Ballot(asking: electors)
        phase = .prevoting(until: now.advanced(byMilliseconds: settings.prevoteTimeoutMilliseconds))
        continueBallot(now: now)
    }

    /// Between two homes there is no lock: here the agreement is what keeps the cluster at one balancer, as far as
    /// anything can.
    private mutating func askAcrossHosts(now: Instant) {
        guard promise(to: record.id, now: now) else {
            // Another one is at it. Should nothing come of that, the next miss begins anew.
            giveWay()
            return
        }
        let voters = snapshot.workers.filter { $0.id != record.id }
        ballot = Ballot(
            of: record, asking: voters,
            rule: needsQuorum ? .quorum(registered: snapshot.workers.count) : .noneObjects)
        let time = settings.quorumTimeoutMilliseconds + Int64(voters.count) * Self.millisecondsPerVoter
        phase = .prevoting(until: now.advanced(byMilliseconds: time))
        continueBallot(now: now)
    }

    /// Several of those who are asked may be gone, and are waited for in vain.
    private static let millisecondsPerVoter: Int64 = 20

    private mutating func continueBallot(now: Instant) {
        if ballot.isComplete || ballot.isDecided {
            closeBallot(now: now)
            return
        }
        let asked = ballot.next()
        guard !asked.isEmpty else { return }
        let prevote = Prevote(
            candidate: record.id, epochSeen: highestEpoch, acrossHosts: isAtHome ? nil : true)
        effects.append(.prevote(to: asked, prevote))
    }

    mutating func closeBallot(now: Instant) {
        knownDead.formUnion(ballot.silent)
        if ballot.isCarried {
            takeOver(killHolder: isAtHome && isSilent, now: now)
            return
        }
        if case .quorum(let registered) = ballot.rule {
            let event = MemberEvent.noQuorum(agreed: ballot.agreed, registered: registered)
            if lastDefeat != event { note(event) }
            lastDefeat = event
        } else {
            note(.outvoted)
        }
        if promise?.candidate == record.id { promise = nil }
        giveWay()
    }

    /// The next miss asks again.
    private mutating func giveWay() {
        phase = .idle
        misses = settings.watchMisses - 1
    }

    /// Whether this worker has promised its support to `candidate`, now or before, and to nobody else.
    private mutating func promise(to candidate: NodeID, now: Instant) -> Bool {
        if let promise, promise.candidate != candidate, promise.until > now { return false }
        promise = Promise(
            candidate: candidate, until: now.advanced(byMilliseconds: settings.promiseMilliseconds))
        return true
    }

    var plainWatchInterval: Int64 {
        let isFast = order.rank(of: record.id).map { $0 < settings.watchFastRanks } ?? false
        return isFast ? settings.watchFastMilliseconds : settings.watchSlowMilliseconds
    }
}
