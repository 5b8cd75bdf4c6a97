/// One worker as `/status` shows it.
package struct WorkerStatus: Sendable, Equatable {
    package let record: WorkerRecord
    /// The last good probe, connect-back or watch; nil for a hint that never answered.
    package let lastSeen: Instant?
    /// Requests in the worker by its own count, from its last watch.
    package let inFlightReported: Int
    /// Since this incarnation registered.
    package let probeFailures: UInt64
    package let requestFailures: UInt64
    package let ejections: UInt64
    /// Why the worker is not routable, when it failed.
    package let reason: String?
}
