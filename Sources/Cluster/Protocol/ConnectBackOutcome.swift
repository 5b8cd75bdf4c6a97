/// What the shell found at the address that a registering worker claimed.
package enum ConnectBackOutcome: Sendable, Equatable {
    /// The same identity as the peer that registered, able to serve.
    case sameNode
    /// Nobody answered; the text says why.
    case unreachable(String)
    /// Somebody else answered; the text says who.
    case otherNode(String)
    /// The right node answered, but its certificate is not good for the claimed host.
    case hostNotInCertificate
    /// The right node answered, but its `/health` was not 200; the text says what it was.
    case unhealthy(String)
}
