/// Admission of workers: a worker claims an address, the balancer connects back, and the result decides.
extension BalancerCore {
    /// Handles a worker's request for registration.
    ///
    /// - Parameters:
    ///   - peer: the identity in the worker's certificate; nil in the plain build.
    ///   - isHostCertified: the worker's certificate is valid for the host that it claims. The balancer connects to no
    ///     other host. Otherwise any member could make it connect to arbitrary hosts.
    package mutating func register(
        _ registration: Registration, peer: NodeIdentity?, isHostCertified: Bool, now: Instant
    ) -> RegistrationVerdict {
        if let refusal = problem(with: registration, peer: peer, isHostCertified: isHostCertified, now: now) {
            note(.refused(registration.id, refusal))
            return .refused(refusal)
        }
        guard connectBackPace.allows(registration.id, now: now) else { return .refused(.busy) }
        ticketsIssued += 1
        let ticket = AdmissionTicket(
            number: ticketsIssued, record: registration.record, isAuthenticated: peer != nil)
        // A repeated request replaces the earlier one: the later ticket takes its place, and the shell cancels the
        // earlier connect-back. So an identity has one in progress, and all together have at most as many as there are
        // tickets.
        tickets[registration.id] = ticket
        // The time for the shell's own limit and for its report. After it, no caller waits any more.
        ticketDeadlines.push(now.advanced(byMilliseconds: 2 * settings.connectBackTimeoutMilliseconds), ticket)
        return .connectBack(ticket)
    }

    /// The shell has connected to the ticket's address and reports the result.
    package mutating func connectBackFinished(
        _ ticket: AdmissionTicket, _ outcome: ConnectBackOutcome, now: Instant
    ) -> AdmissionVerdict {
        guard tickets[ticket.record.id] == ticket else { return .refused(.expired) }
        tickets[ticket.record.id] = nil
        // The registry may have changed since the ticket was issued.
        if let refusal = problem(with: outcome) ?? problem(with: ticket.record) {
            note(.refused(ticket.record.id, refusal))
            return .refused(refusal)
        }
        admit(bounded(ticket.record), now: now)
        return .admitted(snapshot)
    }

    /// The most timers for each possible ticket.
    private static let timersForTicket = 64

    /// The fault of a peer that claims to be `id`; nil if there is none.
    func problem(withPeer peer: NodeIdentity?, speakingAs id: NodeID) -> Refusal? {
        guard let peer else { return cluster == nil ? nil : .identityMismatch }
        if let cluster, peer.cluster != cluster { return .wrongCluster }
        if peer.role != .worker { return .wrongRole }
        return peer.id == id ? nil : .identityMismatch
    }

    private mutating func problem(
        with registration: Registration, peer: NodeIdentity?, isHostCertified: Bool, now: Instant
    ) -> Refusal? {
        if let refusal = problem(withPeer: peer, speakingAs: registration.id) { return refusal }
        guard HostName.isValid(registration.host) else { return .invalid("host is not an IP address or a DNS name") }
        guard isHostCertified else { return .hostNotInCertificate }
        guard registration.port != 0 else { return .invalid("port is 0") }
        if let problem = registration.offer.problem { return .invalid(problem) }
        guard registration.maximumEpochSeen <= .ceiling else { return .invalid("the epoch is out of range") }
        if reservedPorts.contains(registration.port) { return .reservedPort }
        if isOver { return .steppingDown }
        if registration.maximumEpochSeen > epoch {
            hear(registration.maximumEpochSeen, at: nil, from: registration.id, now: now)
            return .laterReignMet
        }
        if let refusal = problem(with: registration.record) { return refusal }
        // A repeated request replaces the earlier one and needs no room.
        if tickets[registration.id] == nil, tickets.count >= settings.maximumTickets { return .busy }
        // Its timer stays until it fires, and repeated requests must not accumulate timers. The timers of used tickets
        // count too: this also limits how many workers can join within the time of a timer.
        return ticketDeadlines.count >= BalancerCore.timersForTicket * settings.maximumTickets ? .busy : nil
    }

