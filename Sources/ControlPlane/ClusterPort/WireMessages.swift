package import Cluster
package import Settings

/// The content of 200 to a registration.
package struct RegistrationAnswer: Codable, Sendable {
    package var snapshot: Snapshot
    package var settings: ClusterSettings
    /// The configuration of a successor in another lock domain. An earlier version does not send it.
    package var configuration: ForeignConfiguration?
}

/// The content of 200 to a watch.
package struct WatchAnswer: Codable, Sendable {
    package var epoch: Epoch
    package var version: UInt64
    /// Present only if the worker's snapshot is older.
    package var snapshot: Snapshot?
    /// Present only if the worker's snapshot is of an earlier reign.
    package var configuration: ForeignConfiguration?
    /// True if the worker has to end, because an operator ends the whole cluster. An earlier version ignores it.
    package var stop: Bool?
}

/// The content of drain, leave and stand-in: the worker and its start.
package struct Departure: Codable, Sendable {
    package var id: NodeID
    package var incarnation: UInt64
    /// See `WorkerRecord`. An operator and an earlier version do not send it.
    package var startMark: UInt32?

    private enum CodingKeys: String, CodingKey {
        case id, incarnation
        case startMark = "start"
    }
}

/// The content of any answer except 200.
package struct ErrorAnswer: Codable, Sendable {
    package var error: String
    package var refusal: Refusal?
}

/// The content of 200 without other data.
package struct Acknowledgement: Codable, Sendable {
    package var epoch: Epoch
}
