/// The fields that a registration and a stored record of a worker have in common, in messages and in files.
///
/// The fields of the offer stand beside the others. A node of an earlier version sends no lock domain and no
/// start mark.
struct WorkerFields: Codable {
    let id: NodeID
    let host: String
    let port: UInt16
    let incarnation: UInt64
    let startMark: UInt32?
    let mayStandIn: Bool
    let offer: WorkerOffer
    let lockDomain: LockDomain?
    let acrossHosts: Bool?

    init(of record: WorkerRecord) {
        id = record.id
        host = record.host
        port = record.port
        incarnation = record.incarnation
        startMark = record.startMark
        mayStandIn = record.mayStandIn
        offer = record.offer
        lockDomain = record.lockDomain
        acrossHosts = record.acrossHosts
    }

    init(of registration: Registration) {
        id = registration.id
        host = registration.host
        port = registration.port
        incarnation = registration.incarnation
        startMark = registration.startMark
        mayStandIn = registration.mayStandIn
        offer = registration.offer
        lockDomain = registration.lockDomain
        acrossHosts = registration.acrossHosts
    }

    private enum Key: String, CodingKey {
        case id, host, port, incarnation, mayStandIn, acrossHosts
        case lockDomain = "home"
        case startMark = "start"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        id = try fields.decode(NodeID.self, forKey: .id)
        host = try fields.decode(String.self, forKey: .host)
        port = try fields.decode(UInt16.self, forKey: .port)
        incarnation = try fields.decode(UInt64.self, forKey: .incarnation)
        startMark = try fields.decodeIfPresent(UInt32.self, forKey: .startMark)
        mayStandIn = try fields.decode(Bool.self, forKey: .mayStandIn)
        offer = try WorkerOffer(from: decoder)
        lockDomain = try fields.decodeIfPresent(LockDomain.self, forKey: .lockDomain)
        acrossHosts = try fields.decodeIfPresent(Bool.self, forKey: .acrossHosts)
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(host, forKey: .host)
        try fields.encode(port, forKey: .port)
        try fields.encode(incarnation, forKey: .incarnation)
        try fields.encodeIfPresent(startMark, forKey: .startMark)
        try fields.encode(mayStandIn, forKey: .mayStandIn)
        try offer.encode(to: encoder)
        try fields.encodeIfPresent(lockDomain, forKey: .lockDomain)
        try fields.encodeIfPresent(acrossHosts, forKey: .acrossHosts)
    }
}
