internal import Cluster
internal import Settings

/// A request at the cluster port, on its way to the control loop.
struct ClusterRequest: Sendable {
    let message: ClusterMessage
    /// Nil in the plain build.
    let peer: NodeIdentity?
    let peerHost: String
    /// The peer's certificate is valid for the host that its registration claims; false for other messages.
    let isHostCertified: Bool
    /// The number of the port's connection.
    let connection: UInt64
    /// Delivers the answer, once, on any loop.
    let reply: @Sendable (ClusterAnswer) -> Void
}

/// The control loop's answer to a request at the cluster port. The port's loop encodes it.
enum ClusterAnswer: Sendable {
    case registered(Snapshot, ClusterSettings, ForeignConfiguration)
    /// The worker holds the list of this version.
    case unchanged(Epoch, version: UInt64)
    /// The worker has to end.
    case stop(Epoch, version: UInt64)
    case newer(Snapshot, ForeignConfiguration?)
    case acknowledged(Epoch)
    /// The worker is not in the registry.
    case unknown(String)
    case refused(Refusal)
}
