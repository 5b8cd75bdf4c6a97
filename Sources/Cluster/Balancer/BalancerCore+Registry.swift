/// How entries get into the registry, change and get out. What is derived from them is kept up here and nowhere else.
extension BalancerCore {
    /// Takes over a predecessor's word on a worker, if it makes sense.
    mutating func adopt(_ hint: WorkerRecord, now: Instant) {
        guard HostName.isValid(hint.host), hint.port != 0, !reservedPorts.contains(hint.port),
            entries.count < settings.maximumWorkers, entries[hint.id] == nil, addresses[WorkerAddress(hint)] == nil
        else { return }
        // On another host the loopback address leads to somebody else.
        if let home, let other = hint.home, other != home, HostName.isLoopback(hint.host) { return }
        var record = hint
        record.capacity = min(max(hint.capacity, 1), WorkerRecord.maximumCapacity)
        record.maximumRequests = min(max(hint.maximumRequests, 0), WorkerRecord.maximumConcurrency)
        // A worker that was leaving goes on leaving; every other state has to be found out again.
        record.state = hint.state == .draining ? .draining : .joining
        var entry = WorkerEntry(record: record, nextProbe: now)
        entry.isHint = true
        entry.unroutableSince = now
        commit(entry)
    }

    /// Stores a new or changed entry. The one place that compares old and new and draws the consequences.
    mutating func commit(_ changed: WorkerEntry) {
        var entry = changed
        let id = entry.record.id
        let old = entries[id]
        if old?.record != entry.record {
            if let old, !old.record.hasAddress(of: entry.record) {
                records.remove(old.record)
                addresses[WorkerAddress(old.record)] = nil
            }
            records.insert(entry.record)
            addresses[WorkerAddress(entry.record)] = id
            version += 1
            isRosterChanged = true
        }
        count(old, by: -1)
        count(entry, by: 1)
        let deadline = entry.deadline(settings)
        if entry.scheduled.map({ deadline < $0 }) ?? true {
            entry.scheduled = deadline
            deadlines.push(deadline, id)
        }
        entries[id] = entry
        if deadlines.count > 64 + 4 * entries.count { rebuildDeadlines() }
    }

    mutating func remove(_ id: NodeID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        count(entry, by: -1)
        records.remove(entry.record)
        addresses[WorkerAddress(entry.record)] = nil
        version += 1
        isRosterChanged = true
    }

    /// The entry of `id`, if it is of this very incarnation.
    func entry(_ id: NodeID, incarnation: UInt64) -> WorkerEntry? {
        guard let entry = entries[id], entry.record.incarnation == incarnation else { return nil }
        return entry
    }

    mutating func note(_ event: ClusterEvent) {
        effects.append(.event(event))
    }

    private mutating func count(_ entry: WorkerEntry?, by step: Int) {
        guard let entry else { return }
        if entry.isRoutable { routableCount += step }
        if entry.isFailing(settings) { failingCount += step }
    }

    private mutating func rebuildDeadlines() {
        deadlines.removeAll()
        // In the order of the list, not of the table: timers of one instant shall fire in the same order in every run.
        for record in records.all {
            if let scheduled = entries[record.id]?.scheduled { deadlines.push(scheduled, record.id) }
        }
    }
}
