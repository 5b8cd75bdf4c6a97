/// The worker's side of the cluster: to join, to watch, to remember, and to bring the balancer back.
///
/// A value in which events go in and effects come out, like `BalancerCore`. Two things go on side by side:
///
/// **Membership.** At the door it sends registrations until one is accepted; a member sends checks ("watches"), and
/// goes back to the door when the balancer does not know it.
///
/// **Succession** (`SuccessionPhase`).
/// ```
///   idle ──certain death──▶ waiting rank x 150 ms ─────────────▶ takingOver ──started──▶ idle
///   idle ──3 checks missed──▶ waiting rank x 150 ms ──▶ prevoting ──agreed──▶ takingOver (may kill the hung holder)
///   prevoting ──outvoted──▶ idle          takingOver ──lock held, failed──▶ backingOff ──nobody came──▶ waiting
///   any ──a balancer of this or a higher epoch answers──▶ idle
/// ```
/// Laws:
/// - **No step back.** The highest epoch and the (epoch, version) of the snapshot only rise. A balancer below the
///   highest epoch is not obeyed, whatever it says, and its answers are no sign of life.
/// - **The order is only politeness.** Ranks, delays and prevotes spare the cluster needless attempts. That there is
///   never more than one balancer is the coordinator's doing (lock and epoch), not this machine's.
/// - **Who stood still does not accuse.** After a pause of its own a worker starts counting misses anew.
/// - **Who is refused does not accuse.** Only silence is a reason to kill: a worker with a wrong address, or one that has been
///   revoked, finds nobody who answers it, and the balancer may be well.
/// - **Nobody acts who is not trusted.** Only a worker that may stand in takes over: one of the last snapshot that holds the
///   listeners or knows the state directory, or else one that the last balancer has given its listeners.
///
/// What it does not know: processes, locks, files, and whether a killed holder is really gone.
package struct MemberCore: Sendable {
    /// This worker, as it registers. Its incarnation is above that of every earlier start that is known of, even when
    /// the wall clock, which the shell takes it from, was set back meanwhile; of what nobody here knows the balancer tells.
    package internal(set) var record: WorkerRecord
    package internal(set) var settings: ClusterSettings
    /// Whether the lock of this worker's state directory fences: a balancer has lived there.
    var knowsStateDirectory: Bool
    /// Whether a takeover of another home's balancer needs the majority of the registered workers.
    let needsQuorum: Bool

    /// The latest worker list that this worker has seen.
    package internal(set) var snapshot: Snapshot
    var order: SuccessionOrder

    /// The highest epoch that this worker has met.
    package internal(set) var highestEpoch: Epoch

    // Life.
    var isStarted = false
    var isStopping = false
    /// The latest instant that any event brought.
    var latest: Instant

    // Membership.

    /// Whether a balancer has accepted the registration and not forgotten it since.
    package internal(set) var isRegistered = false
    /// When to register next, or, while one is under way, when to give it up.
    var registerAt: Instant?
    var isRegistering = false
    /// How often it may still count on from an earlier start.
    var countsLeft = 8
    var registerAttempts = 0
    var lastRefusalMessage: String?
    var hasNotedUnreachable = false
    /// When a worker at the door, whom no balancer has answered since it knocked, suspects that there is none.
    var orphanAt: Instant?

    // Seats.

    /// Where this worker asks; nil in a cluster of one seat whose place the shell alone knows.
    var seat: Seat?
    /// Where a balancer may reign, bounded; the first ones are those that the shell knows.
    var seats: [Seat]
    var scoutAt: Instant?
    var scoutTurn = 0

    // Watch.
    var watchAt: Instant?
    var isWatchOut = false
    /// The check under way has been counted as a miss already.
    var isWatchOutCounted = false
    var misses = 0
    /// Connections to the balancer that failed in a row; the first ones are repeated quickly.
    var brokenWatches = 0
    var lastGoodCheck: Instant?
    /// The last question went to somebody who took the connection and said nothing: so a balancer looks that hangs. Who refuses
    /// the connection, or this worker's certificate, is awake, or is not there at all.
    var isSilent = false
    /// Which balancer was at the other end of the watch connection when it last answered.
    var watchedEpoch = Epoch.none
    var ignoredEpoch: Epoch?

    // Succession.
    var phase = SuccessionPhase.idle
    /// The balancer's process was reported gone, and no balancer has answered since.
    var isBalancerDead = false
    /// The balancer was stopped on purpose: nobody wants it back.
    var isSuspended = false
    var ballot = Ballot.none
    /// Whom of another home this worker supports.
    var promise: Promise?
    /// What has been said of the last ballot that brought no quorum; it is said once.
    var lastDefeat: MemberEvent?
    /// Passed over when ranks are reckoned: they did not answer a prevote since a balancer last answered.
    var knownDead: Set<NodeID> = []
    /// Attempts since a balancer last answered.
    var takeoversInRow = 0
    var handoverEpoch: Epoch?
    var isStandbyKept = false

    var generator: SeededGenerator
    var effects: [MemberEffect] = []

    /// - Parameters:
    ///   - record: this worker. Its state does not matter.
    ///   - snapshot: the one from the state directory, if there is one.
    ///   - highestEpoch: the highest epoch that is known from before, for example from the epoch file.
    ///   - knowsStateDirectory: whether this worker shares the balancer's state directory, and so its lock.
    ///   - seats: where a balancer may be found; the first is asked first.
    ///   - needsQuorum: false for a worker that may act on another home's balancer without a majority.
    ///   - seed: for jitter.
    package init(
        record: WorkerRecord, settings: ClusterSettings = ClusterSettings(), snapshot: Snapshot? = nil,
        highestEpoch: Epoch = .none, knowsStateDirectory: Bool = true, seats: [Seat] = [],
        needsQuorum: Bool = true,
        seed: UInt64, now: Instant
    ) {
        self.record = record.laterThan(snapshot?.worker(record.id))
        self.settings = settings.bounded()
        self.snapshot = snapshot ?? .empty
        self.highestEpoch = min(max(highestEpoch, snapshot?.epoch ?? .none), .ceiling)
        self.knowsStateDirectory = knowsStateDirectory
        self.needsQuorum = needsQuorum
        order = SuccessionOrder(of: self.snapshot, seenBy: record)
        seat = seats.first
        self.seats = Array(seats.prefix(Seat.maximumCount))
        latest = now
        generator = SeededGenerator(seed: seed)
    }

    /// Begins to register.
    package mutating func start(now: Instant) {
        latest = now
        guard !isStarted else { return }
        isStarted = true
        rememberSeats()
        scoutSoon(now: now)
        sendRegistration(now: now)
    }

    /// The worker's process was asked to end. It goes on watching while it drains, but takes no more part in anything.
    package mutating func stop(now: Instant) {
        latest = now
        guard !isStopping else { return }
        isStopping = true
        phase = .idle
        if !isRegistered { registerAt = nil }
        orphanAt = nil
        scoutAt = nil
        updateStandby()
        effects.append(.drain)
    }

    /// Fires every timer that is due.
    package mutating func tick(now: Instant) {
        if let due = nextDeadline {
            let lateness = now.milliseconds(since: due)
            if lateness > settings.lagMilliseconds { loopLagged(byMilliseconds: lateness, now: now) }
        }
        latest = now
        if let registerAt, registerAt <= now { registrationDue(now: now) }
        if let orphanAt, orphanAt <= now { orphaned(now: now) }
        if let watchAt, watchAt <= now { watchDue(now: now) }
        if let scoutAt, scoutAt <= now { scoutDue(now: now) }
        if let deadline = phase.deadline, deadline <= now { phaseEnded(now: now) }
    }

    /// When `tick` wants to be called next.
    package var nextDeadline: Instant? {
        [registerAt, orphanAt, watchAt, scoutAt, phase.deadline].compactMap { $0 }.min()
    }

    /// What the shell has to do now, in order. Empties the list.
    package mutating func takeEffects() -> [MemberEffect] {
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    /// The fence of the data path: whether a request that carries this epoch may be served.
    ///
    /// False for an epoch below the highest seen: its balancer is a past one. A higher one is noted.
    package mutating func requestSeen(epoch: Epoch) -> Bool {
        switch FenceVerdict(of: epoch, highest: highestEpoch) {
        case .current: return true
        case .newer:
            follow(epoch, now: latest)
            return true
        case .stale, .absurd: return false
        }
    }

    /// This worker's own event loop came `milliseconds` late: what it missed meanwhile is nobody else's fault.
    ///
    /// `tick` notices by itself when it is called late; this is for a shell that knows better. Who checks the balancer
    /// once a second is not put into doubt by a pause that whoever checks ten times as often has to doubt.
    package mutating func loopLagged(byMilliseconds milliseconds: Int64, now: Instant) {
        latest = now
        guard milliseconds > max(settings.lagMilliseconds, plainWatchInterval / 2) else { return }
        var isAccusing = misses > 0
        switch phase {
        case .waiting(_, isCertain: false), .prevoting:
            phase = .idle
            isAccusing = true
        case .idle, .waiting, .takingOver, .backingOff:
            break
        }
        misses = 0
        isWatchOutCounted = false
        if isWatchOut { watchAt = now.advanced(byMilliseconds: watchInterval()) }
        if orphanAt != nil { orphanAt = now.advanced(byMilliseconds: settings.orphanMilliseconds) }
        if isAccusing { note(.ownLoopLagged(milliseconds: milliseconds)) }
    }

    mutating func note(_ event: MemberEvent) {
        effects.append(.event(event))
    }

    mutating func jittered(_ milliseconds: Int64) -> Int64 {
        generator.jittered(milliseconds, percent: settings.jitterPercent)
    }
}
