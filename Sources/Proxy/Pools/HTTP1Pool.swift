internal import Balancing
internal import Connections

/// One loop's connections to a host that speaks HTTP/1.1: over sockets to an application, or over the streams of
/// multiplexed connections to a worker. The pool reuses the connection that became idle last.
final class HTTP1Pool: ConnectionPool {
    private let host: PooledHost
    var limits: UpstreamLimits
    private let isMultiplexed: Bool
    /// The multiplexed connections. There is usually one; the pool opens another when all streams are taken.
    private var shared: [MultiplexedUpstream] = []
    private var idle: [UpstreamConnection] = []
    /// All open connections, idle ones included.
    private var open: [ObjectIdentifier: UpstreamConnection] = [:]
    /// The pool itself, while it has connections.
    private var retained: HTTP1Pool?
    private var isDraining = false
    /// Connections that close after their present request.
    private var outdated: Set<ObjectIdentifier> = []

    init(to host: PooledHost, limits: UpstreamLimits, isMultiplexed: Bool) {
        self.host = host
        self.limits = limits
        self.isMultiplexed = isMultiplexed
    }

    // Each request reads these. A witness of `host` itself would copy the whole value.
    var slot: Slot { host.slot }
    var name: String { host.name }

    var refusalConcernsConnection: Bool { false }

    func warm() {
        if open.isEmpty { connect() }
    }

    func take() -> (any UpstreamStream)? {
        idle.popLast() ?? connect()
    }

    @discardableResult
    private func connect() -> UpstreamConnection {
        let connection = UpstreamConnection(
            loop: host.loop, endpoint: host.endpoint, provider: host.provider, limits: limits)
        connection.onIdle = { [unowned self] in keep($0) }
        connection.onClose = { [unowned self] in closed($0) }
        open[ObjectIdentifier(connection)] = connection
        retained = self
        if isMultiplexed { attach(connection) } else { connection.start() }
        return connection
    }

    private func attach(_ connection: UpstreamConnection) {
        for upstream in shared where upstream.attach(connection) { return }
        let upstream = MultiplexedUpstream(
            loop: host.loop, endpoint: host.endpoint, provider: host.provider, limits: limits)
        upstream.onOpen = { [counters = host.counters] in counters.opened.add(1) }
        upstream.onEnd = { [unowned self] ended in
            (ended.wasOpen ? host.counters.closed : host.counters.failed).add(1)
            shared.removeAll { $0 === ended }
            releaseIfUnused()
        }
        shared.append(upstream)
        _ = upstream.attach(connection)
    }

    private func keep(_ connection: UpstreamConnection) {
        if isDraining || idle.count >= limits.idleConnections || outdated.contains(ObjectIdentifier(connection)) {
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
        for upstream in shared { upstream.drain() }
    }

    func drain() {
        isDraining = true
        dropIdle()
        for upstream in shared { upstream.drain() }
    }
}
