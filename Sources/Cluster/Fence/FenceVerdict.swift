/// What a worker says to the epoch that a request carries: the fence of the data path.
///
/// The one place where a request's epoch is compared; the shell's gate and `MemberCore` both ask here.
package enum FenceVerdict: Equatable, Sendable {
    case current
    /// The first request of a new reign: the member core wants to know.
    case newer
    /// Its balancer is a past one: the request is refused.
    case stale(highest: Epoch)
    /// No balancer can ever have got so far: raised to this, the fence would shut everybody out for good.
    case absurd

    /// Judges `epoch` by the highest epoch that was met before.
    package init(of epoch: Epoch, highest: Epoch) {
        if epoch > .ceiling {
            self = .absurd
        } else if epoch < highest {
            self = .stale(highest: highest)
        } else {
            self = epoch > highest ? .newer : .current
        }
    }
}