    /// The conflict of this record with the present registry; nil if there is none.
    private func problem(with record: WorkerRecord) -> Refusal? {
        if isOver { return .steppingDown }
        guard let known = entries[record.id]?.record else {
            let replaces = addresses[WorkerAddress(record)] != nil
            return entries.count >= settings.maximumWorkers && !replaces ? .tooManyWorkers : nil
        }
        if record.incarnation < known.incarnation {
            // Two processes can't serve at one address. The process that asks is alive, so it is the later one,
            // whatever its clock says.
            return record.hasAddress(of: known) ? .laterStartKnown(known.incarnation) : .olderIncarnation
        }
        if record.incarnation == known.incarnation, !record.hasAddress(of: known) { return .nameTaken }
        return nil
    }

    private func problem(with outcome: ConnectBackOutcome) -> Refusal? {
        switch outcome {
        case .sameNode: nil
        case .unreachable(let reason): .unreachable(reason)
        case .otherNode(let who): .answeredBySomebodyElse(who)
        case .hostNotInCertificate: .hostNotInCertificate
        case .unhealthy(let reason): .unhealthy(reason)
        }
    }

    /// Limits the worker's announced capacity to the balancer's bound.
    private mutating func bounded(_ record: WorkerRecord) -> WorkerRecord {
        guard record.offer.capacity > settings.maximumCapacity else { return record }
        note(.capacityBounded(record.id, announced: record.offer.capacity, counted: settings.maximumCapacity))
        var record = record
        record.offer.capacity = settings.maximumCapacity
        return record
    }

    /// Puts a verified record into the registry. The connect-back counts as its first good probe.
    private mutating func admit(_ record: WorkerRecord, now: Instant) {
        if let host = addresses[WorkerAddress(record)], host != record.id {
            // The connect-back has verified this worker's address, so an earlier worker at the address is gone.
            remove(host)
            note(.replaced(host, by: record.id))
        }
        if var entry = entries[record.id], entry.record.isOfStart(record.incarnation, mark: record.startMark) {
            welcomeAgain(&entry, as: record, now: now)
            return
        }
        let nextProbe = now.advanced(byMilliseconds: jittered(settings.probeIntervalMilliseconds))
        var entry = WorkerEntry(record: record, nextProbe: nextProbe)
        entry.lastSeen = now
        entry.claimsStandIn = record.mayStandIn
        judgeStandIn(&entry, now: now)
        entry.scheduled = entries[record.id]?.scheduled
        entry.leaseEnds = now.advanced(byMilliseconds: settings.leaseMilliseconds)
        entry.becomeReady(at: now, settings)
        commit(entry)
        note(.joined(record.id))
    }

    /// Handles the same start of the same worker again: one more good probe of the known entry.
    private mutating func welcomeAgain(_ entry: inout WorkerEntry, as record: WorkerRecord, now: Instant) {
        let state = entry.record.state
        entry.claimsStandIn = record.mayStandIn
        entry.record.startMark = record.startMark
        entry.record.offer = record.offer
        entry.record.lockDomain = record.lockDomain
        entry.record.acrossHosts = record.acrossHosts
        judgeStandIn(&entry, now: now)
        entry.lastSeen = now
        entry.leaseEnds = now.advanced(byMilliseconds: settings.leaseMilliseconds)
        entry.failures = 0
        entry.passes += 1
        if entry.record.isLeaving {
            entry.becomeReady(at: now, settings)
            note(.joined(record.id))
        } else if state != .ready, entry.mayReturn(at: now, settings) {
            entry.becomeReady(at: now, settings)
            note(.recovered(record.id))
        }
        commit(entry)
    }

    mutating func jittered(_ milliseconds: Int64) -> Int64 {
        generator.jittered(milliseconds, percent: settings.jitterPercent)
    }
}
