/// A worker's decision on the epoch of a request: the fence of the data path.
///
/// Only this type compares a request's epoch. The shell's gate and `MemberCore` both use it.
package enum FenceVerdict: Equatable, Sendable {
    case current
    /// The first request of a new reign. The member core must know.
    case newer
    /// The balancer is a past one: the worker refuses the request.
    case stale(highest: Epoch)
    /// The epoch is too high: with it the fence could exclude every later balancer for good. See `Epoch.reach`.
    case absurd

    /// Compares `epoch` with the highest epoch that the worker has met.
    package init(of epoch: Epoch, highest: Epoch) {
        if epoch == highest {
            self = .current
        } else if epoch < highest {
            self = .stale(highest: highest)
        } else {
            self = epoch <= highest.reach ? .newer : .absurd
        }
    }
}
