import Cluster

/// The lock and the epoch file of one state directory, or a lease in a store: the fence of the simulated world.
struct SimulatedLock: Coordinator {
    /// The process that holds it.
    var holder: Int?
    /// The process that the next `acquire` is for.
    var requester = 0
    /// Durable, like a file.
    private(set) var lastEpoch = Epoch.none
    private(set) var granted: [Epoch] = []

    mutating func acquire(after: Epoch) -> CoordinatorGrant {
        if let holder { return .heldByOther("process \(holder)") }
        lastEpoch = max(lastEpoch, after).next
        granted.append(lastEpoch)
        holder = requester
        return .granted(lastEpoch)
    }

    mutating func release() {
        holder = nil
    }
}
