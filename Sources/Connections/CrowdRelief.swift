/// A server's counts of sources, and the connection that closes for the next accepted one. That one gets its slot.
struct Crowd {
    var sources: SourceSlots?
    var leaving: ServerConnection?
}

/// Chooses the connection that closes for a new one when a port is full.
///
/// Rules:
/// - The source with the most connections loses one. So a source with few connections keeps them, however many another
///   source opens.
/// - A connection without a request closes first, and of these the one that has been silent longest. A source with more
///   than its share of the port loses it soon after its arrival, and other sources lose none that is new. Otherwise new
///   clients would close each other.
/// - A connection with a request in progress closes only if its source has more than its share, and if the request has
///   made no progress for a while. Otherwise many slow requests of one source would hold the port.
struct CrowdRelief {
    /// The part of the port that a source may fill with requests in progress, when the port is full: a quarter.
    private static let shares = 4
    /// A connection without progress for this time is silent.
    private static let silentNanoseconds: UInt64 = 500_000_000

    private let share: Int
    private let now: UInt64

    /// - Parameters:
    ///   - slots: of the port.
    ///   - now: on the loop's clock.
    init(slots: Int, now: UInt64) {
        share = max(1, slots / CrowdRelief.shares)
        self.now = now
    }

    /// The connection to close; nil if none may close.
    func victim(of connections: [ServerConnection]) -> ServerConnection? {
        var best: (connection: ServerConnection, count: Int, isServing: Bool)?
        for connection in connections where connection.listing.holdsSlot {
            let count = connection.listing.sourceCount?.current ?? 1
            if let best, count < best.count { continue }
            let isServing = connection.isServing
            guard mayClose(connection, count: count, isServing: isServing) else { continue }
            if let best, count == best.count {
                if isServing != best.isServing {
                    if isServing { continue }
                } else if connection.listing.progress.movedAt >= best.connection.listing.progress.movedAt {
                    continue
                }
            }
            best = (connection, count, isServing)
        }
        return best?.connection
    }

    private func mayClose(_ connection: ServerConnection, count: Int, isServing: Bool) -> Bool {
        let isSilent = now >= connection.listing.progress.movedAt &+ CrowdRelief.silentNanoseconds
        if count <= share { return isSilent && !isServing }
        return isSilent || (!isServing && now >= connection.listing.since &+ ConnectionList.graceNanoseconds)
    }

    /// A new connection closes instead of the victim if its source has its share already, and more connections than the
    /// victim's source. It never takes the slot of a request of its own source.
    ///
    /// - Parameter count: the connections of its source, without itself.
    func mayReplace(_ victim: ServerConnection, count: Int) -> Bool {
        let most = victim.listing.sourceCount?.current ?? 1
        return victim.isServing ? count < most : count < share || count <= most
    }
}
