/// Pending connections of one kind, with the oldest silent one of all and of each source.
///
/// A flood calls this type for each of its connections, so no call walks the list: each takes logarithmic time.
struct PendingList<PendingConnection, Source: Hashable> {
    private struct Entry {
        let connection: PendingConnection
        let source: Source?
        let since: UInt64
        /// The number of its arrival.
        let age: UInt64
        var isSilent = true
    }

    /// The connections of one source.
    private struct Crowd {
        var count = 0
        var silent = AgeHeap()
    }

    let limit: Int
    /// Entries of connections that have left are reused.
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var arrivals: UInt64 = 0
    private var silent = AgeHeap()
    private var positions = AgeHeap.Positions()
    private var crowds: [Source: Crowd] = [:]
    private var positionsInCrowds = AgeHeap.Positions()

    init(limit: Int) { self.limit = limit }

    var count: Int { entries.count - free.count }

    var isFull: Bool { count >= limit }

    /// The moves of elements in heaps so far. Tests bound their number.
    var moves: Int { positions.moves + positionsInCrowds.moves }

    /// Adds the newest connection, and returns its index. The index is valid until `remove`.
    mutating func append(_ connection: PendingConnection, from source: Source?, since: UInt64) -> Int {
        arrivals += 1
        let entry = Entry(connection: connection, source: source, since: since, age: arrivals)
        let index: Int
        if let reused = free.popLast() {
            index = reused
            entries[index] = entry
        } else {
            index = entries.count
            entries.append(entry)
            positions.grow()
            positionsInCrowds.grow()
        }
        silent.insert(index, age: entry.age, &positions)
        if let source {
            crowds[source, default: Crowd()].count += 1
            crowds[source]?.silent.insert(index, age: entry.age, &positionsInCrowds)
        }
        return index
    }

    mutating func remove(_ index: Int) {
        guard let entry = entries[index] else { preconditionFailure("a connection leaves twice") }
        setSilent(false, index)
        entries[index] = nil
        free.append(index)
        guard let source = entry.source else { return }
        crowds[source]?.count -= 1
        if crowds[source]?.count == 0 { crowds[source] = nil }
    }

    /// A connection that is silent again has its old place among the silent ones.
    mutating func setSilent(_ isSilent: Bool, _ index: Int) {
        guard let entry = entries[index], entry.isSilent != isSilent else { return }
        entries[index]?.isSilent = isSilent
        if isSilent {
            silent.insert(index, age: entry.age, &positions)
        } else {
            silent.remove(index, &positions)
        }
        guard let source = entry.source else { return }
        if isSilent {
            crowds[source]?.silent.insert(index, age: entry.age, &positionsInCrowds)
        } else {
            crowds[source]?.silent.remove(index, &positionsInCrowds)
        }
    }

    /// The connection that closes for one of `source`: the oldest silent one of this source if it has a quarter of the
    /// limit or more, or else of all.
    ///
    /// - Parameter end: later connections are not considered.
    func oldestSilent(for source: Source?, before end: UInt64) -> PendingConnection? {
        if let source, let crowd = crowds[source], crowd.count * 4 >= limit,
            let own = connection(crowd.silent.oldest, before: end)
        {
            return own
        }
        return connection(silent.oldest, before: end)
    }

    private func connection(_ index: Int?, before end: UInt64) -> PendingConnection? {
        guard let index, let entry = entries[index], entry.since <= end else { return nil }
        return entry.connection
    }
}
