/// The worker list of one balancer at one moment, ordered by (port, host, id).
///
/// (epoch, version) never goes back at any holder: see `supersedes`.
package struct Snapshot: Codable, Sendable, Equatable {
    package var epoch: Epoch
    /// Rises with every change of membership or state; begins again under a new epoch.
    package var version: UInt64
    package var workers: [WorkerRecord]
    /// Where the balancer lives; nil for one of an earlier version.
    package var home: Home?

    package static let empty = Snapshot(epoch: .none, version: 0, workers: [])

    package init(epoch: Epoch, version: UInt64, workers: [WorkerRecord], home: Home? = nil) {
        self.epoch = epoch
        self.version = version
        self.workers = workers
        self.home = home
    }

    /// Whether this snapshot may take the place of `other`: only a strictly higher (epoch, version) may.
    package func supersedes(_ other: Snapshot) -> Bool {
        (epoch, version) > (other.epoch, other.version)
    }

    /// This snapshot, but with every worker of which `known` has a later start as `known` has it.
    ///
    /// A balancer that took over with an old list can, for a moment, name an incarnation that is long replaced. Whoever
    /// knows better keeps what it knows, as a hint.
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
        }
        return result
    }

    /// The record of `id`, if it is listed.
    package func worker(_ id: NodeID) -> WorkerRecord? {
        workers.first { $0.id == id }
    }
}

extension Snapshot {
    /// The one that supersedes all others: what a successor takes over from the copies of many workers.
    package static func latest(of snapshots: some Sequence<Snapshot>) -> Snapshot? {
        snapshots.reduce(nil) { best, snapshot in
            best.map { snapshot.supersedes($0) } ?? true ? snapshot : best
        }
    }
}
