/// A worker's claim to a place in the registry. Nothing in it is believed before the connect-back.
package struct Registration: Codable, Sendable, Equatable {
    package var id: NodeID
    package var host: String
    package var port: UInt16
    package var incarnation: UInt64
    package var mayStandIn: Bool
    package var capacity: Int
    /// Requests that it takes at the same time; nil or 0 for as many as come. An earlier version does not say.
    package var maximumRequests: Int?
    /// See `WorkerRecord`; an earlier version does not say.
    package var home: Home?
    package var acrossHosts: Bool?
    /// The highest epoch that the worker has met. A balancer below it is a past one and steps down.
    package var maximumEpochSeen: Epoch

    package init(
        id: NodeID, host: String, port: UInt16, incarnation: UInt64, mayStandIn: Bool, capacity: Int = 1,
        maximumRequests: Int? = nil, home: Home? = nil, acrossHosts: Bool? = nil, maximumEpochSeen: Epoch = .none
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
        self.maximumEpochSeen = maximumEpochSeen
    }
}
