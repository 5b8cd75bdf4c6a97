internal import Cluster
internal import ControlPlane
internal import HTTP
internal import Proxy
internal import Sockets

/// What a parked standby does while it waits: it keeps connections to the workers of the latest snapshot, so that its
/// reign begins with probes and requests over connections that stand.
///
/// It sends nothing over them but probes, which carry no epoch: to the workers it is nobody yet.
final class WarmUp {
    private static let intervalMilliseconds = 1000
    /// Every so many intervals each worker is asked for its health: well below the 75 s after which it closes a silent
    /// connection.
    private static let probeIntervals = 20
    /// The workers to which connections are kept: a standby must not cost a large cluster a multiple of its
    /// connections. The rest is connected to when the reign has begun.
    private static let maximumWorkers = 64

    private let snapshots: SnapshotReader
    private let callers: ProbeCallers
    private let roster: Roster
    private let certificates: NodeCertificates
    private let plane: DataPlane
    private let timer: LoopTimer
    private var intervals = 0
    private var unasked = 0
    private var onWarm: (() -> Void)?

    init(
        snapshots: SnapshotReader, callers: ProbeCallers, roster: Roster, certificates: NodeCertificates,
        plane: DataPlane, onWarm: @escaping () -> Void
    ) {
        self.onWarm = onWarm
        self.snapshots = snapshots
        self.callers = callers
        self.roster = roster
        self.certificates = certificates
        self.plane = plane
        timer = LoopTimer(on: callers.loop)
        timer.action = { [unowned self] in turn() }
        turn()
    }

    /// The reign begins: what is warm stays as it is.
    func stop() {
        timer.remove()
    }

    private func answered() {
        unasked -= 1
        if unasked <= 0 { onWarm.take()?() }
    }

    private func turn() {
        timer.set(afterMilliseconds: WarmUp.intervalMilliseconds)
        let isDue = intervals % WarmUp.probeIntervals == 0
        intervals += 1
        let workers = (snapshots.latest()?.workers ?? []).prefix(WarmUp.maximumWorkers)
        roster.update(
            workers.map {
                RosterEntry(
                    id: $0.id, incarnation: $0.incarnation, host: $0.host, port: $0.port, capacity: $0.capacity,
                    state: .joining)
            }
        ) { certificates.workerEndpoint(id: $0.id, host: $0.host, port: $0.port) }
        callers.keep(only: Set(workers.map(\.id)))
        for worker in workers {
            guard let caller = callers.caller(for: worker), !caller.isBusy, isDue || !caller.isConnected else {
                continue
            }
            if onWarm != nil { unasked += 1 }
            caller.ask(.get, ClusterPaths.health, isProbe: true, timeoutMilliseconds: 1000) { [weak self] _ in
                self?.answered()
            }
        }
        plane.warmUp(limit: WarmUp.maximumWorkers)
        if unasked == 0 { onWarm.take()?() }
    }
}
