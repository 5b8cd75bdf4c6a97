/// The times of a lease, in milliseconds.
package struct LeaseTiming: Sendable, Equatable {
    /// The time for which the store keeps the leader key after the last renewal.
    package var lifetimeMilliseconds: Int64 = 5000
    /// The most time of a member of the store for one answer.
    package var callMilliseconds: Int64 = 1000
    /// The same after a failure. Three members fit into the time of a reign.
    package var nextCallMilliseconds: Int64 = 500
    /// The pause after every member has failed once.
    package var pauseMilliseconds: Int64 = 250
    /// The most time of a claim, without the wait in an empty store.
    package var claimMilliseconds: Int64 = 4000
    /// The time for which a balancer that ends in order leaves the lock to a successor on the same host.
    package var successorMilliseconds: Int64 = 150
    /// The most time of the command before a release.
    package var hookMilliseconds: Int64 = 2000

    package init() {}

    package init(lifetimeSeconds: Int) {
        lifetimeMilliseconds = Int64(lifetimeSeconds) * 1000
    }

    var lifetimeSeconds: Int { Int(lifetimeMilliseconds / 1000) }
    /// Four chances before the reign ends, and at most one renewal a second.
    var renewalMilliseconds: Int64 { min(1000, lifetimeMilliseconds / 5) }
    /// The reign ends this long after its last counted renewal. The last fifth is for the end itself.
    var reignMilliseconds: Int64 { lifetimeMilliseconds / 5 * 4 }
}
