package import Cluster
private import Synchronization

/// A worker's fence on the data path, on all its loops: it refuses requests of an older reign.
///
/// Only requests of a peer with a balancer's certificate reach it.
package final class FenceGate: Sendable {
    private let highest: Atomic<UInt64>
    /// The last reign whose address is known.
    private let located = Mutex<(epoch: Epoch, address: BalancerAddress?)>((.none, nil))

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
        located.withLock { $0 = (epoch, address) }
    }

    /// The information for a past balancer. A request may have raised the epoch before the address of that reign is known.
    /// The address is nil then: that of an earlier reign would mislead.
    package var reign: (epoch: Epoch, address: BalancerAddress?) {
        let epoch = Epoch(highest.load(ordering: .acquiring))
        let last = located.withLock { $0 }
        return (epoch, last.epoch == epoch ? last.address : nil)
    }
}
