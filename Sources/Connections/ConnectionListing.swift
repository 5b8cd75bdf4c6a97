/// The last progress of a connection's requests and responses. Connections without progress are closed first.
struct ConnectionProgress {
    /// The fewest bytes that count. A client that sends single bytes must not look busy.
    private static let leastBytes = 240

    /// On the loop's clock.
    private(set) var movedAt: UInt64 = 0
    private var bytes = 0

    mutating func began(now: UInt64) { movedAt = now }

    mutating func moved(_ count: Int, now: UInt64) {
        bytes += count
        guard bytes >= ConnectionProgress.leastBytes else { return }
        bytes = 0
        movedAt = now
    }
}

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
    var progress = ConnectionProgress()
    /// The connections of its source; nil where sources are not counted.
    var sourceCount: SourceSlots.Count?
    /// The slot passes to the connection for which this one closes.
    var passesSlotOn = false
    /// The connection's permit among the connections of its peer's identity, if these are limited.
    var identityPermit: IdentityLimiter.Permit?

    var isListed: Bool { index != nil }

    /// The connection arrives.
    mutating func begin(at index: Int, serial: UInt64, now: UInt64) {
        self.index = index
        self.serial = serial
        since = now
        progress.began(now: now)
    }

    /// Takes the place and the arrival of a predecessor with the same transport. The predecessor leaves the list.
    mutating func move(from predecessor: inout ConnectionListing) {
        index = predecessor.index.take()
        serial = predecessor.serial
        since = predecessor.since
        progress = predecessor.progress
        sourceCount = predecessor.sourceCount.take()
    }
}
