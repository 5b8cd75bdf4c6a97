package import Cluster
private import Synchronization

/// The data path's fence of a worker, on all its loops: requests of an older reign are refused.
package final class FenceGate: Sendable {
    private let highest: Atomic<UInt64>

    package init(highest: Epoch) {
        self.highest = Atomic(highest.value)
    }

    package func check(_ epoch: UInt64) -> FenceVerdict {
        let epoch = Epoch(epoch)
        let verdict = FenceVerdict(of: epoch, highest: Epoch(highest.load(ordering: .relaxed)))
        guard case .newer = verdict else { return verdict }
        // Another loop may have raised it meanwhile: what stood there before the change decides.
        let (before, _) = highest.max(epoch.value, ordering: .acquiringAndReleasing)
        return FenceVerdict(of: epoch, highest: Epoch(before))
    }

    /// Learns of an epoch from elsewhere.
    package func raise(to epoch: Epoch) {
        highest.max(epoch.value, ordering: .acquiringAndReleasing)
    }
}
