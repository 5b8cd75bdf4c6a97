internal import Balancing
internal import Connections
internal import Sockets

/// The host of a connection pool, and what the pool needs to connect to it.
struct PooledHost {
    /// The host's place in the load balancer.
    let slot: Slot
    /// The worker's id, for the access log.
    let name: String
    let endpoint: UpstreamEndpoint
    let loop: EventLoop
    let provider: TransportProvider
    let counters: ProxyCounters.ConnectionCounters
}
