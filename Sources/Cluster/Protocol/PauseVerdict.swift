/// The balancer's answer to an operator's order to pause or resume.
package enum PauseVerdict: Sendable, Equatable {
    case changed
    /// The requests were in the wanted state before.
    case unchanged
    /// This balancer's reign is over.
    case over
}
