/// The identity of a connection's peer, according to its certificate.
public enum PeerIdentity: Equatable, Sendable {
    /// No certificate: the plain build, or a client of the public port.
    case anonymous
    /// A verified certificate with exactly this URI among its subject alternative names.
    case uri(String)
    /// A certificate of the cluster's CA that can't name a node. The text gives the reason in one line.
    case unusable(String)
}
