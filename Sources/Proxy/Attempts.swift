internal import Balancing
internal import Connections

/// The attempts of one request, and the rules for another one.
///
/// The replay buffer also decides whether the request can be sent again at all. The exchange decides whether the
/// response has begun.
struct Attempts {
    /// The meaning of a failed attempt for the host.
    enum Fault {
        /// The host had closed a kept connection: this says nothing about the host.
        case staleConnection
        /// The host refused the request on one connection, and may take it on another.
        case refusedStream
        /// The host has no room for the request, and is no worse for that.
        case noRoom
        case host
    }

    /// The request's demand at the load balancer, with the hosts that have failed it.
    private(set) var demand = LoadBalancer.Demand()
    /// The number of attempts, except those that ended because of a stale connection or of a reign.
    private(set) var count = 0
    private(set) var lastError: ProxyError?
    /// A stale connection excuses the host once for each request.
    private var hasMetStale = false

    init(affinity: UInt64?) {
        demand = LoadBalancer.Demand(affinity: affinity)
    }

    /// The request goes to a host.
    mutating func began() { count += 1 }

    /// True while the limit allows another attempt.
    func mayFollow(_ limits: RequestLimits) -> Bool { count <= limits.retries }

    /// Records a failed attempt. After a fault of the host, or without room there, the host is out for this request.
    ///
    /// - Parameters:
    ///   - isReused: of the stream, see `UpstreamStream.isReused`.
    ///   - refusalConcernsConnection: of the pool, see `ConnectionPool`.
    mutating func failed(
        _ failure: UpstreamFailure, of lease: LoadBalancer.Lease, isReused: Bool, refusalConcernsConnection: Bool
    ) -> Fault {
        lastError = .upstream(failure)
        if isReused && failure.isBeforeResponse && !hasMetStale {
            hasMetStale = true
            count -= 1
            return .staleConnection
        }
        if refusalConcernsConnection, case .notTaken = failure { return .refusedStream }
        exclude(lease, for: .upstream(failure))
        if case .notTaken = failure { return .noRoom }
        return .host
    }

    /// The host is out for this request.
    mutating func exclude(_ lease: LoadBalancer.Lease, for error: ProxyError) {
        demand.tried.insert(lease.slot)
        lastError = error
    }

    /// The host has not seen the request: the attempt does not count.
    mutating func wasPostponed() { count -= 1 }

    /// A worker refused the request unread because of its reign: the attempt does not count.
    mutating func wasFenced() {
        count -= 1
        lastError = nil
    }
}
