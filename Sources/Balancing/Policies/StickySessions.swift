/// The policy that chooses the worker named in the client's cookie. Without a cookie, or if that worker is not open,
/// the least loaded worker is chosen.
struct StickySessions: LoadBalancingPolicy {
    private var indices: [UInt64: Int32] = [:]

    mutating func joined(_ index: Int32, name: UInt64, _ capacityClass: CapacityClass) {
        indices[name] = index
    }

    mutating func left(_ index: Int32, name: UInt64) {
        if indices[name] == index { indices[name] = nil }
    }

    mutating func choose(_ affinity: UInt64?, excluding tried: TriedSlots, _ loads: inout LoadTable) -> Int32? {
        guard let affinity, let index = indices[affinity], loads.isOpen(index, besides: tried) else { return nil }
        return index
    }

    func holder(of affinity: UInt64) -> Int32? { indices[affinity] }
}
