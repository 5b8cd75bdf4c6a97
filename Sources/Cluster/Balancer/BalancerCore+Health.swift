/// Who is well: probes, failed requests, and the doubt in oneself.
extension BalancerCore {
    /// The shell has asked a worker for its health.
    package mutating func probeFinished(_ id: NodeID, incarnation: UInt64, _ outcome: ProbeOutcome, now: Instant) {
        guard var entry = entry(id, incarnation: incarnation), entry.isProbing else { return }
        let isStale = entry.probeIsStale
        entry.isProbing = false
        entry.probeIsStale = false
        entry.nextProbe = now.advanced(byMilliseconds: isStale ? 0 : jittered(settings.probeIntervalMilliseconds))
        switch outcome {
        case .passed:
            if !isStale { probePassed(&entry, now: now) }
        case .failed(let reason):
            probeFailed(&entry, reason: "failed probes (\(reason))", now: now)
        case .refusedConnection:
            probeDisproved(&entry, reason: "refuses connections", now: now)
        case .otherNode(let who):
            probeDisproved(&entry, reason: "at its address answers \(who)", now: now)
        }
        commit(entry)
        if isStale { tick(now: now) }
    }

    /// Whether the result of a probe of this start of the worker is awaited.
    package func isProbing(_ id: NodeID, incarnation: UInt64) -> Bool {
        entry(id, incarnation: incarnation)?.isProbing == true
    }

    /// The shell is asking now.
    package mutating func probeAsked(_ id: NodeID, incarnation: UInt64, now: Instant) {
        guard var entry = entry(id, incarnation: incarnation), entry.isProbing else { return }
        // The shell reports every probe. Should it lose one, this is when it counts as failed.
        entry.nextProbe = now.advanced(byMilliseconds: 2 * settings.probeTimeoutMilliseconds)
        commit(entry)
    }

    /// The data plane could not get an answer from this worker to a request.
    package mutating func requestFailed(_ id: NodeID, incarnation: UInt64, now: Instant) {
        guard var entry = entry(id, incarnation: incarnation) else { return }
        entry.requestFailuresTotal &+= 1
        entry.requestFailuresInRow = min(entry.requestFailuresInRow + 1, settings.requestFailuresToEject)
        commit(entry)
        guard entry.isRoutable, entry.requestFailuresInRow >= settings.requestFailuresToEject else { return }
        if ejectSoftly(&entry, reason: "failed \(settings.requestFailuresToEject) requests in a row", now: now) {
            let wasGoodForLong = entry.recoveredAt.map {
                now.milliseconds(since: $0) >= settings.ejectionMaximumMilliseconds
            }
            entry.requestEjections = wasGoodForLong == true ? 1 : min(entry.requestEjections + 1, 1000)
            let (time, overflow) = settings.ejectionMilliseconds
                .multipliedReportingOverflow(by: Int64(entry.requestEjections))
            entry.ejectedUntil = now.advanced(
                byMilliseconds: min(overflow ? .max : time, settings.ejectionMaximumMilliseconds)
            )
        }
        commit(entry)
    }

    /// A request to this worker was answered. Only worth reporting after a failure.
    package mutating func requestSucceeded(_ id: NodeID, incarnation: UInt64, now: Instant) {
        guard var entry = entry(id, incarnation: incarnation), entry.requestFailuresInRow > 0 else { return }
        entry.requestFailuresInRow = 0
        entry.isSpared = false
        commit(entry)
    }

    /// Asks the shell for a probe now; when one is under way, for another one right after it.
    mutating func beginProbe(of entry: inout WorkerEntry, now: Instant) {
        if entry.isProbing {
            // Only a worker that has just lost its watch makes the running probe worthless.
            if entry.record.state == .suspect, entry.unroutableSince == now { entry.probeIsStale = true }
            return
        }
        entry.isProbing = true
        // It may have to wait for its turn, which is no fault of the worker's: `probeAsked` tells when it has come.
        entry.nextProbe = now.advanced(byMilliseconds: settings.evictionMilliseconds)
        effects.append(.probe(entry.record))
    }

