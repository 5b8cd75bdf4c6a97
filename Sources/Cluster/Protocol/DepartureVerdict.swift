/// The balancer's answer to a drain or a leave.
package enum DepartureVerdict: Sendable, Equatable {
    /// 200. Asking twice is the same as asking once.
    case accepted(Epoch)
    /// 404: there is nobody of this name and incarnation to drain.
    case unknown
    case refused(Refusal)
}
