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

    mutating func standing() -> FenceStanding {
        switch self {
        case .lock(var coordinator):
            let standing = coordinator.standing()
            self = .lock(coordinator)
            return standing
        case .lease(let lease, let process):
            return lease.isToldOff(process) ? .lost("the lease ended") : .held
        }
    }
}

/// A lease in a store outside: two balancers can live at once, as they could on several machines. What keeps the older one
/// from doing harm is the epoch, and in the end its own client, which is told that the lease is over when it next renews it.
final class SimulatedLease {
    /// How long it lasts without being renewed.
    static let milliseconds: Int64 = 1000

    private(set) var holder: Int?
    private var lastEpoch = Epoch.none
    /// Processes whose client knows that the lease is over, and since when.
    private var toldOff: [(process: Int, since: Instant)] = []

    func tellOff(_ process: Int, now: Instant) {
        if holder != process { toldOff.append((process, now)) }
    }

    func isToldOff(_ process: Int) -> Bool { toldOffSince(process) != nil }

    func toldOffSince(_ process: Int) -> Instant? { toldOff.first { $0.process == process }?.since }

    func acquire(after: Epoch, for process: Int) -> CoordinatorGrant {
        if let holder, holder != process { return .heldByOther("process \(holder)") }
        lastEpoch = max(lastEpoch, after).next
        holder = process
        // What its client was told before it had a lease is not said of this one.
        toldOff.removeAll { $0.process == process }
        return .granted(lastEpoch)
    }

    func release(by process: Int) {
        if holder == process { holder = nil }
    }
}
