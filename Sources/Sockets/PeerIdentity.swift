/// Who is at the other end of a connection, as far as its certificate tells.
public enum PeerIdentity: Equatable, Sendable {
    /// No certificate: the plain build, or a client of the public port.
    case anonymous
    /// A verified certificate with exactly one URI among its subject alternative names: this one.
    case uri(String)
    /// The certificate was issued by our CA but can't name a node: one line that says why.
    case unusable(String)
}
