package import Cluster
private import Synchronization

/// A worker's fence on the data path, on all its loops: it refuses requests of an older reign.
///
/// Only requests of a peer with a balancer's certificate reach it.
package final class FenceGate: Sendable {
    private let highest: Atomic<UInt64>
    private let place = Mutex<BalancerAddress?>(nil)

    package init(highest: Epoch) {
        self.highest = Atomic(highest.value)
    }

    package func check(_ epoch: UInt64) -> FenceVerdict {
        let epoch = Epoch(epoch)
        let verdict = FenceVerdict(of: epoch, highest: Epoch(highest.load(ordering: .relaxed)))
        guard case .newer = verdict else { return verdict }
        // Another loop may have raised it meanwhile. The value before this change decides.
        let (before, _) = highest.max(epoch.value, ordering: .acquiringAndReleasing)
        return FenceVerdict(of: epoch, highest: Epoch(before))
    }

    /// Raises the epoch because of other information, and stores the balancer's address.
    package func raise(to epoch: Epoch, at address: BalancerAddress?) {
        highest.max(epoch.value, ordering: .acquiringAndReleasing)
        place.withLock { $0 = address }
    }

    /// The information for a past balancer.
    package var reign: (epoch: Epoch, address: BalancerAddress?) {
        (Epoch(highest.load(ordering: .relaxed)), place.withLock { $0 })
    }
}
