/// The balancer's side of the cluster: who is a member, who is healthy, who may be sent a request.
///
/// A value in which events go in and effects come out. It reads no clock and opens no socket: every event carries
/// `now`, the shell performs what `takeEffects` hands it, and calls `tick` at `nextDeadline`.
///
/// Laws:
/// - **Only the proven are members.** A registration changes nothing. Only the connect-back that follows does, when it
///   found the same identity at the claimed address; a failed one leaves the registry as it was.
/// - **The living incarnation wins.** A higher incarnation replaces a lower one, once proven; never the reverse.
/// - **Hints are not members.** What a predecessor knew is probed at once and gets traffic after one good probe.
/// - **Certain evidence acts at once** (end of the watch connection, refused connect, another node at the address).
///   Soft evidence (slow probes, failed requests) needs a number of repetitions, and never ejects the last worker, nor
///   anybody while more than half fail together: then the fault is more likely here.
/// - **Versions only rise.** Each change of membership or state makes a new version of the snapshot.
/// - **The higher epoch reigns.** Whoever shows this balancer a higher epoch ends it.
/// - **No reign without the fence.** It asks for its standing from time to time: a past balancer without workers is shown
///   a higher epoch by nobody.
///
/// What it does not know: which connection a watch came over, how many requests run where (the data plane does),
/// whether another balancer lives (the coordinator does).
package struct BalancerCore: Sendable {
    package let epoch: Epoch
    package let settings: ClusterSettings

    /// The trust domain that every peer must belong to. Nil in the plain build, where peers have no identity.
    let cluster: String?
    let reservedPorts: Set<UInt16>
    /// Where this balancer lives; nil when nobody asks.
    let home: Home?

    /// The epoch that ended this balancer.
    package internal(set) var supersededBy: Epoch?
    /// What was granted is no longer this balancer's alone.
    var isFenceLost = false
    var fenceCheckAt: Instant

    var entries: [NodeID: WorkerEntry] = [:]
    /// Whose address is whose: an address has at most one member.
    var addresses: [WorkerAddress: NodeID] = [:]
    var records = SortedRecords()
    var version: UInt64 = 1

    /// At most one connect-back per worker.
    var tickets: [NodeID: AdmissionTicket] = [:]
    var ticketDeadlines = DeadlineHeap<AdmissionTicket>()
    var ticketsIssued: UInt64 = 0

    /// Each entry stands here under its `scheduled` instant; other instants are outdated.
    var deadlines = DeadlineHeap<NodeID>()

    // Kept by `commit`, so that no decision has to count ten thousand workers.
    var routableCount = 0
    var failingCount = 0
    /// When workers were ejected on soft evidence, oldest first, over the last `togetherMilliseconds`.
    var softEjections: [Instant] = []

    var generator: SeededGenerator
    var effects: [BalancerEffect] = []
    var isRosterChanged = false

    /// A balancer that begins its reign.
    ///
    /// - Parameters:
    ///   - cluster: the trust domain that peers must show; nil in the plain build.
    ///   - reservedPorts: the balancer's own ports, which no worker may claim.
    ///   - home: the state directory of this balancer.
    ///   - hints: what the predecessor knew. Entries that make no sense are left out.
    ///   - seed: for jitter.
    package init(
        epoch: Epoch, cluster: String? = nil, settings: ClusterSettings = ClusterSettings(),
        reservedPorts: Set<UInt16> = [], home: Home? = nil, hints: Snapshot? = nil, seed: UInt64, now: Instant
    ) {
        self.epoch = epoch
        self.settings = settings.bounded()
        self.cluster = cluster
        self.reservedPorts = reservedPorts
        self.home = home
        generator = SeededGenerator(seed: seed)
        fenceCheckAt = now.advanced(byMilliseconds: self.settings.fenceCheckMilliseconds)
        for hint in hints?.workers ?? [] {
            adopt(hint, now: now)
        }
        tick(now: now)
    }

    /// Fires every timer that is due.
    package mutating func tick(now: Instant) {
        if fenceCheckAt <= now, !isOver {
            // Before anything else: after a pause of this process everything is due.
            fenceCheckAt = now.advanced(byMilliseconds: settings.fenceCheckMilliseconds)
            effects.append(.checkFence)
        }
        while let due = ticketDeadlines.pop(dueBy: now) {
            if tickets[due.key.record.id] == due.key { tickets[due.key.record.id] = nil }
        }
        while let due = deadlines.pop(dueBy: now) {
            guard var entry = entries[due.key], entry.scheduled == due.instant else { continue }
            entry.scheduled = nil
            fireTimers(of: entry, now: now)
        }
    }

    /// When `tick` wants to be called next. May be a little early, never late.
    package var nextDeadline: Instant? {
        let next: Instant? =
            switch (ticketDeadlines.first?.instant, deadlines.first?.instant) {
            case (let ticket?, let worker?): min(ticket, worker)
            case (let ticket, let worker): ticket ?? worker
            }
        return isOver ? next : min(next ?? fenceCheckAt, fenceCheckAt)
    }

    /// What the shell has to do now, in order. Empties the list.
    package mutating func takeEffects() -> [BalancerEffect] {
        defer {
            effects.removeAll(keepingCapacity: true)
            isRosterChanged = false
        }
        return isRosterChanged ? effects + [.rosterChanged] : effects
    }

    /// A worker answered a request or a probe by saying that it has met the epoch `seen`: this balancer is a past one.
    package mutating func epochRefused(by id: NodeID, seen: Epoch, now: Instant) {
        _ = stepDown(for: seen)
    }

    /// The coordinator has said what has become of its grant.
    package mutating func fenceChecked(_ standing: FenceStanding, now: Instant) {
        guard case .lost(let reason) = standing, !isOver else { return }
        isFenceLost = true
        effects.append(.abandon(reason: reason))
    }

    /// This balancer admits nobody any more.
    var isOver: Bool { supersededBy != nil || isFenceLost }

    /// Ends the reign when `seen` is above it. True when this balancer is a past one, now or before.
    mutating func stepDown(for seen: Epoch) -> Bool {
        if supersededBy == nil, seen > epoch, seen <= .ceiling {
            supersededBy = seen
            effects.append(.stepDown(seen))
            effects.append(.event(.steppedDown(seen)))
        }
        return supersededBy != nil
    }
}
