/// How a worker becomes a member: it claims, the balancer connects back, and what it finds decides.
extension BalancerCore {
    /// A worker asks to be registered.
    ///
    /// - Parameter peer: what the certificate says; nil in the plain build.
    package mutating func register(_ registration: Registration, peer: NodeIdentity?, now: Instant)
        -> RegistrationVerdict
    {
        if let refusal = problem(with: registration, peer: peer) {
            note(.refused(registration.id, refusal))
            return .refused(refusal)
        }
        ticketsIssued += 1
        let ticket = AdmissionTicket(
            number: ticketsIssued,
            record: WorkerRecord(
                id: registration.id, host: registration.host, port: registration.port,
                incarnation: registration.incarnation, mayStandIn: registration.mayStandIn,
                capacity: registration.capacity, maximumRequests: registration.maximumRequests ?? 0,
                home: registration.home, acrossHosts: registration.acrossHosts ?? false, state: .ready
            ),
            isAuthenticated: peer != nil
        )
        // A worker that asks again has given up on its earlier question: the later ticket takes its place.
        tickets[registration.id] = ticket
        // Time for the shell's own limit and for its answer to come round; whatever is later has lost its caller.
        ticketDeadlines.push(now.advanced(byMilliseconds: 2 * settings.connectBackTimeoutMilliseconds), ticket)
        return .connectBack(ticket)
    }

    /// The shell has looked who answers at the ticket's address.
    package mutating func connectBackFinished(
        _ ticket: AdmissionTicket, _ outcome: ConnectBackOutcome, now: Instant
    ) -> AdmissionVerdict {
        guard tickets[ticket.record.id] == ticket else { return .refused(.expired) }
        tickets[ticket.record.id] = nil
        // The registry may have changed since the ticket was given.
        if let refusal = problem(with: outcome) ?? problem(with: ticket.record) {
            note(.refused(ticket.record.id, refusal))
            return .refused(refusal)
        }
        admit(ticket.record, now: now)
        return .admitted(snapshot)
    }

    /// Timers kept for each ticket that there may be at a time.
    private static let timersForTicket = 64

    /// What is wrong with a peer that speaks as `id`, or nil.
    func problem(withPeer peer: NodeIdentity?, speakingAs id: NodeID) -> Refusal? {
        guard let peer else { return cluster == nil ? nil : .identityMismatch }
        if let cluster, peer.cluster != cluster { return .wrongCluster }
        if peer.role != .worker { return .wrongRole }
        return peer.id == id ? nil : .identityMismatch
    }

    private mutating func problem(with registration: Registration, peer: NodeIdentity?) -> Refusal? {
        if let refusal = problem(withPeer: peer, speakingAs: registration.id) { return refusal }
        guard HostName.isValid(registration.host) else { return .invalid("host is not an IP address or a DNS name") }
        guard registration.port != 0 else { return .invalid("port is 0") }
        guard (1...WorkerRecord.maximumCapacity).contains(registration.capacity) else {
            return .invalid("capacity is not within 1 and \(WorkerRecord.maximumCapacity)")
        }
        guard (0...WorkerRecord.maximumConcurrency).contains(registration.maximumRequests ?? 0) else {
            return .invalid("maximumRequests is not within 0 and \(WorkerRecord.maximumConcurrency)")
        }
        guard registration.maximumEpochSeen <= .ceiling else { return .invalid("the epoch is out of range") }
        if reservedPorts.contains(registration.port) { return .reservedPort }
        if stepDown(for: registration.maximumEpochSeen) || isOver { return .steppingDown }
        let record = WorkerRecord(
            id: registration.id, host: registration.host, port: registration.port,
            incarnation: registration.incarnation, mayStandIn: registration.mayStandIn
        )
        if let refusal = problem(with: record) { return refusal }
        // A repeated question takes the place of the earlier one and needs no room of its own.
        if tickets[registration.id] == nil, tickets.count >= settings.maximumTickets { return .busy }
        // But its timer stays until it fires, and somebody who asks without end must not pile them up. Those of tickets that were used are
        // among them: this also bounds how many workers can join in the time of a timer.
        return ticketDeadlines.count >= BalancerCore.timersForTicket * settings.maximumTickets ? .busy : nil
    }

    /// What stands in the way of this record in the present registry, or nil.
    private func problem(with record: WorkerRecord) -> Refusal? {
        if isOver { return .steppingDown }
        guard let known = entries[record.id]?.record else {
            let replaces = addresses[WorkerAddress(record)] != nil
            return entries.count >= settings.maximumWorkers && !replaces ? .tooManyWorkers : nil
        }
        if record.incarnation < known.incarnation {
            // Two processes can't serve at one address: who asks and lives is the later one, whatever its clock says.
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

    /// Puts a proven record into the registry. The connect-back counts as its first good probe.
    private mutating func admit(_ record: WorkerRecord, now: Instant) {
        if let tenant = addresses[WorkerAddress(record)], tenant != record.id {
            // The address has just proved to be this worker's: whoever stood there before is gone.
            remove(tenant)
            note(.replaced(tenant, by: record.id))
        }
        if var entry = entries[record.id], entry.record.incarnation == record.incarnation {
            welcomeAgain(&entry, as: record, now: now)
            return
        }
        let nextProbe = now.advanced(byMilliseconds: jittered(settings.probeIntervalMilliseconds))
        var entry = WorkerEntry(record: record, nextProbe: nextProbe)
        entry.record.state = .joining
        entry.lastSeen = now
        entry.scheduled = entries[record.id]?.scheduled
        entry.leaseEnds = now.advanced(byMilliseconds: settings.leaseMilliseconds)
        entry.becomeReady(at: now, settings)
        commit(entry)
        note(.joined(record.id))
    }

    /// The same start of the same worker again: one more good probe for what is known already.
    private mutating func welcomeAgain(_ entry: inout WorkerEntry, as record: WorkerRecord, now: Instant) {
        let state = entry.record.state
        entry.record.mayStandIn = record.mayStandIn
        entry.record.capacity = record.capacity
        entry.record.maximumRequests = record.maximumRequests
        entry.record.home = record.home
        entry.record.acrossHosts = record.acrossHosts
        entry.lastSeen = now
        entry.leaseEnds = now.advanced(byMilliseconds: settings.leaseMilliseconds)
        entry.failures = 0
        entry.passes += 1
        if state == .draining {
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
