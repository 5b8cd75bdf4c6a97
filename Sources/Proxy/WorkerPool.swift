internal import Cluster
internal import Connections
internal import Sockets

/// One loop's connections to one worker: idle ones are kept and used again, the latest first.
final class WorkerPool {
    let slot: Slot
    /// The worker's id, for the access log.
    let name: String
    private let endpoint: UpstreamEndpoint
    private let loop: EventLoop
    private let provider: TransportProvider
    private let limits: UpstreamLimits
    private let isMultiplexed: Bool
    /// The multiplexed connections, as a rule one: another is made when their streams are used up.
    private var shared: [MultiplexedUpstream] = []
    private var idle: [UpstreamConnection] = []
    /// All that are open, idle ones included. The pool lives as long as it has any, or a shared one.
    private var open: [ObjectIdentifier: UpstreamConnection] = [:]
    private var retained: WorkerPool?
    private var isRetired = false
    /// Not used again after their present request.
    private var outdated: Set<ObjectIdentifier> = []

    init(
        slot: Slot, name: String, endpoint: UpstreamEndpoint, loop: EventLoop, provider: TransportProvider,
        limits: UpstreamLimits, isMultiplexed: Bool
    ) {
        self.slot = slot
        self.name = name
        self.endpoint = endpoint
        self.loop = loop
        self.provider = provider
        self.limits = limits
        self.isMultiplexed = isMultiplexed
    }

    /// Opens a connection in advance when there is none.
    func warm() {
        if open.isEmpty { connect() }
    }

    /// An idle connection, or a new one that is still connecting.
    func take() -> UpstreamConnection {
        idle.popLast() ?? connect()
    }

    @discardableResult
    private func connect() -> UpstreamConnection {
        let connection = UpstreamConnection(loop: loop, endpoint: endpoint, provider: provider, limits: limits)
        connection.onIdle = { [unowned self] in keep($0) }
        connection.onClose = { [unowned self] in closed($0) }
        open[ObjectIdentifier(connection)] = connection
        retained = self
        if isMultiplexed { attach(connection) } else { connection.start() }
        return connection
    }

    private func attach(_ connection: UpstreamConnection) {
        for upstream in shared where upstream.attach(connection) { return }
        let upstream = MultiplexedUpstream(loop: loop, endpoint: endpoint, provider: provider, limits: limits)
        upstream.onEnd = { [unowned self] ended in
            shared.removeAll { $0 === ended }
            releaseIfUnused()
        }
        shared.append(upstream)
        _ = upstream.attach(connection)
    }

    private func keep(_ connection: UpstreamConnection) {
        if isRetired || idle.count >= limits.idleConnections || outdated.contains(ObjectIdentifier(connection)) {
            connection.close()
        } else {
            idle.append(connection)
        }
    }

    private func closed(_ connection: UpstreamConnection) {
        if let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
        open[ObjectIdentifier(connection)] = nil
        outdated.remove(ObjectIdentifier(connection))
        releaseIfUnused()
    }

    private func releaseIfUnused() {
        if open.isEmpty && shared.isEmpty { retained = nil }
    }

    /// Closes the idle connections: one turned out dead, say, so the worker has gone or has closed them all.
    func dropIdle() {
        for connection in idle { connection.close() }
    }

    /// The worker does not answer any more: its idle connections are of no use, and requests that may go elsewhere do.
    func eject() {
        dropIdle()
        for connection in open.values { connection.reportEjected() }
    }

    /// The next requests get new connections. What is under way ends over the present ones.
    func renew() {
        outdated.formUnion(open.keys)
        dropIdle()
        for upstream in shared { upstream.retire() }
    }

    /// The worker has left: idle connections close now, the others when their requests have ended.
    func retire() {
        isRetired = true
        dropIdle()
        for upstream in shared { upstream.retire() }
    }
}
