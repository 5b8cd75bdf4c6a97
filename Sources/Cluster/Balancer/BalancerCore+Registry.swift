/// Changes of the registry. All derived values are updated here and nowhere else.
extension BalancerCore {
    /// Adopts a predecessor's entry for a worker, if it is valid.
    mutating func adopt(_ hint: WorkerRecord, now: Instant) {
        guard HostName.isValid(hint.host), hint.port != 0, !reservedPorts.contains(hint.port),
            entries.count < settings.maximumWorkers, entries[hint.id] == nil, addresses[WorkerAddress(hint)] == nil
        else { return }
        // The loopback address of another host leads to another worker here.
        if let lockDomain, let other = hint.lockDomain, other != lockDomain, HostName.isLoopback(hint.host) { return }
        var record = hint
        record.offer = hint.offer.bounded(capacity: settings.maximumCapacity)
        // A draining worker keeps draining. Every other state must be verified again.
        record.state = hint.state == .draining ? .draining : .joining
        record.isDrained = hint.isDrained && hint.state == .draining
        var entry = WorkerEntry(record: record, nextProbe: now)
        entry.isHint = true
        // The predecessor may have ended before this worker had proved it.
        entry.claimsStandIn = true
        entry.standInEnds = hint.mayStandIn ? now.advanced(byMilliseconds: settings.leaseMilliseconds) : nil
        entry.unroutableSince = now
        commit(entry)
    }

    /// Stores a new or changed entry. Only this function compares old and new and updates the derived values.
    mutating func commit(_ changed: WorkerEntry) {
        var entry = changed
        let id = entry.record.id
        let old = entries[id]
        if old?.record != entry.record {
            rememberPlace(of: entry.record)
            if let old, !old.record.hasAddress(of: entry.record) {
                records.remove(old.record)
                addresses[WorkerAddress(old.record)] = nil
            }
            records.insert(entry.record)
            addresses[WorkerAddress(entry.record)] = id
            version += 1
            haveHostsChanged = true
        }
        count(old, by: -1)
        count(entry, by: 1)
        let deadline = entry.deadline(settings)
        if entry.scheduled.map({ deadline < $0 }) ?? true {
            entry.scheduled = deadline
            deadlines.push(deadline, id)
        }
        entries[id] = entry
        successionAlarm.workerStored()
        if deadlines.count > 64 + 4 * entries.count { rebuildDeadlines() }
    }

    /// Records an address where a balancer of another lock domain may reign later.
    private mutating func rememberPlace(of record: WorkerRecord) {
        guard record.mayStandIn, record.acrossHosts, let lockDomain, let other = record.lockDomain, other != lockDomain,
            !HostName.staysOnHost(record.host)
        else { return }
        inquiry.remember(host: record.host)
    }

    mutating func remove(_ id: NodeID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        count(entry, by: -1)
        records.remove(entry.record)
        addresses[WorkerAddress(entry.record)] = nil
        version += 1
        haveHostsChanged = true
    }

    /// The entry of `id` with exactly this incarnation.
    func entry(_ id: NodeID, incarnation: UInt64, startMark: UInt32? = nil) -> WorkerEntry? {
        guard let entry = entries[id], entry.record.isOfStart(incarnation, mark: startMark) else { return nil }
        return entry
    }

    mutating func note(_ event: ClusterEvent) {
        effects.append(.event(event))
    }

    private mutating func count(_ entry: WorkerEntry?, by step: Int) {
        guard let entry else { return }
        if entry.isRoutable { routableCount += step }
        if entry.isFailing(settings) { failingCount += step }
        if entry.record.state == .suspect { suspectCount += step }
        if entry.record.mayStandIn, !entry.record.isLeaving { standInCount += step }
    }

    private mutating func rebuildDeadlines() {
        deadlines.removeAll()
        // In the order of the list, not of the table: timers of one instant must fire in the same order in every run.
        for record in records.all {
            if let scheduled = entries[record.id]?.scheduled { deadlines.push(scheduled, record.id) }
        }
    }
}
