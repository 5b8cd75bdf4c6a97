package import Cluster
private import Synchronization

/// The data path's fence of a worker, on all its loops: requests of an older reign are refused.
package final class FenceGate: Sendable {
    package enum Verdict: Equatable, Sendable {
        case current
        /// The first request of a new reign: the member core wants to know.
        case newer
        case stale(highest: UInt64)
        /// No balancer can ever have got so far: raised to this, the fence would shut everybody out for good.
        case absurd
    }

    private let highest: Atomic<UInt64>

    package init(highest: Epoch) {
        self.highest = Atomic(highest.value)
    }

    package func check(_ epoch: UInt64) -> Verdict {
        if epoch == highest.load(ordering: .relaxed) { return .current }
        if epoch > Epoch.ceiling.value { return .absurd }
        let (before, _) = highest.max(epoch, ordering: .acquiringAndReleasing)
        if epoch < before { return .stale(highest: before) }
        return epoch > before ? .newer : .current
    }

    /// Learns of an epoch from elsewhere.
    package func raise(to epoch: Epoch) {
        highest.max(epoch.value, ordering: .acquiringAndReleasing)
    }
}
