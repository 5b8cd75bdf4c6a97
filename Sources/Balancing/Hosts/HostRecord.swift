/// One slot of a `HostTable`.
struct HostRecord: Sendable {
    /// The order that contains the slot.
    enum Order: UInt8, Sendable {
        /// The slot is not routable.
        case none
        case settled
        /// The slot is in slow start.
        case starting
        /// The slot's last responses were errors.
        case erring
        /// The slot is routable, but its outstanding requests are at its limit.
        case full
    }

    /// The number of the last request that the slot got, among the requests of all slots; 0 before the first one. It
    /// restarts after `highestTurn` requests, which is nine years of a million requests a second.
    var turn: UInt64 = 0
    var outstanding: UInt16 = 0
    /// Most outstanding requests of the slot.
    var limit: UInt16 = .max
    /// The slot's position in its order; without meaning for `none` and `full`.
    var position: Int32 = 0
    var generation: UInt32 = 0
    /// The usable part of the capacity during slow start, in 256ths minus one.
    var share: UInt8 = HostRecord.wholeShare
    var capacityClass = CapacityClass.one
    var order = Order.none
    /// False from the removal of the worker until the slot is reused.
    var isLive = false
    /// The slot gets no more than its share of the requests, however free it is.
    var isErring = false

    static let wholeShare: UInt8 = 255
    static let highestTurn: UInt64 = 1 << 48 - 1

    /// True if the slot accepts another request.
    var isOpen: Bool { order == .settled || order == .starting || order == .erring }
    var isFull: Bool { outstanding >= limit }

    /// Adds one request.
    ///
    /// - Parameter turn: the number of the request among the requests of all slots.
    mutating func raise(_ turn: UInt64) {
        self.turn = turn
        outstanding += 1
    }

    /// The slot's place in its order. Fewer outstanding requests come first, then the longer time since the last one.
    var rank: UInt64 { UInt64(outstanding) << 48 | turn }

    static func outstanding(of rank: UInt64) -> Int { Int(rank >> 48) }
}
