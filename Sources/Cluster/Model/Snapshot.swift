/// The worker list of one balancer at one moment, ordered by (port, host, id).
///
/// No holder replaces a snapshot with one of a lower (epoch, version): see `supersedes`.
package struct Snapshot: Codable, Sendable, Equatable {
    package var epoch: Epoch
    /// Increases with every change of membership or state, and starts again under a new epoch.
    package var version: UInt64
    package var workers: [WorkerRecord]
    /// The lock domain of the balancer; nil for a balancer of an earlier version.
    package var lockDomain: LockDomain?
    /// Nil while new requests get workers. A node of an earlier version ignores it.
    package var pause: Pause?

    private enum CodingKeys: String, CodingKey {
        case epoch, version, workers, pause
        case lockDomain = "home"
    }

    package static let empty = Snapshot(epoch: .none, version: 0, workers: [])

    package init(
        epoch: Epoch, version: UInt64, workers: [WorkerRecord], lockDomain: LockDomain? = nil, pause: Pause? = nil
    ) {
        self.epoch = epoch
        self.version = version
        self.workers = workers
        self.lockDomain = lockDomain
        self.pause = pause
    }

    /// True if this snapshot may replace `other`: its (epoch, version) is strictly higher.
    package func supersedes(_ other: Snapshot) -> Bool {
        (epoch, version) > (other.epoch, other.version)
    }

    /// A copy of this snapshot in which each worker with a later start in `known` has the record from `known`.
    ///
    /// A balancer that took over with an old list may briefly list an incarnation that a later one has replaced. A
    /// holder of a later record keeps that record as a hint.
    package func keepingLaterStarts(of known: Snapshot) -> Snapshot {
        var incarnations: [NodeID: Int] = [:]
        for (position, worker) in known.workers.enumerated() { incarnations[worker.id] = position }
        var result = self
        for (position, worker) in workers.enumerated() {
            guard let other = incarnations[worker.id], known.workers[other].incarnation > worker.incarnation else {
                continue
            }
            result.workers[position] = known.workers[other]
            result.workers[position].state = .joining
            result.workers[position].isDrained = false
        }
        return result
    }

    /// The record of `id`; nil if the snapshot does not list `id`.
    package func worker(_ id: NodeID) -> WorkerRecord? {
        workers.first { $0.id == id }
    }
}

extension Snapshot {
    /// The snapshot that supersedes all others; nil for an empty sequence. A successor chooses it among the copies of
    /// many workers.
    package static func latest(of snapshots: some Sequence<Snapshot>) -> Snapshot? {
        snapshots.reduce(nil) { best, snapshot in
            best.map { snapshot.supersedes($0) } ?? true ? snapshot : best
        }
    }
}
