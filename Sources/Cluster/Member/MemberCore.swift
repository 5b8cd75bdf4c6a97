/// The worker's side of the cluster: registration, watches, the worker list, and the start of a successor.
///
/// It is a value like `BalancerCore`: events go in and effects come out. Two parts work side by side:
///
/// **Membership.** The worker sends registrations until one is accepted. A member sends checks ("watches"). If the
/// balancer does not know it, it registers again.
///
/// **Succession** (`SuccessionPhase`).
/// ```
///   idle ──certain death──▶ waiting rank x 150 ms ─────────────▶ takingOver ──started──▶ idle
///   idle ──3 checks missed, no other sign of life──▶ waiting rank x 150 ms ──▶ inspecting
///   inspecting ──lock free──▶ takingOver (kills nobody)          inspecting ──lock held──▶ prevoting
///   prevoting ──agreed──▶ takingOver (may kill the hung holder)
///   prevoting ──outvoted──▶ idle          takingOver ──lock held, failed──▶ backingOff ──no balancer──▶ waiting
///   any ──a balancer of this or a higher epoch answers──▶ idle
/// ```
/// Rules:
/// - **No step back.** The highest epoch and the (epoch, version) of the snapshot only rise. The worker
///   does not obey a balancer below the highest epoch, and its answers are no sign of life.
/// - **A claim is a hint.** Only a balancer raises the highest epoch, and only within `Epoch.reach`. Another worker's
///   claim of a later reign makes this one look for it.
/// - **The order prevents only useless attempts.** Ranks, delays and prevotes do so. The coordinator (lock and epoch)
///   guarantees that there is never more than one balancer.
/// - **A paused worker does not accuse.** After a pause of its own a worker counts misses from zero.
/// - **A refused worker does not accuse.** Only silence is a reason to kill. A worker with a wrong address or a revoked
///   certificate gets no answer, although the balancer may be healthy.
/// - **A kill needs proof of standstill.** A balancer with signs of life on its handover channel, or with probes under its
///   epoch, does not hang. Silence at the cluster port alone is no proof, and a worker without that channel kills no
///   process.
/// - **A free lock needs no vote.** The balancer holds the lock of its lock domain until its process has ended. While the lock is
///   free, there is nobody to kill, and no objection counts.
/// - **Only a trusted worker acts.** A worker in the last snapshot may take over if it holds the listeners or knows the
///   state directory. A worker outside of the list may do so if the last balancer gave it the listeners.
///
/// The core knows no processes, locks and files, and does not know whether a killed holder has really ended.
package struct MemberCore: Sendable {
    /// This worker's record for its registration. Its incarnation is above that of every known earlier start, even if
    /// the wall clock was set back. The balancer reports earlier starts that are unknown here.
    package internal(set) var record: WorkerRecord
    package internal(set) var settings: ClusterSettings
    /// The lock of this worker's state directory fences: a balancer has lived there.
    var knowsStateDirectory: Bool
    /// A takeover from another lock domain's balancer needs the majority of the registered workers.
    let needsQuorum: Bool
    /// A store of several hosts decides whether another lock domain's balancer is lost.
    let usesStore: Bool
    /// No attempt for another lock domain's balancer before this time; see `Pledge`.
    var pledgedUntil: Instant?

    /// The latest worker list that this worker has received.
    package internal(set) var snapshot: Snapshot
    var order: SuccessionOrder

    /// The highest epoch that this worker has met.
    package internal(set) var highestEpoch: Epoch

    // Life.
    var isStarted = false
    var isStopping = false
    /// The latest instant of any event.
    var latest: Instant

    // Membership.

    /// A balancer has accepted the registration and still knows the worker.
    package internal(set) var isRegistered = false
    /// The time of the next registration, or, during one, its timeout.
    var registerAt: Instant?
    var isRegistering = false
    /// The number of further incarnations above an earlier start.
    var countsLeft = 8
    var registerAttempts = 0
    var lastRefusalMessage: String?
    /// The log has a line about a balancer for which this worker can't stand in.
    var hasNotedDistance = false
    /// The time at which a worker without any answer to its registration suspects that there is no balancer.
    var orphanAt: Instant?

    // Balancer addresses.

    /// The present balancer address; nil in a cluster with one address that only the shell knows.
    var balancerAddress: BalancerAddress?
    /// The host behind the name in `balancerAddress`; nil if that is an address, or if no connection has succeeded.
    var reachedHost: String?
    /// The addresses where a balancer may reign, bounded. The first ones come from the shell.
    var balancerAddresses: [BalancerAddress]
    var discoverAt: Instant?
    var discoveryTurn = 0

    // Watch.
    var watchAt: Instant?
    var isWatchOut = false
    /// The check in progress has already been counted as a miss.
    var isWatchOutCounted = false
    var misses = 0
    /// Failed connections to the balancer in a row. The first ones are repeated quickly.
    var brokenWatches = 0
    var lastGoodCheck: Instant?
    /// The last request was accepted without an answer. A hung balancer looks like this. A peer that refuses the
    /// connection, or this worker's certificate, is awake or absent.
    var isSilent = false
    /// The epoch of the balancer on the watch connection, at its last answer.
    var watchedEpoch = Epoch.none
    var ignoredEpoch: Epoch?

    // Succession.

    /// The evidence that this host's balancer lives, apart from its answers.
    var pulse: BalancerPulse
    /// The log has a line about a living balancer that does not answer.
    var hasNotedBusy = false
    var phase = SuccessionPhase.idle
    /// The balancer's process was reported dead, and no balancer has answered since.
    var isBalancerDead = false
    var ballot = Ballot.none
    /// The candidate of another lock domain that this worker supports.
    var promise: Promise?
    /// The logged result of the last ballot without a quorum. It is logged once.
    var lastDefeat: MemberEvent?
    /// Workers that did not answer a prevote since the last answer of a balancer. Ranks do not count them.
    var knownDead: Set<NodeID> = []
    /// Attempts since the last answer of a balancer.
    var takeoversInRow = 0
    var handoverEpoch: Epoch?
    /// The epoch of the last balancer of another lock domain to which this node showed its balancer certificate. Unless
    /// that balancer's list contains the proof, the next one is due at `again`.
    var standInProof: (epoch: Epoch, again: Instant)?
    var isStandbyKept = false

    var generator: SeededGenerator
    var effects: [MemberEffect] = []

    /// - Parameters:
    ///   - record: this worker. Its state is ignored.
    ///   - snapshot: the one from the state directory, if there is one.
    ///   - highestEpoch: the highest known epoch, for example from the epoch file.
    ///   - knowsStateDirectory: this worker shares the balancer's state directory, and so its lock.
    ///   - addresses: the balancer addresses; the first is asked first.
    ///   - needsQuorum: false for a worker that may replace another lock domain's balancer without a majority.
    ///   - usesStore: true for a worker that replaces another lock domain's balancer only when the store says that it is lost.
    ///   - seed: for random variation.
    package init(
        record: WorkerRecord, settings: ClusterSettings = ClusterSettings(), snapshot: Snapshot? = nil,
        highestEpoch: Epoch = .none, knowsStateDirectory: Bool = true, addresses: [BalancerAddress] = [],
        needsQuorum: Bool = true, usesStore: Bool = false,
        seed: UInt64, now: Instant
    ) {
        self.record = record.laterThan(snapshot?.worker(record.id))
        self.settings = settings.bounded()
        self.snapshot = snapshot ?? .empty
        self.highestEpoch = min(max(highestEpoch, snapshot?.epoch ?? .none), .ceiling)
        self.knowsStateDirectory = knowsStateDirectory
        self.needsQuorum = needsQuorum
        self.usesStore = usesStore
        order = SuccessionOrder(of: self.snapshot, seenBy: record)
        pulse = BalancerPulse(self.settings)
        balancerAddress = addresses.first
        balancerAddresses = Array(addresses.prefix(BalancerAddress.maximumCount))
        latest = now
        generator = SeededGenerator(seed: seed)
    }

    /// Begins to register.
    package mutating func start(now: Instant) {
        latest = now
        guard !isStarted else { return }
        isStarted = true
        rememberAddresses()
        discoverSoon(now: now)
        sendRegistration(now: now)
    }

    /// The worker's process was asked to end. It continues its watch while it drains, and takes no other part.
    package mutating func stop(now: Instant) {
        latest = now
        guard !isStopping else { return }
        isStopping = true
        phase = .idle
        if !isRegistered { registerAt = nil }
        orphanAt = nil
        discoverAt = nil
        updateStandby()
        effects.append(.drain)
    }

    /// Fires every due timer.
    package mutating func tick(now: Instant) {
        if let due = nextDeadline {
            let lateness = now.milliseconds(since: due)
            if lateness >= ClusterSettings.leastLagMilliseconds { loopLagged(byMilliseconds: lateness, now: now) }
        }
        latest = now
        if let registerAt, registerAt <= now { registrationDue(now: now) }
        if let orphanAt, orphanAt <= now { orphaned(now: now) }
        if let watchAt, watchAt <= now { watchDue(now: now) }
        if let discoverAt, discoverAt <= now { discoverDue(now: now) }
        if let deadline = phase.deadline, deadline <= now { phaseEnded(now: now) }
    }

    /// The time of the next `tick`.
    package var nextDeadline: Instant? {
        [registerAt, orphanAt, watchAt, discoverAt, phase.deadline].compactMap { $0 }.min()
    }

    /// Returns the shell's next tasks in order, and empties the list.
    package mutating func takeEffects() -> [MemberEffect] {
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    /// The fence of the data path: returns whether a request with this epoch may be served.
    ///
    /// False for an epoch below the highest seen, because its balancer is a past one. A higher epoch is recorded.
    package mutating func requestSeen(epoch: Epoch) -> Bool {
        switch FenceVerdict(of: epoch, highest: highestEpoch) {
        case .current: return true
        case .newer:
            follow(epoch, now: latest)
            return true
        case .stale: return false
        case .absurd:
            ignore(epoch)
            return false
        }
    }

    /// This worker's own event loop was `milliseconds` late, so missed answers are no other node's fault.
    ///
    /// `tick` detects its own delay. This function is for a shell with better knowledge. A pause may be significant for
    /// a worker with ten checks a second, and not for one with a check each second. The balancer sends its signs of life to
    /// both equally often, so even a short pause is no silence of its process.
    package mutating func loopLagged(byMilliseconds milliseconds: Int64, now: Instant) {
        latest = now
        pulsePaused(forMilliseconds: milliseconds, now: now)
        guard milliseconds > max(settings.lagMilliseconds, plainWatchInterval / 2) else { return }
        var isAccusing = misses > 0
        switch phase {
        case .waiting(_, isCertain: false), .inspecting, .prevoting:
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
