/// The balancer's answer to a drain or a leave.
package enum DepartureVerdict: Sendable, Equatable {
    /// 200. A repeated request has the same effect.
    case accepted(Epoch)
    /// 404: there is no worker with this name and incarnation.
    case unknown
    case refused(Refusal)
}
