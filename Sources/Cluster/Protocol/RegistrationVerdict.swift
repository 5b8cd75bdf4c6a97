/// What the balancer says to a registration at first sight.
package enum RegistrationVerdict: Sendable, Equatable {
    /// Connect to the ticket's address, look who answers, and report it with `connectBackFinished`.
    case connectBack(AdmissionTicket)
    case refused(Refusal)
}
