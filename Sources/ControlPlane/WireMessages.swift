package import Cluster

/// 200 to a registration.
package struct RegistrationAnswer: Codable, Sendable {
    package var snapshot: Snapshot
    package var settings: ClusterSettings
    /// What a successor of another home would start with. An earlier version does not say.
    package var configuration: BalancerConfiguration?
}

/// 200 to a watch.
package struct WatchAnswer: Codable, Sendable {
    package var epoch: Epoch
    package var version: UInt64
    /// Only when the worker's is older.
    package var snapshot: Snapshot?
    /// Only when the worker's snapshot is of an earlier reign.
    package var configuration: BalancerConfiguration?
}

/// The body of drain and leave.
package struct Departure: Codable, Sendable {
    package var id: NodeID
    package var incarnation: UInt64
}

/// Any answer but 200.
package struct ErrorAnswer: Codable, Sendable {
    package var error: String
    package var refusal: Refusal?
}

/// 200 where there is nothing else to say.
package struct Acknowledgement: Codable, Sendable {
    package var epoch: Epoch
}
