package import Balancing
private import Synchronization

/// The rules by which a proxy treats requests. Each loop has a copy, and all copies share the reign.
package struct ProxyPolicy: Sendable {
    /// The duties of a balancer; nil in a worker, which passes on what the balancer said about the client.
    package var edge: EdgeDuties?
    package var limits: RequestLimits
    private let reign = SharedReign()

    /// The balancer's reign, as all loops see it.
    private final class SharedReign: Sendable {
        let epoch = Atomic<UInt64>(0)
        let awaitsSuccessor = Atomic<Bool>(false)
    }

    package init(edge: EdgeDuties?, limits: RequestLimits = RequestLimits()) {
        self.edge = edge
        self.limits = limits
    }

    /// The epoch of the reign under which requests go out. Workers refuse an earlier one. 0 adds no field.
    package var epoch: UInt64 {
        get { reign.epoch.load(ordering: .relaxed) }
        nonmutating set { reign.epoch.store(newValue, ordering: .relaxed) }
    }

    /// This balancer has ended its reign in order, and finishes what it has begun. Its successor publishes the epoch under
    /// which the rest may go out. A request that a worker refuses before that waits for the epoch.
    package var awaitsSuccessor: Bool {
        get { reign.awaitsSuccessor.load(ordering: .relaxed) }
        nonmutating set { reign.awaitsSuccessor.store(newValue, ordering: .relaxed) }
    }
}
