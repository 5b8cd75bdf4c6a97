import Cluster

/// The coordinator of a history: the lock of a state directory, or a lease that a paused holder loses.
enum AnyCoordinator {
    case lock(HostFence<SimulatedStore>)
    case lease(SimulatedLease, process: Int)

    mutating func acquire(after: Epoch) -> FenceAttempt {
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

/// A lease in an external store. Two balancers can live at a time, as on several machines.
///
/// The epoch on each request keeps the older balancer from doing harm. At its next renewal the balancer's lease client
/// also learns of the loss.
final class SimulatedLease {
    /// The duration of the lease without a renewal.
    static let milliseconds: Int64 = 1000

    private(set) var holder: Int?
    private var lastEpoch = Epoch.none
    /// The processes whose lease client knows of the loss, each with the time since when it knows.
    private var toldOff: [(process: Int, since: Instant)] = []

    func tellOff(_ process: Int, now: Instant) {
        if holder != process { toldOff.append((process, now)) }
    }

    func isToldOff(_ process: Int) -> Bool { toldOffSince(process) != nil }

    func toldOffSince(_ process: Int) -> Instant? { toldOff.first { $0.process == process }?.since }

    func acquire(after: Epoch, for process: Int) -> FenceAttempt {
        if let holder, holder != process { return .heldByOther("process \(holder)") }
        lastEpoch = max(lastEpoch, after).next
        holder = process
        // An earlier loss says nothing about the new lease.
        toldOff.removeAll { $0.process == process }
        return .granted(lastEpoch)
    }

    func release(by process: Int) {
        if holder == process { holder = nil }
    }
}
