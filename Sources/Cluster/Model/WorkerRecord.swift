/// What the cluster knows of one worker, as it is stored, sent and handed to a successor.
package struct WorkerRecord: Codable, Sendable, Equatable {
    package var id: NodeID
    /// The address that the worker serves on: an IP address without brackets, or a DNS name.
    package var host: String
    package var port: UInt16
    /// Rises with every start of the worker's process; the higher one is the living one.
    package var incarnation: UInt64
    /// Whether the worker holds what it takes to start a balancer: a balancer certificate and the state directory.
    package var mayStandIn: Bool
    /// Relative weight, 1 to `maximumCapacity`: a worker of capacity 2 is given twice the requests of one of capacity 1.
    package var capacity: Int
    /// Requests that the worker takes at the same time, up to `maximumConcurrency`; 0 for as many as come.
    package var maximumRequests: Int
    /// The state directory that the worker uses; nil for a node of an earlier version.
    package var home: Home?
    /// Whether the worker may start a balancer in its own home when that of another home is gone.
    package var acrossHosts: Bool
    package var state: WorkerState

    package static let maximumCapacity = 1000
    package static let maximumConcurrency = 65_535

    package init(
        id: NodeID, host: String, port: UInt16, incarnation: UInt64, mayStandIn: Bool, capacity: Int = 1,
        maximumRequests: Int = 0, home: Home? = nil, acrossHosts: Bool = false, state: WorkerState = .joining
    ) {
        self.id = id
        self.host = host
        self.port = port
        self.incarnation = incarnation
        self.mayStandIn = mayStandIn
        self.capacity = capacity
        self.maximumRequests = maximumRequests
        self.home = home
        self.acrossHosts = acrossHosts
        self.state = state
    }

    // The synthesized decoder would demand every field; a node of an earlier version knows no limit
    // and no home.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(NodeID.self, forKey: .id)
        host = try fields.decode(String.self, forKey: .host)
        port = try fields.decode(UInt16.self, forKey: .port)
        incarnation = try fields.decode(UInt64.self, forKey: .incarnation)
        mayStandIn = try fields.decode(Bool.self, forKey: .mayStandIn)
        capacity = try fields.decode(Int.self, forKey: .capacity)
        maximumRequests = try fields.decodeIfPresent(Int.self, forKey: .maximumRequests) ?? 0
        home = try fields.decodeIfPresent(Home.self, forKey: .home)
        acrossHosts = try fields.decodeIfPresent(Bool.self, forKey: .acrossHosts) ?? false
        state = try fields.decode(WorkerState.self, forKey: .state)
    }

    /// Whether both mean the same socket address, literally; names are not resolved here.
    package func hasAddress(of other: WorkerRecord) -> Bool {
        port == other.port && host == other.host
    }

    /// This record with an incarnation above that of `earlier`.
    func laterThan(_ earlier: WorkerRecord?) -> WorkerRecord {
        guard let earlier, earlier.incarnation >= incarnation, earlier.incarnation < .max else { return self }
        var record = self
        record.incarnation = earlier.incarnation + 1
        return record
    }

    /// The order of succession: (port, host, id).
    package static func precedes(_ left: WorkerRecord, _ right: WorkerRecord) -> Bool {
        if left.port != right.port { return left.port < right.port }
        if left.host != right.host { return left.host < right.host }
        return left.id < right.id
    }
}
