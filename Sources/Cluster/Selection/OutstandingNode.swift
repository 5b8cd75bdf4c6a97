/// One slot of an `OutstandingTable`: 16 bytes, so that four of them share a cache line.
struct OutstandingNode: Sendable {
    /// In which order the slot stands.
    enum Order: UInt8, Sendable {
        /// Not routable.
        case none
        case settled
        /// In slow start.
        case starting
        /// Routable, but it has as many outstanding as it takes.
        case full
    }

    var outstanding: UInt16 = 0
    /// The most that it takes at a time.
    var limit: UInt16 = .max
    /// The position in its order; without meaning in `none` and `full`.
    var position: Int32 = 0
    var generation: UInt32 = 0
    /// Of its capacity, in 256ths minus one.
    var share: UInt8 = OutstandingNode.wholeShare
    var capacityClass = CapacityClass.one
    var order = Order.none
    /// False between `remove` and the reuse of the slot.
    var isLive = false

    static let wholeShare: UInt8 = 255

    /// Whether another request may go there.
    var isOpen: Bool { order == .settled || order == .starting }
    var isFull: Bool { outstanding >= limit }
}
