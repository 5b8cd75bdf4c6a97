internal import Cluster
package import Connections
package import Sockets

/// The proxy on one loop: its connections to the workers and its queue.
package final class ProxyService: Service {
    /// Called on this loop with what the cluster core wants to know of requests.
    package struct Observer: Sendable {
        package var failed: @Sendable (_ subject: Roster.Subject, _ failure: UpstreamFailure) -> Void = { _, _ in }
        package var succeededAgain: @Sendable (_ subject: Roster.Subject) -> Void = { _ in }
        /// A worker has seen a later epoch than ours.
        package var fenced: @Sendable (_ subject: Roster.Subject, _ epoch: UInt64) -> Void = { _, _ in }

        package init() {}
    }

    package let loop: EventLoop
    let roster: Roster
    let policy: ProxyPolicy
    let observer: Observer
    let affinity: Affinity
    /// Shared by all loops; nil for no limit.
    let rateLimiter: RateLimiter?
    let queue: WaitQueue
    let fencedRequests: FencedRequests
    /// Where this loop's requests wait in the line of all loops.
    let seat: Roster.Seat
    package let counters = ProxyCounters()
    var random = RandomNumbers(seed: UInt64.random(in: 0...UInt64.max))
    private let provider: TransportProvider
    private let limits: UpstreamLimits
    private let isMultiplexed: Bool
    /// By slot index.
    private var pools: [WorkerPool?] = []

    /// - Parameter isMultiplexed: the workers are nodes of the cluster, which carry many requests over one connection; otherwise
    ///   each request under way has a connection of its own.
    package init(
        loop: EventLoop, roster: Roster, policy: ProxyPolicy, provider: TransportProvider, isMultiplexed: Bool = false,
        limits: UpstreamLimits = UpstreamLimits(), rateLimiter: RateLimiter? = nil, observer: Observer = Observer()
    ) {
        self.loop = loop
        self.roster = roster
        self.policy = policy
        self.provider = provider
        self.limits = limits
        self.isMultiplexed = isMultiplexed
        self.rateLimiter = rateLimiter
        self.observer = observer
        affinity = Affinity(roster.policy, isSecure: policy.isSecure)
        queue = WaitQueue(loop: loop, roster: roster, milliseconds: policy.queueMilliseconds)
        fencedRequests = FencedRequests(loop: loop, milliseconds: policy.queueMilliseconds)
        let desk = LeaseDesk()
        seat = roster.attach { ticket, lease in
            loop.post { desk.service?.granted(lease, ticket: ticket) ?? roster.releaseAbandoned(lease) }
        }
        desk.service = self
    }

    /// A worker has been found for a request that waits, or did when it was found.
    private func granted(_ lease: Roster.Lease, ticket: UInt64) {
        if let exchange = queue.take(ticket: ticket) {
            exchange.dequeued(lease)
        } else {
            roster.releaseAbandoned(lease)
        }
    }

    /// Takes a token for a request of this source; when there is none, gives how long it has to wait.
    func secondsTooFast(_ source: SourceKey?) -> Int? {
        guard let rateLimiter, let source, let seconds = rateLimiter.take(source, now: loop.now) else { return nil }
        counters.rateLimited.add(1)
        return seconds
    }

    package func makeExchange(on downstream: any Downstream) -> any Exchange {
        ProxyExchange(downstream: downstream, service: self)
    }

    /// The roster has changed: pools of workers that left are retired.
    package func rosterChanged() {
        for (index, pool) in pools.enumerated() {
            guard let pool, roster.workerState(of: pool.slot) == nil else { continue }
            pools[index] = nil
            pool.retire()
        }
        // Then, since what an ejected worker gives back goes out anew at once, and may make pools.
        for pool in pools {
            if let pool, roster.workerState(of: pool.slot) == .ejected { pool.eject() }
        }
    }

    /// Goes on with new certificates: every worker shows who it is before it gets its next request. What is under way ends where
    /// it is.
    ///
    /// - Parameter fresh: made for this loop.
    package func reload(_ fresh: TransportProvider) {
        provider.adopt(fresh)
        for pool in pools { pool?.renew() }
    }

    /// The successor of an abdicated balancer has told its epoch, which stands in the policy: what waited for it goes out.
    package func epochChanged() {
        fencedRequests.release()
    }

    /// Opens connections in advance to the first `limit` workers of the roster, whatever their state: a balancer that
    /// waits to take over has them ready for its first requests.
    package func warmUp(limit: Int) {
        for slot in roster.slots.prefix(limit) { pool(for: slot)?.warm() }
    }

    /// The pool of the worker in a slot; nil when it has just left.
    func pool(for slot: Slot) -> WorkerPool? {
        let index = Int(slot.index)
        if index < pools.count, let pool = pools[index], pool.slot == slot { return pool }
        guard let endpoint = roster.endpoint(of: slot) else { return nil }
        while pools.count <= index { pools.append(nil) }
        pools[index]?.retire()
        let pool = WorkerPool(
            slot: slot,
            name: roster.subject(of: Roster.Lease(slot: slot, isRetry: false, stickyName: nil))?.id.text ?? "",
            endpoint: endpoint, loop: loop, provider: provider, limits: limits, isMultiplexed: isMultiplexed)
        pools[index] = pool
        return pool
    }
}

/// Where the roster leaves leases for a service that may have gone. Touched on the service's loop only.
private final class LeaseDesk: @unchecked Sendable {
    weak var service: ProxyService?
}

/// What the proxy of one loop counts.
package final class ProxyCounters: Sendable {
    package let retries = Counter()
    package let queued = Counter()
    package let queueTimeouts = Counter()
    package let queueRejections = Counter()
    package let rateLimited = Counter()
    package let retriesDeferred = Counter()
    package let upstreamFailures = Counter()

    package init() {}
}
