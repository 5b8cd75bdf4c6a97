/// The result of a connect-back to the address that a registering worker claims.
package enum ConnectBackOutcome: Sendable, Equatable {
    /// The same identity as the peer that registered, able to serve.
    case sameNode
    /// No process answered. The text gives the reason.
    case unreachable(String)
    /// Another node answered. The text names it.
    case otherNode(String)
    /// The right node answered, but its certificate is not valid for the claimed host.
    case hostNotInCertificate
    /// The right node answered, but the status of `/health` was not 200. The text gives the status.
    case unhealthy(String)
}
