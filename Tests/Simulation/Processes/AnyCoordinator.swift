import Cluster

/// Where the epochs of a history come from: the lock of a state directory, or a lease that a paused holder loses.
enum AnyCoordinator: Coordinator {
    case lock(LockCoordinator<SimulatedStore>)
    case lease(SimulatedLease, process: Int)

    mutating func acquire(after: Epoch) -> CoordinatorGrant {
        switch self {
        case .lock(var coordinator):
            let grant = coordinator.acquire(after: after)
            self = .lock(coordinator)
            return grant
        case .lease(let lease, let process):
            return lease.acquire(after: after, for: process)
        }
    }

    mutating func release() {
        switch self {
        case .lock(var coordinator):
            coordinator.release()
            self = .lock(coordinator)
        case .lease(let lease, let process):
            lease.release(by: process)
        }
    }
}

/// A lease in a store outside: two balancers can live at once, as they could on several machines, and it is the epoch
/// alone that keeps the older one from doing harm.
final class SimulatedLease {
    private(set) var holder: Int?
    private var lastEpoch = Epoch.none

    func acquire(after: Epoch, for process: Int) -> CoordinatorGrant {
        if let holder, holder != process { return .heldByOther("process \(holder)") }
        lastEpoch = max(lastEpoch, after).next
        holder = process
        return .granted(lastEpoch)
    }

    func release(by process: Int) {
        if holder == process { holder = nil }
    }
}
