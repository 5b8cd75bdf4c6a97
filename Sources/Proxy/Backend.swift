internal import Balancing
internal import Cluster
internal import Connections
internal import Sockets

/// One loop's part of a set of hosts: the connection pools of the hosts, and this loop's requests that wait for one.
///
/// The load balancer belongs to all loops and chooses the host. A backend belongs to its loop.
final class Backend {
    /// The properties that all connections to hosts share.
    struct Connecting {
        let loop: EventLoop
        let provider: TransportProvider
        let upstreamProtocol: UpstreamProtocol
        let counters: ProxyCounters
        var limits: UpstreamLimits
    }

    let loadBalancer: LoadBalancer
    let affinity: Affinity
    let queue: WaitQueue
    /// This loop's handle in the queue that all loops share.
    private let loopHandle: LoadBalancer.LoopHandle
    private var connecting: Connecting
    /// Called with the number of requests that a host takes over HTTP/2 at a time.
    var onCapacity: (Int) -> Void = { _ in }
    /// By slot index.
    private var pools: [(any ConnectionPool)?] = []

    /// - Parameters:
    ///   - isSecure: the clients use TLS.
    ///   - queueMilliseconds: see `RequestLimits`.
    init(_ loadBalancer: LoadBalancer, _ connecting: Connecting, isSecure: Bool, queueMilliseconds: Int) {
        self.loadBalancer = loadBalancer
        self.connecting = connecting
        let loop = connecting.loop
        affinity = Affinity(loadBalancer.policy, isSecure: isSecure)
        queue = WaitQueue(
            loop: loop, loadBalancer: loadBalancer, milliseconds: queueMilliseconds,
            durations: connecting.counters.queueDurations)
        let receiver = LeaseReceiver()
        loopHandle = loadBalancer.attach { ticket, lease in
            loop.post { receiver.backend?.granted(lease, ticket: ticket) ?? loadBalancer.releaseCancelled(lease) }
        }
        receiver.backend = self
    }

    /// Acquires a host for a request, or queues the request at the load balancer.
    func request(_ demand: LoadBalancer.Demand) -> LoadBalancer.Outcome {
        loadBalancer.request(demand, from: loopHandle)
    }

    /// The load balancer has found a host for a waiting request.
    private func granted(_ lease: LoadBalancer.Lease, ticket: UInt64) {
        if let exchange = queue.take(ticket: ticket) {
            exchange.dequeued(lease)
        } else {
            loadBalancer.releaseCancelled(lease)
        }
    }

    // MARK: Connection pools

    /// The connection pool of the host in a slot; nil if the host has just left.
    func pool(for slot: Slot) -> (any ConnectionPool)? {
        let index = Int(slot.index)
        if index < pools.count, let pool = pools[index], pool.slot == slot { return pool }
        guard let endpoint = loadBalancer.endpoint(of: slot) else { return nil }
        while pools.count <= index { pools.append(nil) }
        pools[index]?.drain()
        let pool = makePool(slot, endpoint)
        pools[index] = pool
        return pool
    }

    private func makePool(_ slot: Slot, _ endpoint: UpstreamEndpoint) -> any ConnectionPool {
        let host = PooledHost(
            slot: slot, name: loadBalancer.subject(of: slot)?.id.text ?? "", endpoint: endpoint, loop: connecting.loop,
            provider: connecting.provider, counters: connecting.counters.connections)
        if connecting.upstreamProtocol == .http2 {
            return HTTP2Pool(to: host, limits: connecting.limits) { [unowned self] in onCapacity($0) }
        }
        return HTTP1Pool(
            to: host, limits: connecting.limits, isMultiplexed: connecting.upstreamProtocol == .multiplexed)
    }

    /// The list of hosts has changed: pools of hosts that left drain.
    func hostsChanged() {
        for (index, pool) in pools.enumerated() {
            guard let pool, loadBalancer.workerState(of: pool.slot) == nil else { continue }
            pools[index] = nil
            pool.drain()
        }
        // After the first loop, since requests that leave an ejected host go out anew at once and may make pools.
        for pool in pools {
            if let pool, loadBalancer.workerState(of: pool.slot) == .ejected { pool.eject() }
        }
    }

    /// Uses new limits for connections from now on. Open connections keep theirs.
    func adopt(_ limits: UpstreamLimits) {
        connecting.limits = limits
        for pool in pools { pool?.limits = limits }
    }

    /// Every host proves its identity again before its next request.
    func renew() {
        for pool in pools { pool?.renew() }
    }

    /// Opens connections in advance to the first `limit` hosts, in whatever state.
    func warmUp(limit: Int) {
        for slot in loadBalancer.slots.prefix(limit) { pool(for: slot)?.warm() }
    }
}

/// Receives the load balancer's leases for a backend that may be gone. Touched on the backend's loop only.
private final class LeaseReceiver: @unchecked Sendable {
    weak var backend: Backend?
}
