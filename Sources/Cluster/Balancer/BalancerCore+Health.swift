/// Worker health: probes, request failures, panic mode.
extension BalancerCore {
    /// The longest time between two probes of a worker whose probes decide whether it is there: a suspect, or one that has
    /// not passed yet.
    static var urgentProbeMilliseconds: Int64 { 1000 }

    /// The shell reports the result of a probe.
    package mutating func probeFinished(_ id: NodeID, incarnation: UInt64, _ outcome: ProbeOutcome, now: Instant) {
        guard var entry = entry(id, incarnation: incarnation), entry.isProbing else { return }
        counts.add(HealthCounts.Probe(outcome))
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
            probeDisproved(&entry, .refused, reason: "refuses connections", now: now)
        case .otherNode(let who):
            probeDisproved(&entry, .otherNode, reason: "at its address answers \(who)", now: now)
        }
        if !isStale && (entry.record.state == .suspect || entry.record.state == .joining) {
            let interval = min(settings.probeIntervalMilliseconds, BalancerCore.urgentProbeMilliseconds)
            entry.nextProbe = now.advanced(byMilliseconds: jittered(interval))
        }
        commit(entry)
        if isStale { tick(now: now) }
    }

    /// Returns whether a probe of this start of the worker is in progress.
    package func isProbing(_ id: NodeID, incarnation: UInt64) -> Bool {
        entry(id, incarnation: incarnation)?.isProbing == true
    }

    /// The shell begins to send the probe now.
    package mutating func probeAsked(_ id: NodeID, incarnation: UInt64, now: Instant) {
        guard var entry = entry(id, incarnation: incarnation), entry.isProbing else { return }
        // The shell reports every probe. If it loses one, the probe counts as failed at this time.
        entry.nextProbe = now.advanced(byMilliseconds: 2 * settings.probeTimeoutMilliseconds)
        commit(entry)
    }

    /// The data plane reports a failed request at this worker.
    ///
    /// - Parameter fault: that of the last failure decides how long an ejection lasts.
    package mutating func requestFailed(
        _ id: NodeID, incarnation: UInt64, _ fault: RequestFault = .response, now: Instant
    ) {
        guard var entry = entry(id, incarnation: incarnation) else { return }
        entry.requestFailuresTotal &+= 1
        entry.requestFailuresInRow = min(entry.requestFailuresInRow + 1, settings.requestFailuresToEject)
        commit(entry)
        guard entry.isRoutable, entry.requestFailuresInRow >= settings.requestFailuresToEject else { return }
        let (last, cause): (String, HealthCounts.Ejection) =
            switch fault {
            case .connection: ("the last one got no connection", .connections)
            case .response: ("the last one got an error or no response", .responses)
            }
        let reason = "failed \(settings.requestFailuresToEject) requests in a row, \(last)"
        if ejectSoftly(&entry, cause, reason: reason, now: now), case .response = fault {
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

    /// The data plane reports a successful request at this worker. It does so only after a failure.
    package mutating func requestSucceeded(_ id: NodeID, incarnation: UInt64, now: Instant) {
        guard var entry = entry(id, incarnation: incarnation), entry.requestFailuresInRow > 0 else { return }
        entry.requestFailuresInRow = 0
        entry.isSpared = false
        commit(entry)
    }

    /// Requests a probe from the shell. Does nothing while a probe is in progress.
    mutating func beginProbe(of entry: inout WorkerEntry, now: Instant) {
        if entry.isProbing {
            return
        }
        entry.isProbing = true
        // The probe may have to wait for a connection, which is not the worker's fault. `probeAsked` reports its start.
        entry.nextProbe = now.advanced(byMilliseconds: settings.dropMilliseconds)
        effects.append(.probe(entry.record))
    }

    /// Fires the timers of one entry: probe, end of lease, end of ejection, end of membership.
    mutating func fireTimers(of changed: WorkerEntry, now: Instant) {
        var entry = changed
        let id = entry.record.id
        if let drop = entry.dropTime(settings), drop <= now {
            remove(id)
            note(entry.record.state == .draining ? .left(id) : .dropped(id))
            return
        }
        if let ends = entry.leaseEnds, ends <= now {
            entry.leaseEnds = nil
            if entry.isRoutable { note(.watchSilent(id)) }
        }
        if let ends = entry.standInEnds, ends <= now { judgeStandIn(&entry, now: now) }
        if let until = entry.ejectedUntil, until <= now {
            entry.ejectedUntil = nil
            // The time of an ejection is none of the time after which a worker is dropped.
            entry.unroutableSince = max(entry.unroutableSince ?? until, until)
            returnIfGood(&entry, now: now)
        }
        if entry.nextProbe <= now {
            if entry.isProbing {
                entry.isProbing = false
                entry.probeIsStale = false
                counts.add(.lost)
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
        // The decision on an ejection needs the committed entry, because it counts all entries.
        commit(entry)
        guard entry.failures >= settings.fall else { return }
        switch entry.record.state {
        case .ready:
            _ = ejectSoftly(&entry, .probes, reason: reason, now: now)
        case .joining, .suspect:
            eject(&entry, .probes, reason: reason, now: now)
        case .draining, .ejected:
            break
        }
    }

    /// Certain evidence: ejects at once, whatever the state of the others.
    private mutating func probeDisproved(
        _ entry: inout WorkerEntry, _ cause: HealthCounts.Ejection, reason: String, now: Instant
    ) {
        entry.probeFailuresTotal &+= 1
        entry.passes = 0
        entry.failures = min(entry.failures + 1, 1 << 20)
        guard entry.record.state != .draining, entry.record.state != .ejected else { return }
        eject(&entry, cause, reason: reason, now: now)
    }

    private mutating func eject(
        _ entry: inout WorkerEntry, _ cause: HealthCounts.Ejection, reason: String, now: Instant
    ) {
        entry.becomeUnroutable(.ejected, reason: reason, at: now, settings)
        counts.add(cause)
        note(.ejected(entry.record.id, reason: reason))
    }

    /// Soft evidence: ejects, except in panic mode (the last worker, or more than half fail together). The entry must
    /// be committed.
    private mutating func ejectSoftly(
        _ entry: inout WorkerEntry, _ cause: HealthCounts.Ejection, reason: String, now: Instant
    ) -> Bool {
        let horizon = softEjections.firstIndex { now.milliseconds(since: $0) < settings.togetherMilliseconds }
        softEjections.removeFirst(horizon ?? softEjections.count)
        let failing = failingCount + softEjections.count
        let population = routableCount + softEjections.count
        let isLast = routableCount <= 1
        if isLast || 2 * failing > population {
            if !entry.isSpared {
                entry.isSpared = true
                counts.addSpared()
                let excuse = isLast ? "it is the last one" : "more than half fail together, so the fault may be here"
                note(.keptInRotation(entry.record.id, reason: excuse))
            }
            return false
        }
        softEjections.append(now)
        eject(&entry, cause, reason: reason, now: now)
        return true
    }
}
