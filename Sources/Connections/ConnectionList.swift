/// The open connections of one server. Each knows its index in the list, so that it leaves without a search.
struct ConnectionList {
    private(set) var all: [ServerConnection] = []
    private var nextSerial: UInt64 = 0

    var count: Int { all.count }
    var isEmpty: Bool { all.isEmpty }

    /// Adds a connection and numbers it: a newer connection has a higher serial.
    mutating func add(_ connection: ServerConnection) {
        connection.listIndex = all.count
        connection.serial = nextSerial
        nextSerial += 1
        all.append(connection)
    }

    /// Gives the place and the serial of a connection to its successor.
    mutating func replace(_ connection: ServerConnection, with successor: ServerConnection) {
        successor.listIndex = connection.listIndex
        successor.serial = connection.serial
        all[successor.listIndex] = successor
        connection.listIndex = -1
    }

    /// Removes a connection. Returns false if the list does not contain it.
    mutating func remove(_ connection: ServerConnection) -> Bool {
        let index = connection.listIndex
        guard index >= 0 else { return false }
        connection.listIndex = -1
        let last = all.removeLast()
        if last !== connection {
            all[index] = last
            last.listIndex = index
        }
        return true
    }

    /// The oldest connection without an outstanding request, or else the oldest one. Only connections with a slot count.
    ///
    /// A request may span several turns of the loop. Newer idle connections must not evict it.
    var oldest: ServerConnection? {
        let candidates = all.lazy.filter(\.holdsSlot)
        return candidates.filter { !$0.isServing }.min { $0.serial < $1.serial }
            ?? candidates.min { $0.serial < $1.serial }
    }
}
