/// The result of a probe (`/health`), over a connection with a verified identity.
package enum ProbeOutcome: Sendable, Equatable {
    /// 200 from the right node.
    case passed
    /// A timeout, a wrong status, or a broken connection. The text says which.
    case failed(String)
    /// No process listens at the address. That is enough to eject at once.
    case refusedConnection
    /// Another node answered. The text names it. The worker is ejected at once: a stolen port gets no requests.
    case otherNode(String)
}
