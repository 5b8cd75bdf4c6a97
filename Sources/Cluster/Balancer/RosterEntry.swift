/// One worker as the data plane needs to know it.
package struct RosterEntry: Sendable, Equatable {
    package let id: NodeID
    package let incarnation: UInt64
    package let host: String
    package let port: UInt16
    /// Relative weight; see `WorkerRecord`.
    package let capacity: Int
    /// Requests that it takes at the same time; 0 for as many as come.
    package let maximumRequests: Int
    package let state: WorkerState
    /// When the worker began its slow start; nil when it gets its full share.
    package let slowStartBegan: Instant?

    package init(
        id: NodeID, incarnation: UInt64, host: String, port: UInt16, capacity: Int = 1,
        maximumRequests: Int = 0, state: WorkerState,
        slowStartBegan: Instant? = nil
    ) {
        self.id = id
        self.incarnation = incarnation
        self.host = host
        self.port = port
        self.capacity = capacity
        self.maximumRequests = maximumRequests
        self.state = state
        self.slowStartBegan = slowStartBegan
    }

    /// Whether new requests may go there. An entry that may not still finishes the requests that it has.
    package var isRoutable: Bool { state == .ready }
}
