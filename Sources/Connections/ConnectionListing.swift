/// A server's record of one connection: its place in the list, and what the server counts it for.
struct ConnectionListing {
    /// The index in the server's list; nil before the connection joins the list and after it leaves.
    var index: Int?
    /// The number of the connection in the order of arrival.
    private(set) var serial: UInt64 = 0
    /// The time of the arrival, on the loop's clock.
    private(set) var since: UInt64 = 0
    /// The connection uses one of the server's `ConnectionSlots`. Streams share the slot of their connection.
    var holdsSlot = true
    /// The connection's permit among the connections of its peer's identity, if these are limited.
    var identityPermit: IdentityLimiter.Permit?

    var isListed: Bool { index != nil }

    /// The connection arrives.
    mutating func begin(at index: Int, serial: UInt64, now: UInt64) {
        self.index = index
        self.serial = serial
        since = now
    }

    /// Takes the place and the arrival of a predecessor with the same transport. The predecessor leaves the list.
    mutating func move(from predecessor: inout ConnectionListing) {
        index = predecessor.index.take()
        serial = predecessor.serial
        since = predecessor.since
    }
}
