/// One worker in the balancer's registry: its record, its health, its timers.
///
/// The states and what leads from one to the other:
/// ```
///   (connect-back) ──▶ ready ──watch ended──▶ suspect ──1 pass──▶ ready
///   (hint) joining ──1 pass──▶ ready          suspect ──fall failures, refused, other node──▶ ejected
///   ready ──fall failures or requestFailuresToEject, unless spared; refused, other node──▶ ejected
///   ejected ──rise passes, not before `ejectedUntil`──▶ ready
///   any ──drain──▶ draining ──leave, watch ended──▶ (gone)         unroutable for too long ──▶ (gone)
/// ```
/// Flapping (to fail soon after a recovery) doubles the passes that are needed. The entry decides nothing that depends
/// on the other workers: whether it may be ejected on soft evidence is the core's to judge.
struct WorkerEntry: Sendable {
    var record: WorkerRecord

    /// True for a predecessor's word that nobody has confirmed yet.
    var isHint = false
    var lastSeen: Instant?
    var inFlightReported = 0

    // Lease. Nil until the first watch, and again once its silence has been noted.
    var leaseEnds: Instant?
    var lastWatch: Instant?

    // Probes. When `isProbing`, `nextProbe` is the time at which the probe counts as lost.
    var isProbing = false
    /// The probe under way began before the news that made it worthless: its success proves nothing.
    var probeIsStale = false
    var nextProbe: Instant
    var passes = 0
    var failures = 0

    // Requests.
    var requestFailuresInRow = 0
    var requestEjections = 0
    /// No return before this instant, however good the probes.
    var ejectedUntil: Instant?
    /// The core has said once that it spares this worker.
    var isSpared = false

    // Routability.
    var readySince: Instant?
    /// When it last came back from a failure; nil for one that never failed.
    var recoveredAt: Instant?
    var unroutableSince: Instant?
    var slowStartBegan: Instant?
    var flaps = 0
    var reason: String?

    // Counters for `/status`.
    var probeFailuresTotal: UInt64 = 0
    var requestFailuresTotal: UInt64 = 0
    var ejectionsTotal: UInt64 = 0

    /// The instant under which this entry stands in the core's heap.
    var scheduled: Instant?

    init(record: WorkerRecord, nextProbe: Instant) {
        self.record = record
        self.nextProbe = nextProbe
    }

    var isRoutable: Bool { record.state == .ready }

    /// Whether it counts as failing in the question "is it me?".
    func isFailing(_ settings: ClusterSettings) -> Bool {
        isRoutable && (failures > 0 || requestFailuresInRow >= settings.requestFailuresToEject)
    }

    /// Passes in a row that the present state demands.
    func passesNeeded(_ settings: ClusterSettings) -> Int {
        switch record.state {
        case .joining: 1
        case .suspect: 1 << flaps
        case .ejected: settings.rise << flaps
        case .ready, .draining: .max
        }
    }

    /// Whether the passes so far bring it back at `now`.
    func mayReturn(at now: Instant, _ settings: ClusterSettings) -> Bool {
        if let ejectedUntil, now < ejectedUntil { return false }
        return passes >= passesNeeded(settings)
    }

    /// Into the rotation. A worker that was only a hint is warm already and skips the slow start.
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

    /// Out of the rotation, to `suspect` or `ejected`.
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

    /// When the next of its timers fires.
    func deadline(_ settings: ClusterSettings) -> Instant {
        var earliest = nextProbe
        if let leaseEnds { earliest = min(earliest, leaseEnds) }
        if let ejectedUntil { earliest = min(earliest, ejectedUntil) }
        if let evicted = evictionTime(settings) { earliest = min(earliest, evicted) }
        return earliest
    }

    /// When it has been unroutable for too long. A worker that drains is given time for as long as it watches, and one
    /// that is barred for a while is not removed for being barred.
    func evictionTime(_ settings: ClusterSettings) -> Instant? {
        guard var since = unroutableSince else { return nil }
        if record.state == .draining, let lastWatch { since = max(since, lastWatch) }
        if let ejectedUntil { since = max(since, ejectedUntil) }
        return since.advanced(byMilliseconds: settings.evictionMilliseconds)
    }
}
