package import Cluster

/// The content of an order for one worker.
package struct WorkerOrder: Codable, Sendable {
    package var id: NodeID

    package init(id: NodeID) { self.id = id }
}

/// The answer to a drain or an undrain.
package struct DrainReport: Codable, Sendable, Equatable {
    package var id: NodeID
    package var state: WorkerState
    /// False if the worker was in the wanted state before.
    package var isChanged: Bool
    /// The balancer's outstanding requests at the worker.
    package var inFlight: Int
    /// The order is on the disk. If it is not, a successor knows it once a worker has received the new list.
    package var isStored = false

    private enum CodingKeys: String, CodingKey {
        case id, state
        case isChanged = "changed"
        case inFlight = "in_flight"
        case isStored = "stored"
    }
}
