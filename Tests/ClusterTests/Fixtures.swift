import Cluster

/// An instant some milliseconds after a fixed beginning.
func at(_ milliseconds: Int64) -> Instant {
    Instant(nanoseconds: 1_000_000_000).advanced(byMilliseconds: milliseconds)
}

/// A node id from a valid literal.
func id(_ text: String) -> NodeID {
    guard let id = NodeID(text) else { fatalError("the test uses a bad node id: \(text)") }
    return id
}

/// The identity of a worker of the cluster `test`.
func worker(_ text: String, cluster: String = "test") -> NodeIdentity {
    identity(text, .worker, cluster: cluster)
}

func identity(_ text: String, _ role: Role, cluster: String = "test") -> NodeIdentity {
    guard let identity = NodeIdentity(cluster: cluster, role: role, id: id(text)) else {
        fatalError("the test uses a bad identity: \(cluster) \(text)")
    }
    return identity
}

/// The record of `worker-PORT` on loopback.
func record(
    _ port: UInt16, incarnation: UInt64 = 1, mayStandIn: Bool = true, state: WorkerState = .ready,
    host: String = "127.0.0.1"
) -> WorkerRecord {
    WorkerRecord(
        id: id("worker-\(port)"), host: host, port: port, incarnation: incarnation, mayStandIn: mayStandIn, state: state
    )
}

func lockDomain(_ text: String) -> LockDomain {
    guard let lockDomain = LockDomain(text) else { fatalError("the test uses a bad lockDomain: \(text)") }
    return lockDomain
}

extension WorkerRecord {
    /// This record on a host of its own: `10.0.0.1` for the lock domain `h1`, and so on.
    func living(in number: Int, acrossHosts: Bool = true) -> WorkerRecord {
        var record = self
        record.lockDomain = ClusterTests.lockDomain("h\(number)")
        record.host = "10.0.0.\(number)"
        record.acrossHosts = acrossHosts
        return record
    }
}

extension WorkerRecord {
    /// This record of the start with this mark.
    func started(_ mark: UInt32) -> WorkerRecord {
        var record = self
        record.startMark = mark
        return record
    }
}

/// The registration that a worker with this record sends.
func registration(_ record: WorkerRecord, seen: Epoch = .none) -> Registration {
    Registration(of: record, maximumEpochSeen: seen)
}

/// A watch of a worker that holds the snapshot of (epoch, version).
func watch(
    _ record: WorkerRecord, seen: Epoch = Epoch(1), holding: (epoch: Epoch, version: UInt64) = (.none, 0),
    inFlight: Int = 0
) -> Watch {
    Watch(
        id: record.id, incarnation: record.incarnation, startMark: record.startMark, epochSeen: seen,
        snapshotEpoch: holding.epoch, snapshotVersion: holding.version, inFlight: inFlight
    )
}

/// Settings without random variation, so that a test can predict the times.
func steadySettings() -> ClusterSettings {
    var settings = ClusterSettings()
    settings.jitterPercent = 0
    return settings
}
