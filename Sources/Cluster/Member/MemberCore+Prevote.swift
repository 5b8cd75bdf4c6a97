/// The prevote: before a worker takes over, it asks the others if they miss the balancer too.
extension MemberCore {
    /// A worker's support for a candidate of another lock domain. Until `until` the worker supports no other candidate.
    /// After that it prefers other candidates for the same time again. So a candidate that brings no balancer back keeps
    /// the others from trying for a bounded time only.
    struct Promise: Sendable, Equatable {
        let candidate: NodeID
        let until: Instant
        let restsUntil: Instant
    }

    /// Another worker asks if this worker misses the balancer too.
    package mutating func prevoteAsked(_ prevote: Prevote, now: Instant) -> PrevoteAnswer {
        latest = now
        let age = lastSignAge(now: now)
        // A later reign in the candidate's question is a claim. This worker looks for that reign, and its own checks decide.
        if prevote.epochSeen > highestEpoch { discoverSoon(now: now) }
        var agrees: Bool
        if prevote.epochSeen < highestEpoch {
            agrees = false
        } else if let age, !isBalancerDead {
            agrees = age >= Int64(settings.watchMisses) * plainWatchInterval
        } else {
            agrees = true
        }
        if agrees, isBusyOnly(now: now) { agrees = false }
        if agrees, prevote.isAcrossHosts {
            agrees = mayAct(acrossHosts: prevote.candidate) && promise(to: prevote.candidate, now: now)
        }
        return PrevoteAnswer(agrees: agrees, lastGoodCheckMilliseconds: age, epochSeen: highestEpoch)
    }

    /// An asked worker has answered; nil if it can't be reached.
    package mutating func prevoteAnswered(from id: NodeID, _ answer: PrevoteAnswer?, now: Instant) {
        latest = now
        guard case .prevoting = phase, ballot.count(answer, from: id, after: highestEpoch) else { return }
        // Another worker may have taken over without this worker's knowledge. A vote does not prove it.
        if let answer, answer.epochSeen > highestEpoch { discoverSoon(now: now) }
        if answer == nil { knownDead.insert(id) }
        continueBallot(now: now)
    }

    mutating func askOthers(now: Instant) {
        guard sharesLockDomain else {
            askAcrossHosts(now: now)
            return
        }
        let electors = order.electors(for: record.id, without: knownDead, count: settings.watchFastRanks)
        guard !electors.isEmpty else {
            takeOver(killHolder: isHung(now: now), now: now)
            return
        }
        ballot = Ballot(of: record, asking: electors, rule: .moreAgree(freshMilliseconds: longestGoodCheck))
        phase = .prevoting(until: now.advanced(byMilliseconds: settings.prevoteTimeoutMilliseconds))
        continueBallot(now: now)
    }

    /// Two lock domains share no lock. Only the majority of workers limits the cluster to one balancer, and it can't
    /// guarantee that.
    private mutating func askAcrossHosts(now: Instant) {
        guard promise(to: record.id, now: now) else {
            // Another candidate has this worker's promise. If it brings no balancer back, the next miss starts a new vote.
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

    /// Several of the asked workers may be gone. The wait for them ends by a timeout.
    private static let millisecondsPerVoter: Int64 = 20

    private mutating func continueBallot(now: Instant) {
        if ballot.isComplete || ballot.isDecided {
            closeBallot(now: now)
            return
        }
        let asked = ballot.next()
        guard !asked.isEmpty else { return }
        let prevote = Prevote(
            candidate: record.id, epochSeen: highestEpoch, acrossHosts: sharesLockDomain ? nil : true)
        effects.append(.prevote(to: asked, prevote))
    }

    mutating func closeBallot(now: Instant) {
        knownDead.formUnion(ballot.silent)
        if ballot.isCarried {
            takeOver(killHolder: isHung(now: now), now: now)
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

    /// The next missed check starts a new vote.
    private mutating func giveWay() {
        phase = .idle
        misses = settings.watchMisses - 1
    }

    /// Promises this worker's support to `candidate`, unless another candidate has the promise. Returns true if `candidate`
    /// has it.
    private mutating func promise(to candidate: NodeID, now: Instant) -> Bool {
        if let promise {
            if promise.until > now { return promise.candidate == candidate }
            if promise.candidate == candidate, promise.restsUntil > now, order.distant.count > 1 { return false }
        }
        let until = now.advanced(byMilliseconds: settings.promiseMilliseconds)
        promise = Promise(
            candidate: candidate, until: until,
            restsUntil: until.advanced(byMilliseconds: settings.promiseMilliseconds))
        return true
    }

    /// Returns whether the balancer's list allows `candidate` to take over on another host. Without a list the answer is
    /// true.
    private func mayAct(acrossHosts candidate: NodeID) -> Bool {
        guard let listed = snapshot.worker(candidate) else { return snapshot.workers.isEmpty }
        return listed.mayStandIn && listed.acrossHosts
    }

    /// An older check is no reason for an objection of any worker.
    private var longestGoodCheck: Int64 {
        Int64(settings.watchMisses) * max(settings.watchFastMilliseconds, settings.watchSlowMilliseconds)
    }

    var plainWatchInterval: Int64 {
        let isFast = order.rank(of: record.id).map { $0 < settings.watchFastRanks } ?? false
        return isFast ? settings.watchFastMilliseconds : settings.watchSlowMilliseconds
    }
}
