/// The balancer's first answer to a registration.
package enum RegistrationVerdict: Sendable, Equatable {
    /// Connect to the ticket's address, verify the node there, and report it with `connectBackFinished`.
    case connectBack(AdmissionTicket)
    case refused(Refusal)
}