    /// The timers of one entry: its probe, the end of its lease, of its ejection, of its stay.
    mutating func fireTimers(of changed: WorkerEntry, now: Instant) {
        var entry = changed
        let id = entry.record.id
        if let eviction = entry.evictionTime(settings), eviction <= now {
            remove(id)
            note(entry.record.state == .draining ? .left(id) : .evicted(id))
            return
        }
        if let ends = entry.leaseEnds, ends <= now {
            entry.leaseEnds = nil
            if entry.isRoutable { note(.watchSilent(id)) }
        }
        if let until = entry.ejectedUntil, until <= now {
            entry.ejectedUntil = nil
            returnIfGood(&entry, now: now)
        }
        if entry.nextProbe <= now {
            if entry.isProbing {
                entry.isProbing = false
                entry.probeIsStale = false
                probeFailed(&entry, reason: "failed probes (no result)", now: now)
            }
            beginProbe(of: &entry, now: now)
        }
        commit(entry)
    }

    private mutating func probePassed(_ entry: inout WorkerEntry, now: Instant) {
        entry.lastSeen = now
        entry.failures = 0
        entry.passes = min(entry.passes + 1, 1 << 20)
        if entry.requestFailuresInRow < settings.requestFailuresToEject { entry.isSpared = false }
        returnIfGood(&entry, now: now)
    }

    private mutating func returnIfGood(_ entry: inout WorkerEntry, now: Instant) {
        guard entry.mayReturn(at: now, settings) else { return }
        let wasHint = entry.isHint
        entry.becomeReady(at: now, settings)
        note(wasHint ? .joined(entry.record.id) : .recovered(entry.record.id))
    }

    private mutating func probeFailed(_ entry: inout WorkerEntry, reason: String, now: Instant) {
        entry.probeFailuresTotal &+= 1
        entry.passes = 0
        entry.failures = min(entry.failures + 1, 1 << 20)
        // The others' view of this entry is part of the question whether it may be ejected.
        commit(entry)
        guard entry.failures >= settings.fall else { return }
        switch entry.record.state {
        case .ready:
            _ = ejectSoftly(&entry, reason: reason, now: now)
        case .joining, .suspect:
            entry.becomeUnroutable(.ejected, reason: reason, at: now, settings)
            note(.ejected(entry.record.id, reason: reason))
        case .draining, .ejected:
            break
        }
    }

    /// Certain evidence: out at once, whoever else fails.
    private mutating func probeDisproved(_ entry: inout WorkerEntry, reason: String, now: Instant) {
        entry.probeFailuresTotal &+= 1
        entry.passes = 0
        entry.failures = min(entry.failures + 1, 1 << 20)
        guard entry.record.state != .draining, entry.record.state != .ejected else { return }
        entry.becomeUnroutable(.ejected, reason: reason, at: now, settings)
        note(.ejected(entry.record.id, reason: reason))
    }

    /// Soft evidence: ejects unless it is the last worker or more than half fail together. The entry must be committed.
    private mutating func ejectSoftly(_ entry: inout WorkerEntry, reason: String, now: Instant) -> Bool {
        let horizon = softEjections.firstIndex { now.milliseconds(since: $0) < settings.togetherMilliseconds }
        softEjections.removeFirst(horizon ?? softEjections.count)
        let failing = failingCount + softEjections.count
        let population = routableCount + softEjections.count
        let isLast = routableCount <= 1
        if isLast || 2 * failing > population {
            if !entry.isSpared {
                entry.isSpared = true
                let excuse = isLast ? "it is the last one" : "more than half fail together, so the fault may be here"
                note(.spared(entry.record.id, reason: excuse))
            }
            return false
        }
        entry.becomeUnroutable(.ejected, reason: reason, at: now, settings)
        softEjections.append(now)
        note(.ejected(entry.record.id, reason: reason))
        return true
    }
}
