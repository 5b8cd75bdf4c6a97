import Balancing
import Cluster

/// The load balancer of one balancer process: `LoadBalancer` without its mutex.
struct SimulatedLoadBalancer {
    struct Host {
        let slot: Slot
        var entry: HostEntry
        var isFailing = false
    }

    private var table: HostTable
    /// The hosts in the order of the registry.
    private(set) var hosts: [Host] = []

    init(seed: UInt64) {
        table = HostTable(seed: seed)
    }

    mutating func update(_ entries: [HostEntry]) {
        var next: [Host] = []
        for entry in entries {
            let old = hosts.first { $0.entry.id == entry.id }
            if var same = old, same.entry.incarnation == entry.incarnation, same.entry.port == entry.port {
                same.entry = entry
                table.update(same.slot, isRoutable: entry.isRoutable)
                next.append(same)
            } else {
                if let old { table.remove(old.slot) }
                next.append(Host(slot: table.insert(isRoutable: entry.isRoutable), entry: entry))
            }
        }
        for old in hosts where !entries.contains(where: { $0.id == old.entry.id }) { table.remove(old.slot) }
        hosts = next
    }

    mutating func acquire(excluding tried: TriedSlots) -> Host? {
        if tried.first != nil, !table.isAnybodyRoutable(besides: tried) { return nil }
        guard let slot = table.acquire(excluding: tried) else { return nil }
        return hosts.first { $0.slot == slot }
    }

    mutating func release(_ slot: Slot) { table.release(slot) }

    /// Records the end of a request. Returns true if the core needs this result.
    mutating func note(failed: Bool, at slot: Slot) -> Bool {
        guard let position = hosts.firstIndex(where: { $0.slot == slot }) else { return false }
        defer { hosts[position].isFailing = failed }
        return failed || hosts[position].isFailing
    }

    func state(of slot: Slot) -> WorkerState? { hosts.first { $0.slot == slot }?.entry.state }

    var routableCount: Int { table.routableCount }
    var outstanding: Int { table.totalOutstanding }
}
