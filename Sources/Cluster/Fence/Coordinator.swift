/// Where a balancer gets its epoch from: the fence that lets at most one balancer reign.
///
/// On one host it is a lock file in the state directory; for many machines it can be a lease in a consensus store. The
/// law of every coordinator: a grant is exclusive until its holder is gone or has released it, and no epoch is granted
/// twice.
package protocol Coordinator {
    /// Tries once, without waiting, to become the only balancer under an epoch above `after`.
    mutating func acquire(after: Epoch) -> CoordinatorGrant

    /// Gives the reign back. The epoch stays used.
    mutating func release()
}
