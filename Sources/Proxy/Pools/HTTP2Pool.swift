internal import Balancing
internal import Connections

/// One loop's connections to an application that speaks HTTP/2 without TLS, such as a gRPC server. Each request takes a
/// stream, and the pool opens another connection when the open ones are full.
final class HTTP2Pool: ConnectionPool {
    private let host: PooledHost
    var limits: UpstreamLimits
    /// Called with the number of requests that the application takes from this loop at a time, when that changes.
    private let onCapacity: (Int) -> Void
    /// The requests that the application takes on one connection; nil before its first settings.
    private var capacity: Int?
    /// In the order in which the pool opened them.
    private var connections: [HTTP2Upstream] = []
    /// The pool itself, while it has connections.
    private var retained: HTTP2Pool?

    init(to host: PooledHost, limits: UpstreamLimits, onCapacity: @escaping (Int) -> Void) {
        self.host = host
        self.limits = limits
        self.onCapacity = onCapacity
    }

    // Each request reads these. A witness of `host` itself would copy the whole value.
    var slot: Slot { host.slot }
    var name: String { host.name }

    var refusalConcernsConnection: Bool { true }

    func warm() {
        if connections.isEmpty { _ = connect() }
    }

    func take() -> (any UpstreamStream)? {
        // The balancer asks another worker.
        if limits.memory?.refusesRequests == true { return nil }
        // The oldest connection with room first. The others become idle, and close.
        if let connection = connections.first(where: \.hasRoom) { return connection.open() }
        if connections.count < limits.http2Connections { return connect().open() }
        // Reset and refused streams occupy their places for a while. The request waits in a session for its turn.
        return connections.filter(\.takesRequests).min { $0.openStreams < $1.openStreams }?.open()
    }

    private func connect() -> HTTP2Upstream {
        let made = HTTP2Upstream(
            loop: host.loop, endpoint: host.endpoint, provider: host.provider, limits: limits,
            expectedCapacity: capacity)
        made.onClose = { [unowned self] closed in
            connections.removeAll { $0 === closed }
            if connections.isEmpty { retained = nil }
        }
        made.onSettings = { [unowned self] in
            capacity = $0.capacity
            onCapacity(limits.http2Connections * $0.capacity)
        }
        connections.append(made)
        retained = self
        made.start()
        return made
    }

    func dropIdle() {
        for connection in connections where connection.openStreams == 0 { connection.close() }
    }

    func eject() {
        dropIdle()
        for connection in connections { connection.reportEjected() }
    }

    func renew() { drain() }

    func drain() {
        for connection in connections { connection.drain() }
    }
}
