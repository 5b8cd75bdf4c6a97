internal import Cluster

/// The connections of the cluster port over which workers watch.
///
/// A worker that reconnects has two for a moment. The newest one counts.
struct WatchConnections {
    /// The last watch over each connection.
    private var watches: [UInt64: Watch] = [:]
    private var newest: [NodeID: UInt64] = [:]

    var isEmpty: Bool { watches.isEmpty }

    mutating func remember(_ watch: Watch, over connection: UInt64) {
        watches[connection] = watch
        newest[watch.id] = connection
    }

    /// Forgets a connection that has ended. Returns its watch if the worker has no newer connection.
    mutating func remove(_ connection: UInt64) -> Watch? {
        guard let watch = watches.removeValue(forKey: connection), newest[watch.id] == connection else { return nil }
        newest[watch.id] = nil
        return watch
    }
}
