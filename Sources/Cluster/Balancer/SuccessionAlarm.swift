/// Tells the operator when no worker may start a successor of this balancer.
///
/// A worker proves only after its registration that it may stand in, and a restarted worker is away for a moment. So the
/// alarm waits, and it waits for a first worker.
struct SuccessionAlarm: Sendable, Equatable {
    static let patienceMilliseconds: Int64 = 5000

    private var hadWorkers = false
    private var missingSince: Instant?
    private(set) var isRaised = false

    /// The registry has an entry. The registry reports each one: a worker may come and go between two checks.
    mutating func workerStored() {
        hadWorkers = true
    }

    /// Returns the event of this moment, if there is one.
    ///
    /// - Parameter standIns: the registered workers that may stand in.
    mutating func check(standIns: Int, now: Instant) -> ClusterEvent? {
        guard hadWorkers, standIns == 0 else {
            missingSince = nil
            defer { isRaised = false }
            return isRaised ? .successionRestored : nil
        }
        let since = missingSince ?? now
        missingSince = since
        guard !isRaised, now.milliseconds(since: since) >= SuccessionAlarm.patienceMilliseconds else { return nil }
        isRaised = true
        return .nobodyMayStandIn
    }
}
