extension BalancerCore {
    /// The worker list for the workers to copy.
    package var snapshot: Snapshot {
        Snapshot(epoch: epoch, version: version, workers: records.all, home: home)
    }

    /// Every worker as the data plane needs it, in the order of the snapshot.
    package var roster: [RosterEntry] {
        records.all.map { record in
            RosterEntry(
                id: record.id, incarnation: record.incarnation, host: record.host, port: record.port,
                capacity: record.capacity, maximumRequests: record.maximumRequests, state: record.state,
                slowStartBegan: entries[record.id]?.slowStartBegan
            )
        }
    }

    /// Every worker as `/status` shows it, in the order of the snapshot.
    package var workers: [WorkerStatus] {
        records.all.map { record in
            let entry = entries[record.id]
            return WorkerStatus(
                record: record, lastSeen: entry?.lastSeen, inFlightReported: entry?.inFlightReported ?? 0,
                probeFailures: entry?.probeFailuresTotal ?? 0, requestFailures: entry?.requestFailuresTotal ?? 0,
                ejections: entry?.ejectionsTotal ?? 0, reason: entry?.reason
            )
        }
    }

    /// Whether new requests may go to `id`.
    package func isRoutable(_ id: NodeID) -> Bool {
        entries[id]?.isRoutable ?? false
    }
}
