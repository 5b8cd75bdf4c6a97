extension BalancerCore {
    /// The worker list for the workers.
    package var snapshot: Snapshot {
        Snapshot(epoch: epoch, version: version, workers: records.all, lockDomain: lockDomain, pause: pause)
    }

    /// Every worker for the data plane, in the order of the snapshot.
    package var hostEntries: [HostEntry] {
        records.all.map { record in
            HostEntry(of: record, slowStartBegan: entries[record.id]?.slowStartBegan)
        }
    }

    /// Every worker for `/status`, in the order of the snapshot.
    package var workers: [WorkerStatus] {
        records.all.map { record in
            let entry = entries[record.id]
            return WorkerStatus(
                record: record, lastSeen: entry?.lastSeen, inFlightReported: entry?.inFlightReported ?? 0,
                hasStandby: entry?.hasStandby ?? false,
                probeFailures: entry?.probeFailuresTotal ?? 0, requestFailures: entry?.requestFailuresTotal ?? 0,
                ejections: entry?.ejectionsTotal ?? 0,
                reason: record.isDrained ? "drained by an operator" : entry?.reason
            )
        }
    }

    /// Workers that hold the listeners and are not registered. After the end of this balancer each could start a successor.
    package var unregisteredHolders: [NodeID] { handoverHolders.keys.filter { entries[$0] == nil }.sorted() }

    /// Returns whether `id` may get new requests.
    package func isRoutable(_ id: NodeID) -> Bool {
        entries[id]?.isRoutable ?? false
    }
}
