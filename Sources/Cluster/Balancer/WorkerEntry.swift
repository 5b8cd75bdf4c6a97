/// One worker in the balancer's registry: its record, its health, its timers.
///
/// The states and the transitions between them:
/// ```
///   (connect-back) ──▶ ready ──watch ended──▶ suspect ──1 pass──▶ ready
///   (hint) joining ──1 pass──▶ ready          suspect ──fall failures, refused, other node──▶ ejected
///   ready ──fall failures or requestFailuresToEject, unless panic mode; refused, other node──▶ ejected
///   ejected ──rise passes, not before `ejectedUntil`──▶ ready      (`ejectedUntil` is set by faults of responses only)
///   any ──drain──▶ draining ──leave, watch ended──▶ (gone)         unroutable for too long ──▶ (gone)
///   any ──drain by an operator──▶ draining (`isDrained`) ──undrain──▶ ready, or joining until 1 pass
/// ```
/// Flapping (a failure soon after a recovery) doubles the required passes. The entry decides nothing that depends on
/// other workers: the core decides whether soft evidence may eject it.
struct WorkerEntry: Sendable {
    var record: WorkerRecord

    /// True for a predecessor's entry that has not been verified yet.
    var isHint = false
    var lastSeen: Instant?
    var inFlightReported = 0

    // Standing in. `record.mayStandIn` is true once the worker's right is proved.

    /// The worker claims that it may stand in.
    var claimsStandIn = false
    /// The worker's last watch reports a parked standby.
    var hasStandby = false
    /// This start of the worker has shown its node's balancer certificate.
    var hasShownCertificate = false
    /// The end of the time in which an earlier proof still counts.
    var standInEnds: Instant?

    // Lease. Nil until the first watch, and again once its silence has been noted.
    var leaseEnds: Instant?
    var lastWatch: Instant?

    // Probes. When `isProbing`, `nextProbe` is the time at which the probe counts as lost.
    var isProbing = false
    /// The running probe began before the news that made it useless: its success proves nothing.
    var probeIsStale = false
    var nextProbe: Instant
    var passes = 0
    var failures = 0

    // Requests.
    var requestFailuresInRow = 0
    var requestEjections = 0
    /// No return before this instant, even with good probes. Nil for an ejection that ends when the probes pass.
    var ejectedUntil: Instant?
    /// Panic mode for this worker has been logged.
    var isSpared = false

    // Routability.
    var readySince: Instant?
    /// The time of the last recovery from a failure; nil for a worker that never failed.
    var recoveredAt: Instant?
    var unroutableSince: Instant?
    var slowStartBegan: Instant?
    var flaps = 0
    var reason: String?

    // Counters for `/status`.
    var probeFailuresTotal: UInt64 = 0
    var requestFailuresTotal: UInt64 = 0
    var ejectionsTotal: UInt64 = 0

    /// The instant of this entry in the core's heap.
    var scheduled: Instant?

    init(record: WorkerRecord, nextProbe: Instant) {
        self.record = record
        self.nextProbe = nextProbe
    }

    var isRoutable: Bool { record.state == .ready }

    /// The entry counts as failing in the decision on panic mode.
    func isFailing(_ settings: ClusterSettings) -> Bool {
        isRoutable && (failures > 0 || requestFailuresInRow >= settings.requestFailuresToEject)
    }

    /// The number of passes in a row that the present state requires.
    func passesNeeded(_ settings: ClusterSettings) -> Int {
        switch record.state {
        case .joining: 1
        case .suspect: 1 << flaps
        case .ejected: settings.rise << flaps
        case .ready, .draining: .max
        }
    }

    /// Returns whether the passes so far return the worker to the rotation at `now`.
    func mayReturn(at now: Instant, _ settings: ClusterSettings) -> Bool {
        if let ejectedUntil, now < ejectedUntil { return false }
        return passes >= passesNeeded(settings)
    }

    /// Puts the worker into the rotation. A worker that was only a hint is warm already and skips the slow start.
    mutating func becomeReady(at now: Instant, _ settings: ClusterSettings) {
        let returns = record.state == .suspect || record.state == .ejected
        recoveredAt = returns ? now : recoveredAt
        slowStartBegan = isHint || settings.slowStartMilliseconds == 0 ? nil : now
        record.state = .ready
        isHint = false
        readySince = now
        unroutableSince = nil
        ejectedUntil = nil
        requestFailuresInRow = 0
        isSpared = false
        reason = nil
    }

    /// Takes the worker out of the rotation, to `suspect` or `ejected`.
    mutating func becomeUnroutable(_ state: WorkerState, reason: String, at now: Instant, _ settings: ClusterSettings) {
        if isRoutable {
            let isFlapping = recoveredAt.map { now.milliseconds(since: $0) < settings.flapWindowMilliseconds } ?? false
            flaps = isFlapping ? min(flaps + 1, settings.flapMaximumDoublings) : 0
        }
        if state == .ejected { ejectionsTotal &+= 1 }
        record.state = state
        unroutableSince = unroutableSince ?? now
        slowStartBegan = nil
        readySince = nil
        passes = 0
        isSpared = false
        self.reason = reason
    }

    /// The time of its next timer.
    func deadline(_ settings: ClusterSettings) -> Instant {
        var earliest = nextProbe
        if let leaseEnds { earliest = min(earliest, leaseEnds) }
        if let ejectedUntil { earliest = min(earliest, ejectedUntil) }
        if let standInEnds { earliest = min(earliest, standInEnds) }
        if let dropped = dropTime(settings) { earliest = min(earliest, dropped) }
        return earliest
    }

    /// The time at which the worker has been unroutable for too long. A draining worker has time while it watches. The
    /// time of an ejection does not count.
    func dropTime(_ settings: ClusterSettings) -> Instant? {
        guard var since = unroutableSince else { return nil }
        if record.state == .draining, let lastWatch { since = max(since, lastWatch) }
        if let ejectedUntil { since = max(since, ejectedUntil) }
        return since.advanced(byMilliseconds: settings.dropMilliseconds)
    }
}
