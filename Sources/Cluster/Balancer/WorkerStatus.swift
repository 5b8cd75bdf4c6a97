/// One worker, as `/status` shows it.
package struct WorkerStatus: Sendable, Equatable {
    package let record: WorkerRecord
    /// The last good probe, connect-back or watch; nil for a hint that never answered.
    package let lastSeen: Instant?
    /// The worker's own count of its requests, from its last watch.
    package let inFlightReported: Int
    /// The worker keeps a balancer process parked, which reigns at once after a takeover.
    package let hasStandby: Bool
    /// The count since this incarnation registered.
    package let probeFailures: UInt64
    package let requestFailures: UInt64
    package let ejections: UInt64
    /// The reason why the worker is not routable, after a failure.
    package let reason: String?
}
