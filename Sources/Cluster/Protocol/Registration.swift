/// A worker's request for membership. Before the connect-back it is only a claim.
package struct Registration: Codable, Sendable, Equatable {
    package var id: NodeID
    package var host: String
    package var port: UInt16
    package var incarnation: UInt64
    /// See `WorkerRecord`. An earlier version does not send it.
    package var startMark: UInt32?
    package var mayStandIn: Bool
    package var offer: WorkerOffer
    /// See `WorkerRecord`. An earlier version does not send it.
    package var lockDomain: LockDomain?
    package var acrossHosts: Bool?
    /// The highest epoch that the worker has met. For a balancer below it that is a claim, and it asks whether it still
    /// reigns.
    package var maximumEpochSeen: Epoch

    package init(
        id: NodeID, host: String, port: UInt16, incarnation: UInt64, startMark: UInt32? = nil, mayStandIn: Bool,
        offer: WorkerOffer = WorkerOffer(), lockDomain: LockDomain? = nil, acrossHosts: Bool? = nil,
        maximumEpochSeen: Epoch = .none
    ) {
        self.id = id
        self.host = host
        self.port = port
        self.incarnation = incarnation
        self.startMark = startMark
        self.mayStandIn = mayStandIn
        self.offer = offer
        self.lockDomain = lockDomain
        self.acrossHosts = acrossHosts
        self.maximumEpochSeen = maximumEpochSeen
    }

    /// The registration that a worker with this record sends.
    package init(of record: WorkerRecord, maximumEpochSeen: Epoch = .none) {
        self.init(
            id: record.id, host: record.host, port: record.port, incarnation: record.incarnation,
            startMark: record.startMark, mayStandIn: record.mayStandIn, offer: record.offer,
            lockDomain: record.lockDomain,
            acrossHosts: record.acrossHosts,
            maximumEpochSeen: maximumEpochSeen)
    }

    /// The record that the worker claims.
    var record: WorkerRecord {
        WorkerRecord(
            id: id, host: host, port: port, incarnation: incarnation, startMark: startMark, mayStandIn: mayStandIn,
            offer: offer, lockDomain: lockDomain,
            acrossHosts: acrossHosts ?? false)
    }

    private enum Key: CodingKey { case maximumEpochSeen }

    package init(from decoder: any Decoder) throws {
        let fields = try WorkerFields(from: decoder)
        self.init(
            id: fields.id, host: fields.host, port: fields.port, incarnation: fields.incarnation,
            startMark: fields.startMark, mayStandIn: fields.mayStandIn, offer: fields.offer,
            lockDomain: fields.lockDomain,
            acrossHosts: fields.acrossHosts,
            maximumEpochSeen: try decoder.container(keyedBy: Key.self).decode(Epoch.self, forKey: .maximumEpochSeen))
    }

    package func encode(to encoder: any Encoder) throws {
        try WorkerFields(of: self).encode(to: encoder)
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(maximumEpochSeen, forKey: .maximumEpochSeen)
    }
}
