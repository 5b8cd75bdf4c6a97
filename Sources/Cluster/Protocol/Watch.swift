/// A worker's check of the balancer. It renews the worker's lease.
package struct Watch: Codable, Sendable, Equatable {
    package var id: NodeID
    package var incarnation: UInt64
    /// The highest epoch that the worker has met, be it through a snapshot or a proxied request.
    package var epochSeen: Epoch
    /// The epoch and version of the snapshot that the worker holds.
    package var snapshotEpoch: Epoch
    package var snapshotVersion: UInt64
    /// Requests that the worker is serving at the moment, from all sources.
    package var inFlight: Int

    package init(
        id: NodeID, incarnation: UInt64, epochSeen: Epoch, snapshotEpoch: Epoch, snapshotVersion: UInt64, inFlight: Int
    ) {
        self.id = id
        self.incarnation = incarnation
        self.epochSeen = epochSeen
        self.snapshotEpoch = snapshotEpoch
        self.snapshotVersion = snapshotVersion
        self.inFlight = inFlight
    }
}
