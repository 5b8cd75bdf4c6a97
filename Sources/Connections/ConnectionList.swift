/// The open connections of one server. Each knows its index in the list, so that it leaves without a search.
struct ConnectionList {
    private(set) var all: [ServerConnection] = []
    private var nextSerial: UInt64 = 0

    var count: Int { all.count }
    var isEmpty: Bool { all.isEmpty }

    /// Adds a connection and numbers it: a newer connection has a higher serial.
    ///
    /// - Parameter now: on the loop's clock.
    mutating func add(_ connection: ServerConnection, now: UInt64) {
        connection.listing.begin(at: all.count, serial: nextSerial, now: now)
        nextSerial += 1
        all.append(connection)
    }

    /// Gives the place and the serial of a connection to its successor.
    mutating func replace(_ connection: ServerConnection, with successor: ServerConnection) {
        guard let index = connection.listing.index else { return }
        successor.listing.move(from: &connection.listing)
        all[index] = successor
    }

    /// Removes a connection. Returns false if the list does not contain it.
    mutating func remove(_ connection: ServerConnection) -> Bool {
        guard let index = connection.listing.index.take() else { return false }
        let last = all.removeLast()
        if last !== connection {
            all[index] = last
            last.listing.index = index
        }
        return true
    }

    /// The oldest connection without an outstanding request, or the oldest one if all have one. Only connections with a slot
    /// count.
    ///
    /// A request may span several turns of the loop. Newer idle connections must not evict it. A connection also has time to send
    /// its request: nil while every idle connection is younger than that. Otherwise a crowd that connects again and again would
    /// evict all others in the turn in which they arrive.
    ///
    /// - Parameter now: on the loop's clock.
    func oldest(now: UInt64) -> ServerConnection? {
        let candidates = all.lazy.filter(\.listing.holdsSlot)
        guard let idle = candidates.filter({ !$0.isServing }).min(by: { $0.listing.serial < $1.listing.serial }) else {
            return candidates.min { $0.listing.serial < $1.listing.serial }
        }
        return now >= idle.listing.since &+ ConnectionList.graceNanoseconds ? idle : nil
    }

    /// The time in which a new connection can't be evicted.
    static let graceNanoseconds: UInt64 = 20_000_000
}
