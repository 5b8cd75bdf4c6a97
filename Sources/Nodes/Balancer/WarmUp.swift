internal import Balancing
internal import Cluster
internal import Connections
internal import ControlPlane
internal import HTTP
internal import Sockets
internal import Storage

/// The work of a parked standby, or of a replacement before its reign: it keeps connections to the workers of the
/// latest snapshot. So the reign begins with probes and requests over established connections.
///
/// It sends only probes, without an epoch, because the process does not reign yet.
final class WarmUp {
    private static let intervalMilliseconds = 1000
    /// The number of intervals between two probes of a worker: well below the 75 s after which the worker closes a
    /// silent connection.
    private static let probeIntervals = 20
    /// The most workers with kept connections: a standby must not multiply the connections of a large cluster. The
    /// other connections are opened when the reign has begun.
    private static let maximumWorkers = 64

    private let snapshots: SnapshotReader
    private let callers: ProbeClients
    private let loadBalancer: LoadBalancer
    private let certificates: NodeCertificates
    private let plane: DataPlane
    private let timer: LoopTimer
    private var intervals = 0
    private var unasked = 0
    private var acceptance = Acceptance()
    private let onTurn: () -> Void
    private var onWarm: ((Acceptance) -> Void)?

    /// - Parameters:
    ///   - onTurn: called once a second.
    ///   - onWarm: called once, when every worker has been asked, with their answers.
    init(
        snapshots: SnapshotReader, callers: ProbeClients, loadBalancer: LoadBalancer, certificates: NodeCertificates,
        plane: DataPlane, onTurn: @escaping () -> Void, onWarm: @escaping (Acceptance) -> Void
    ) {
        self.onTurn = onTurn
        self.onWarm = onWarm
        self.snapshots = snapshots
        self.callers = callers
        self.loadBalancer = loadBalancer
        self.certificates = certificates
        self.plane = plane
        timer = LoopTimer(on: callers.loop)
        timer.action = { [unowned self] in turn() }
        turn()
    }

    /// The reign begins: established connections stay.
    func stop() {
        timer.remove()
    }

    private func answered(_ result: Result<ControlClient.Reply, UpstreamFailure>, by id: NodeID) {
        acceptance.count(result, from: id)
        unasked -= 1
        if unasked <= 0 { onWarm.take()?(acceptance) }
    }

    private func turn() {
        timer.set(afterMilliseconds: WarmUp.intervalMilliseconds)
        onTurn()
        let isDue = intervals % WarmUp.probeIntervals == 0
        intervals += 1
        let workers = (snapshots.latest()?.workers ?? []).prefix(WarmUp.maximumWorkers)
        loadBalancer.update(
            workers.map { HostEntry(of: $0, state: .joining) }
        ) { certificates.workerEndpoint(id: $0.id, host: $0.host, port: $0.port) }
        callers.keep(only: Set(workers.map(\.id)))
        for worker in workers {
            guard let caller = callers.caller(for: worker), !caller.isBusy, isDue || !caller.isConnected else {
                continue
            }
            if onWarm != nil { unasked += 1 }
            caller.ask(.get, ClusterPaths.health, isProbe: true, timeoutMilliseconds: 1000) { [weak self] in
                self?.answered($0, by: worker.id)
            }
        }
        plane.warmUp(limit: WarmUp.maximumWorkers)
        if unasked == 0 { onWarm.take()?(acceptance) }
    }
}
