/// One slot of an `OutstandingTable`: 16 bytes, so that four of them share a cache line.
struct OutstandingNode: Sendable {
    /// In which order the slot stands.
    enum Order: UInt8, Sendable {
        /// Not routable.
        case none
        case full
        case starting
    }

    var outstanding: Int32 = 0
    /// The position in its order; without meaning in none.
    var position: Int32 = 0
    var generation: UInt32 = 0
    /// In 256ths.
    var share: UInt16 = 256
    var order = Order.none
    /// False between `remove` and the reuse of the slot.
    var isLive = false
}
