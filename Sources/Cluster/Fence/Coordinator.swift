/// Where a balancer gets its epoch from: the fence that lets at most one balancer reign.
///
/// On one host it is a lock file in the state directory; for many machines it can be a lease in a consensus store. The
/// law of every coordinator: no epoch is granted twice, and a grant is exclusive until its holder is gone, has released it or
/// has lost it. A lock of the kernel is lost with its file only; a lease also by a holder that stood still for too long, and
/// which learns of it from nobody else: workers that know the later reign refuse it, but it may have no workers.
package protocol Coordinator {
    /// Tries once, without waiting, to become the only balancer under an epoch above `after`.
    mutating func acquire(after: Epoch) -> CoordinatorGrant

    /// Gives the reign back. The epoch stays used.
    mutating func release()

    /// Whether what was granted still stands; waits for nobody. The holder asks once a second, and first of all after a pause
    /// of its own (`BalancerCore`). A lease whose time is over on the holder's clock is lost, whether or not its store can be
    /// reached: it must end before the store grants it to somebody else.
    mutating func standing() -> FenceStanding
}
