/// What the shell found when it asked a worker for `/health`, over a connection whose identity it checked.
package enum ProbeOutcome: Sendable, Equatable {
    /// 200 from the right node.
    case passed
    /// Too late, a wrong status, a broken connection; the text says which.
    case failed(String)
    /// Nobody listens at the address: certain enough to eject at once.
    case refusedConnection
    /// Somebody else answered; the text says who. Ejects at once: a stolen port gets no traffic.
    case otherNode(String)
}
