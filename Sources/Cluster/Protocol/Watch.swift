/// A worker's check of the balancer. It renews the worker's lease.
package struct Watch: Codable, Sendable, Equatable {
    package var id: NodeID
    package var incarnation: UInt64
    /// See `WorkerRecord`. An earlier version does not send it.
    package var startMark: UInt32?
    /// The highest epoch that the worker has met, in a snapshot or in a proxied request.
    package var epochSeen: Epoch
    /// The epoch and version of the snapshot that the worker holds.
    package var snapshotEpoch: Epoch
    package var snapshotVersion: UInt64
    /// The requests in progress at the worker, from all sources.
    package var inFlight: Int
    /// The address of the balancer with `epochSeen`. Only the last watch of a worker that has found a later balancer
    /// contains it.
    package var reignsAt: BalancerAddress?
    /// The worker keeps a parked standby. An earlier version does not send it.
    package var hasStandby: Bool?

    private enum CodingKeys: String, CodingKey {
        case id, incarnation, epochSeen, snapshotEpoch, snapshotVersion, inFlight, reignsAt, hasStandby
        case startMark = "start"
    }

    package init(
        id: NodeID, incarnation: UInt64, startMark: UInt32? = nil, epochSeen: Epoch, snapshotEpoch: Epoch,
        snapshotVersion: UInt64, inFlight: Int,
        reignsAt: BalancerAddress? = nil, hasStandby: Bool? = nil
    ) {
        self.id = id
        self.incarnation = incarnation
        self.startMark = startMark
        self.epochSeen = epochSeen
        self.snapshotEpoch = snapshotEpoch
        self.snapshotVersion = snapshotVersion
        self.inFlight = inFlight
        self.reignsAt = reignsAt
        self.hasStandby = hasStandby
    }
}
