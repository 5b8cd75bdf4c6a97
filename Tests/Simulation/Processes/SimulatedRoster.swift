import Cluster

/// The registry as a balancer's data plane has it: `Roster` without its lock.
struct SimulatedRoster {
    struct Tenant {
        let slot: Slot
        var entry: RosterEntry
        var isFailing = false
    }

    private var table: OutstandingTable
    /// In the order of the registry.
    private(set) var tenants: [Tenant] = []

    init(seed: UInt64) {
        table = OutstandingTable(seed: seed)
    }

    mutating func update(_ entries: [RosterEntry]) {
        var next: [Tenant] = []
        for entry in entries {
            let old = tenants.first { $0.entry.id == entry.id }
            if var same = old, same.entry.incarnation == entry.incarnation, same.entry.port == entry.port {
                same.entry = entry
                table.update(same.slot, isRoutable: entry.isRoutable)
                next.append(same)
            } else {
                if let old { table.remove(old.slot) }
                next.append(Tenant(slot: table.insert(isRoutable: entry.isRoutable), entry: entry))
            }
        }
        for old in tenants where !entries.contains(where: { $0.id == old.entry.id }) { table.remove(old.slot) }
        tenants = next
    }

    mutating func acquire(excluding tried: TriedSlots) -> Tenant? {
        if tried.first != nil, !table.isAnybodyRoutable(besides: tried) { return nil }
        guard let slot = table.acquire(excluding: tried) else { return nil }
        return tenants.first { $0.slot == slot }
    }

    mutating func release(_ slot: Slot) { table.release(slot) }

    /// Notes how a request ended; true when it is news for the registry.
    mutating func note(failed: Bool, at slot: Slot) -> Bool {
        guard let position = tenants.firstIndex(where: { $0.slot == slot }) else { return false }
        defer { tenants[position].isFailing = failed }
        return failed || tenants[position].isFailing
    }

    func state(of slot: Slot) -> WorkerState? { tenants.first { $0.slot == slot }?.entry.state }

    var routableCount: Int { table.routableCount }
    var outstanding: Int { table.totalOutstanding }
}
