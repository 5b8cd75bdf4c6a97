package import Cluster
package import Connections
internal import Synchronization

/// The workers for all loops: which workers are routable, and the exact number of their outstanding requests.
///
/// One lock protects a few table steps (`HostTable`). To acquire or release a worker costs tens of nanoseconds, and the
/// selection is exact over all threads. The control loop changes the membership without disturbing requests. A request
/// without a free worker waits here (`LoadBalancer+Requests`), in one queue for all loops.
package final class LoadBalancer: Sendable {
    /// One request at one worker. It is released exactly once.
    package struct Lease: Sendable {
        package let slot: Slot
        /// The lease counts against the retry budget.
        package let isRetry: Bool
        /// The worker name for the client's cookie; nil if the client needs none.
        package let stickyName: UInt64?
    }

    /// A worker's counts for `/status` and the metrics.
    package struct Load: Sendable {
        package let outstanding: Int
        package let requests: UInt64
        package let failures: UInt64
    }

    /// The worker of a failed or recovered request.
    package struct Subject: Sendable {
        package let id: NodeID
        package let incarnation: UInt64
    }

    struct Host {
        var slot: Slot
        var entry: HostEntry
        var endpoint: UpstreamEndpoint
        var requests: UInt64 = 0
        var failures: UInt64 = 0
        /// The responses since the last success.
        var trouble = Trouble()
    }

    /// The failures of a worker since its last successful response.
    struct Trouble {
        /// Errors in a row that make a worker erring. A single one is nothing unusual.
        static let errorsUntilErring: UInt8 = 2

        /// Error responses and failed requests, at most `errorsUntilErring`.
        var errors: UInt8 = 0
        /// A failure was reported.
        var isReported = false

        var isNothing: Bool { errors == 0 }
    }

    struct State: ~Copyable {
        var table: HostTable
        /// First attempts that wait for a worker.
        var newcomers = WaitingRequests<Waiter>()
        /// Retries that wait for the budget or for a worker.
        var retries = WaitingRequests<Waiter>()
        var limits: LoadBalancerLimits
        var ticketsIssued: UInt64 = 0
        var retriesUnderWay = 0
        /// An operator holds first attempts in their queue.
        var isHolding = false
        /// The delivery function of each loop.
        var deliveries: [Delivery] = []
        /// The hash that names workers. Without a secret all balancers of a cluster use the same names.
        var names = SipHash()
        /// By slot index.
        var hosts: [Host?] = []
        var slots: [NodeID: Slot] = [:]

        var waitingCount: Int { newcomers.count + retries.count }
    }

    let state: Mutex<State>
    package let policy: PolicySetting

    /// - Parameters:
    ///   - seed: for the random choices of slow start and of policies.
    ///   - limits: with a slow start, `advanceSlowStart` must be called regularly.
    package init(seed: UInt64, policy: PolicySetting = .fewest, limits: LoadBalancerLimits = LoadBalancerLimits()) {
        self.policy = policy
        let table = HostTable(
            seed: seed, policy: policy, slowStartMilliseconds: limits.slowStartMilliseconds)
        state = Mutex(State(table: table, limits: limits))
    }

    /// Sets the secret for the worker names in cookies.
    package func useSecret(_ secret: SipHash) {
        guard case .sticky = policy else { return }
        state.withLock { state in
            state.names = secret
            for case let host? in state.hosts {
                state.table.rename(host.slot, secret(host.entry.id.text.utf8))
            }
        }
    }

    /// Uses new limits for the queue and for retries from now on. The slow start stays as it is.
    package func adopt(_ limits: LoadBalancerLimits) {
        state.withLock { $0.limits = limits }
    }

    // MARK: Membership

    /// Adopts the registry's present list. A missing incarnation leaves, and its outstanding requests are still counted
    /// down.
    package func update(_ entries: [HostEntry], endpoint: (HostEntry) -> UpstreamEndpoint?) {
        let resolved = entries.compactMap { entry in endpoint(entry).map { (entry, $0) } }
        var grants: [Grant] = []
        state.withLock { state in
            var gone = state.slots
            for (entry, endpoint) in resolved {
                if let slot = state.slots[entry.id], let host = state.hosts[Int(slot.index)],
                    host.entry.incarnation == entry.incarnation, host.entry.host == entry.host,
                    host.entry.port == entry.port
                {
                    gone[entry.id] = nil
                    state.hosts[Int(slot.index)]?.entry = entry
                    state.table.update(
                        slot, LoadBalancer.offer(of: entry, state.names), isRoutable: entry.isRoutable,
                        slowStartBegan: entry.slowStartBegan)
                } else {
                    if let old = state.slots[entry.id] { LoadBalancer.remove(old, from: &state) }
                    gone[entry.id] = nil
                    let slot = state.table.insert(
                        LoadBalancer.offer(of: entry, state.names), isRoutable: entry.isRoutable,
                        slowStartBegan: entry.slowStartBegan)
                    while state.hosts.count <= Int(slot.index) { state.hosts.append(nil) }
                    state.hosts[Int(slot.index)] = Host(slot: slot, entry: entry, endpoint: endpoint)
                    state.slots[entry.id] = slot
                }
            }
            for (id, slot) in gone {
                LoadBalancer.remove(slot, from: &state)
                state.slots[id] = nil
            }
            if state.waitingCount > 0 { grants = serve(&state) }
        }
        deliver(grants)
    }

    private static func offer(of entry: HostEntry, _ names: SipHash) -> HostShare {
        HostShare(of: entry.offer, name: names(entry.id.text.utf8))
    }

    private static func remove(_ slot: Slot, from state: inout State) {
        state.table.remove(slot)
        state.hosts[Int(slot.index)] = nil
    }

    /// Advances the slow starts. Returns false if none is in progress.
    package func advanceSlowStart(now: Instant) -> Bool {
        state.withLock { $0.table.advanceSlowStart(now: now) }
    }

    // MARK: Views

    /// The worker of a lease; nil if it has left.
    package func subject(of lease: Lease) -> Subject? { subject(of: lease.slot) }

    /// The worker in a slot; nil if the worker has left.
    package func subject(of slot: Slot) -> Subject? {
        state.withLock { state in
            LoadBalancer.host(of: slot, in: state).map { Subject(id: $0.entry.id, incarnation: $0.entry.incarnation) }
        }
    }

    /// The state of the worker in a slot; nil if the worker has left.
    package func workerState(of slot: Slot) -> WorkerState? {
        state.withLock { LoadBalancer.host(of: slot, in: $0)?.entry.state }
    }

    /// The address of the worker in a slot; nil if the worker has left.
    package func endpoint(of slot: Slot) -> UpstreamEndpoint? {
        state.withLock { LoadBalancer.host(of: slot, in: $0)?.endpoint }
    }

    /// The slots of all workers, routable or not.
    package var slots: [Slot] { state.withLock { $0.hosts.compactMap { $0?.slot } } }

    package var routableCount: Int { state.withLock { $0.table.routableCount } }

    package func load(of id: NodeID) -> Load? {
        state.withLock { state in
            guard let slot = state.slots[id], let host = state.hosts[Int(slot.index)] else { return nil }
            return Load(
                outstanding: state.table.outstanding(of: slot), requests: host.requests, failures: host.failures)
        }
    }

    /// Reads in place, because every response calls this, and a copy of a host costs more.
    static func isInTrouble(_ slot: Slot, in state: borrowing State) -> Bool {
        let index = Int(slot.index)
        return index < state.hosts.count && state.hosts[index]?.trouble.isNothing == false
    }

    static func host(of slot: Slot, in state: borrowing State) -> Host? {
        let index = Int(slot.index)
        guard index < state.hosts.count, let host = state.hosts[index], host.slot == slot else { return nil }
        return host
    }
}
