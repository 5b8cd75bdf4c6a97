/// How a worker makes sure that it is not alone in missing the balancer.
extension MemberCore {
    /// Another worker asks whether this one misses the balancer too.
    package mutating func prevoteAsked(_ prevote: Prevote, now: Instant) -> PrevoteAnswer {
        latest = now
        let age = lastGoodCheck.map { now.milliseconds(since: $0) }
        let answer = { [highestEpoch] (agrees: Bool) in
            PrevoteAnswer(agrees: agrees, lastGoodCheckMilliseconds: age, epochSeen: highestEpoch)
        }
        if prevote.epochSeen < highestEpoch { return answer(false) }
        // The candidate misses a later balancer than the one that this worker has checked.
        if prevote.epochSeen > highestEpoch { return answer(true) }
        guard let age, !isBalancerDead else { return answer(true) }
        return answer(age >= Int64(settings.watchMisses) * plainWatchInterval)
    }

    /// One of the asked has answered; nil when it can't be reached.
    package mutating func prevoteAnswered(from id: NodeID, _ answer: PrevoteAnswer?, now: Instant) {
        latest = now
        guard case .prevoting = phase, ballot.silent.remove(id) != nil else { return }
        if let answer {
            if answer.epochSeen > highestEpoch, answer.epochSeen <= .ceiling {
                // Somebody has taken over already; this worker only did not know.
                follow(answer.epochSeen, now: now)
                return
            }
            ballot.count(answer)
        } else {
            knownDead.insert(id)
        }
        if ballot.silent.isEmpty { closeBallot(now: now) }
    }

    mutating func askOthers(now: Instant) {
        let electors = order.electors(for: record.id, without: knownDead, count: settings.watchFastRanks)
        guard !electors.isEmpty else {
            takeOver(killHolder: true, now: now)
            return
        }
        ballot = Ballot(asking: electors)
        phase = .prevoting(until: now.advanced(byMilliseconds: settings.prevoteTimeoutMilliseconds))
        effects.append(.prevote(to: electors, Prevote(candidate: record.id, epochSeen: highestEpoch)))
    }

    mutating func closeBallot(now: Instant) {
        knownDead.formUnion(ballot.silent)
        if ballot.isCarried {
            takeOver(killHolder: true, now: now)
            return
        }
        note(.outvoted)
        phase = .idle
        // The next miss asks again.
        misses = settings.watchMisses - 1
    }

    private var plainWatchInterval: Int64 {
        let isFast = order.rank(of: record.id).map { $0 < settings.watchFastRanks } ?? false
        return isFast ? settings.watchFastMilliseconds : settings.watchSlowMilliseconds
    }
}
