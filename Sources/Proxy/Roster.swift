package import Cluster
package import Connections
internal import Synchronization

/// The workers as all loops see them: who may get requests, and how many each is running, exactly.
///
/// One lock around a few table steps (`OutstandingTable`): taking and giving back a worker costs tens of nanoseconds,
/// and "the fewest" holds over all threads. Membership changes come from the control loop and disturb no request.
/// Who finds no worker waits here too (`Roster+Requests`), in one line for all loops.
package final class Roster: Sendable {
    /// A worker that got a request; given back exactly once.
    package struct Lease: Sendable {
        package let slot: Slot
        /// Counts against the budget for retries.
        let isRetry: Bool
        /// What the client has to be told to come to this worker again; nil when it knows, or need not.
        package let stickyName: UInt64?
    }

    /// A worker as `/status` and the counters need it.
    package struct Load: Sendable {
        package let outstanding: Int
        package let requests: UInt64
        package let failures: UInt64
    }

    /// Whom a failed or again successful request concerns.
    package struct Subject: Sendable {
        package let id: NodeID
        package let incarnation: UInt64
    }

    struct Tenant {
        var slot: Slot
        var entry: RosterEntry
        var endpoint: UpstreamEndpoint
        var requests: UInt64 = 0
        var failures: UInt64 = 0
        /// Failures were reported since the last success.
        var isFailing = false
    }

    struct State: ~Copyable {
        var table: OutstandingTable
        /// First attempts that wait for a worker.
        var newcomers = WaitingLine<Waiter>()
        /// Retries that wait for the budget or for a worker.
        var retries = WaitingLine<Waiter>()
        var ticketsIssued: UInt64 = 0
        var retriesUnderWay = 0
        /// How each loop is told of leases, by seat.
        var deliveries: [Delivery] = []
        /// What workers are called. Without a secret all balancers of a cluster call them the same.
        var names = SipHash()
        /// By slot index.
        var tenants: [Tenant?] = []
        var slots: [NodeID: Slot] = [:]

        var waitingCount: Int { newcomers.count + retries.count }
    }

    let state: Mutex<State>
    let limits: RosterLimits
    let policy: SelectionPolicy

    /// - Parameters:
    ///   - seed: for the choice among equals.
    ///   - limits: when they have a slow start, `advanceSlowStart` has to be called.
    package init(seed: UInt64, policy: SelectionPolicy = .fewest, limits: RosterLimits = RosterLimits()) {
        self.limits = limits
        self.policy = policy
        let table = OutstandingTable(
            seed: seed, policy: policy, slowStartMilliseconds: limits.slowStartMilliseconds)
        state = Mutex(State(table: table))
    }

    /// The secret by which cookies name workers from now on.
    package func useSecret(_ secret: SipHash) {
        guard case .sticky = policy else { return }
        state.withLock { state in
            state.names = secret
            for case let tenant? in state.tenants {
                state.table.rename(tenant.slot, secret(tenant.entry.id.text.utf8))
            }
        }
    }

    // MARK: Membership

    /// Takes over the registry's present list. An incarnation that went leaves; its running requests still count down.
    package func update(_ entries: [RosterEntry], endpoint: (RosterEntry) -> UpstreamEndpoint?) {
        let resolved = entries.compactMap { entry in endpoint(entry).map { (entry, $0) } }
        var grants: [Grant] = []
        state.withLock { state in
            var gone = state.slots
            for (entry, endpoint) in resolved {
                if let slot = state.slots[entry.id], let tenant = state.tenants[Int(slot.index)],
                    tenant.entry.incarnation == entry.incarnation, tenant.entry.host == entry.host,
                    tenant.entry.port == entry.port
                {
                    gone[entry.id] = nil
                    state.tenants[Int(slot.index)]?.entry = entry
                    state.table.update(
                        slot, Roster.offer(of: entry, state.names), isRoutable: entry.isRoutable,
                        slowStartBegan: entry.slowStartBegan)
                } else {
                    if let old = state.slots[entry.id] { Roster.remove(old, from: &state) }
                    gone[entry.id] = nil
                    let slot = state.table.insert(
                        Roster.offer(of: entry, state.names), isRoutable: entry.isRoutable,
                        slowStartBegan: entry.slowStartBegan)
                    while state.tenants.count <= Int(slot.index) { state.tenants.append(nil) }
                    state.tenants[Int(slot.index)] = Tenant(slot: slot, entry: entry, endpoint: endpoint)
                    state.slots[entry.id] = slot
                }
            }
            for (id, slot) in gone {
                Roster.remove(slot, from: &state)
                state.slots[id] = nil
            }
            if state.waitingCount > 0 { grants = serve(&state) }
        }
        deliver(grants)
    }

    private static func offer(of entry: RosterEntry, _ names: SipHash) -> WorkerOffer {
        WorkerOffer(
            capacity: entry.capacity, maximumRequests: entry.maximumRequests, name: names(entry.id.text.utf8))
    }

    private static func remove(_ slot: Slot, from state: inout State) {
        state.table.remove(slot)
        state.tenants[Int(slot.index)] = nil
    }

    /// Moves the slow starts on; false when none is under way any more.
    package func advanceSlowStart(now: Instant) -> Bool {
        state.withLock { $0.table.advanceSlowStart(now: now) }
    }

    // MARK: Views

    /// Who has the lease; nil when it has left.
    package func subject(of lease: Lease) -> Subject? {
        state.withLock { state in
            Roster.tenant(of: lease.slot, in: state).map { Subject(id: $0.entry.id, incarnation: $0.entry.incarnation) }
        }
    }

    /// How the worker in a slot fares; nil when it has left.
    package func workerState(of slot: Slot) -> WorkerState? {
        state.withLock { Roster.tenant(of: slot, in: $0)?.entry.state }
    }

    /// Where the worker in a slot listens; nil when it has left.
    package func endpoint(of slot: Slot) -> UpstreamEndpoint? {
        state.withLock { Roster.tenant(of: slot, in: $0)?.endpoint }
    }

    /// Those of all workers, routable or not.
    package var slots: [Slot] { state.withLock { $0.tenants.compactMap { $0?.slot } } }

    package var routableCount: Int { state.withLock { $0.table.routableCount } }

    package func load(of id: NodeID) -> Load? {
        state.withLock { state in
            guard let slot = state.slots[id], let tenant = state.tenants[Int(slot.index)] else { return nil }
            return Load(
                outstanding: state.table.outstanding(of: slot), requests: tenant.requests, failures: tenant.failures)
        }
    }

    /// Looked at in place, since every response asks: a copy of a tenant costs more.
    static func isFailing(_ slot: Slot, in state: borrowing State) -> Bool {
        let index = Int(slot.index)
        return index < state.tenants.count && state.tenants[index]?.isFailing == true
    }

    static func tenant(of slot: Slot, in state: borrowing State) -> Tenant? {
        let index = Int(slot.index)
        guard index < state.tenants.count, let tenant = state.tenants[index], tenant.slot == slot else { return nil }
        return tenant
    }
}
