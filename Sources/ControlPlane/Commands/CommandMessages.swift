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

/// The content of an order to pause. A name of a service may follow later.
package struct PauseOrder: Codable, Sendable {
    /// Omitted for a pause that only an operator ends.
    package var milliseconds: Int64?

    package init(milliseconds: Int64?) { self.milliseconds = milliseconds }

    private enum CodingKeys: String, CodingKey { case milliseconds = "for_ms" }
}

/// The answer to a pause or a resume.
package struct PauseReport: Codable, Sendable, Equatable {
    /// False if nothing had to be done.
    package var isChanged: Bool
    /// Omitted while new requests get workers.
    package var pause: StatusReport.Pause?
    /// As that of `DrainReport`.
    package var isStored = false

    package init(isChanged: Bool, pause: StatusReport.Pause?) {
        self.isChanged = isChanged
        self.pause = pause
    }

    private enum CodingKeys: String, CodingKey {
        case pause
        case isChanged = "changed"
        case isStored = "stored"
    }
}

/// The content of an order to stop.
package struct StopOrder: Codable, Sendable {
    /// All workers end before the balancer.
    package var cluster: Bool

    package init(cluster: Bool) { self.cluster = cluster }
}

/// The answer to an order to stop.
package struct StopReport: Codable, Sendable, Equatable {
    /// The workers that get the order too; empty if only the balancer ends.
    package var workers: [NodeID]
    /// A number of the balancer's own PID namespace.
    package var pid: Int32

    package init(workers: [NodeID], pid: Int32) {
        self.workers = workers
        self.pid = pid
    }
}
