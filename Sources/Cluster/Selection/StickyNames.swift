/// The worker that a client's cookie names; the least loaded one for who has none, or whose worker takes no request now.
struct StickyNames: Chooser {
    private var indices: [UInt64: Int32] = [:]

    mutating func joined(_ index: Int32, name: UInt64, _ capacityClass: CapacityClass) {
        indices[name] = index
    }

    mutating func left(_ index: Int32, name: UInt64) {
        if indices[name] == index { indices[name] = nil }
    }

    mutating func choose(_ affinity: UInt64?, excluding tried: TriedSlots, _ book: inout LoadBook) -> Int32? {
        guard let affinity, let index = indices[affinity], book.isOpen(index, besides: tried) else { return nil }
        return index
    }

    func holder(of affinity: UInt64) -> Int32? { indices[affinity] }
}
