internal import Balancing
internal import Connections
internal import Sockets

/// One loop's connections to a host that speaks HTTP/1.1: over sockets to an application, or over the streams of
/// multiplexed connections to a worker. The pool reuses the connection that became idle last.
final class HTTP1Pool: ConnectionPool {
    let slot: Slot
    let name: String
    private let endpoint: UpstreamEndpoint
    private let loop: EventLoop
    private let provider: TransportProvider
    var limits: UpstreamLimits
    private let isMultiplexed: Bool
    /// The multiplexed connections. There is usually one; the pool opens another when all streams are taken.
    private var shared: [MultiplexedUpstream] = []
    private var idle: [UpstreamConnection] = []
    /// All open connections, idle ones included.
    private var open: [ObjectIdentifier: UpstreamConnection] = [:]
    /// The pool itself, while it has connections.
    private var retained: HTTP1Pool?
    private var isRetired = false
    /// Connections that close after their present request.
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

    var refusalConcernsConnection: Bool { false }

    func warm() {
        if open.isEmpty { connect() }
    }

    func take() -> (any UpstreamStream)? {
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

    func dropIdle() {
        for connection in idle { connection.close() }
    }

    func eject() {
        dropIdle()
        for connection in open.values { connection.reportEjected() }
    }

    func renew() {
        outdated.formUnion(open.keys)
        dropIdle()
        for upstream in shared { upstream.retire() }
    }

    func retire() {
        isRetired = true
        dropIdle()
        for upstream in shared { upstream.retire() }
    }
}
