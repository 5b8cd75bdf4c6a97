/// The less loaded of two random workers, drawn in proportion to capacity.
///
/// The load is nearly as even as with the fewest of all workers. Independent balancers do not all choose the same idle
/// worker.
struct TwoChoices: LoadBalancingPolicy {
    /// Most draws for one choice. A draw fails if the worker is tried already, and may fail if the worker is in slow
    /// start.
    private static let draws = 6

    mutating func choose(_ affinity: UInt64?, excluding tried: TriedSlots, _ loads: inout LoadTable) -> Int32? {
        var first: Int32?
        for _ in 0..<Self.draws {
            guard let index = loads.draw(), index != first, loads.isOpen(index, besides: tried), loads.mayTake(index)
            else {
                continue
            }
            guard let other = first else {
                first = index
                continue
            }
            return loads.load(of: index) < loads.load(of: other) ? index : other
        }
        return first
    }
}
