/// A worker's request for membership. Before the connect-back it is only a claim.
package struct Registration: Codable, Sendable, Equatable {
    package var id: NodeID
    package var host: String
    package var port: UInt16
    package var incarnation: UInt64
    package var mayStandIn: Bool
    package var offer: WorkerOffer
    /// See `WorkerRecord`. An earlier version does not send it.
    package var lockDomain: LockDomain?
    package var acrossHosts: Bool?
    /// The highest epoch that the worker has met. For a balancer below it that is a claim, and it asks whether it still
    /// reigns.
    package var maximumEpochSeen: Epoch

    package init(
        id: NodeID, host: String, port: UInt16, incarnation: UInt64, mayStandIn: Bool,
        offer: WorkerOffer = WorkerOffer(), lockDomain: LockDomain? = nil, acrossHosts: Bool? = nil,
        maximumEpochSeen: Epoch = .none
    ) {
        self.id = id
        self.host = host
        self.port = port
        self.incarnation = incarnation
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
            mayStandIn: record.mayStandIn, offer: record.offer, lockDomain: record.lockDomain,
            acrossHosts: record.acrossHosts,
            maximumEpochSeen: maximumEpochSeen)
    }

    /// The record that the worker claims.
    var record: WorkerRecord {
        WorkerRecord(
            id: id, host: host, port: port, incarnation: incarnation, mayStandIn: mayStandIn, offer: offer,
            lockDomain: lockDomain,
            acrossHosts: acrossHosts ?? false)
    }

    private enum Key: String, CodingKey {
        case id, host, port, incarnation, mayStandIn, lockDomain, acrossHosts, maximumEpochSeen
        case lockDomain = "home"
    }

    // The fields of the offer stand beside the others.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        id = try fields.decode(NodeID.self, forKey: .id)
        host = try fields.decode(String.self, forKey: .host)
        port = try fields.decode(UInt16.self, forKey: .port)
        incarnation = try fields.decode(UInt64.self, forKey: .incarnation)
        mayStandIn = try fields.decode(Bool.self, forKey: .mayStandIn)
        offer = try WorkerOffer(from: decoder)
        lockDomain = try fields.decodeIfPresent(LockDomain.self, forKey: .lockDomain)
        acrossHosts = try fields.decodeIfPresent(Bool.self, forKey: .acrossHosts)
        maximumEpochSeen = try fields.decode(Epoch.self, forKey: .maximumEpochSeen)
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(host, forKey: .host)
        try fields.encode(port, forKey: .port)
        try fields.encode(incarnation, forKey: .incarnation)
        try fields.encode(mayStandIn, forKey: .mayStandIn)
        try offer.encode(to: encoder)
        try fields.encodeIfPresent(lockDomain, forKey: .lockDomain)
        try fields.encodeIfPresent(acrossHosts, forKey: .acrossHosts)
        try fields.encode(maximumEpochSeen, forKey: .maximumEpochSeen)
    }
}
