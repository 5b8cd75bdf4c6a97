/// The balancer's side of the cluster: the members, their health, and which of them may get requests.
///
/// It is a value: events go in and effects come out. It reads no clock and opens no socket. Every event carries `now`.
/// The shell performs the effects from `takeEffects` and calls `tick` at `nextDeadline`.
///
/// Rules:
/// - **Only verified workers are members.** A registration changes nothing. Only the following connect-back does, if it
///   finds the same identity at the claimed address. A failed one leaves the registry unchanged.
/// - **The living incarnation wins.** After its verification, a higher incarnation replaces a lower one, never the
///   reverse.
/// - **Hints are not members.** A predecessor's entry is probed at once and gets requests after one good probe.
/// - **Certain evidence acts at once** (a refused connection, another node at the address). Soft evidence (slow probes,
///   failed requests, an ended watch) never takes out the last worker, and no worker while more than half fail together:
///   then the balancer is more likely at fault.
/// - **Versions only rise.** Each change of membership or state makes a new version of the snapshot.
/// - **A claim is a hint.** A peer's claim of a higher epoch ends nothing. It makes this balancer ask the coordinator
///   and the other addresses where a balancer may reign (`ReignInquiry`).
/// - **The higher epoch reigns.** If a balancer with a balancer's certificate and a higher epoch answers there, this
///   one ends.
/// - **No reign without the fence.** The balancer polls its fence, because without workers it would not hear of a
///   higher epoch.
/// - **A claim does not permit to stand in.** A worker of this lock domain proves the permission by holding the
///   handover connection. A worker of another one shows its balancer certificate (`BalancerCore+StandIns`).
///
/// Three facts are outside of the core: the connection of a watch, the outstanding requests (the data plane knows them),
/// and whether another balancer lives (the coordinator knows it).
package struct BalancerCore: Sendable {
    package let epoch: Epoch
    package private(set) var settings: ClusterSettings

    /// The trust domain of all peers. Nil in the plain build, where peers have no identity.
    let cluster: String?
    let reservedPorts: Set<UInt16>
    /// The balancer's own lock domain; nil if its state directory has no name.
    let lockDomain: LockDomain?

    /// The epoch that ended this balancer.
    package internal(set) var supersededBy: Epoch?
    /// This balancer no longer holds its grant alone.
    var isFenceLost = false
    var fenceCheckAt: Instant
    var inquiry: ReignInquiry

    var entries: [NodeID: WorkerEntry] = [:]
    /// The member at each address. An address has at most one member.
    var addresses: [WorkerAddress: NodeID] = [:]
    var records = SortedRecords()
    var version: UInt64 = 1

    /// At most one connect-back per worker.
    var tickets: [NodeID: AdmissionTicket] = [:]
    var ticketDeadlines = DeadlineHeap<AdmissionTicket>()
    var ticketsIssued: UInt64 = 0
    var connectBackPace = ConnectBackLimiter()

    /// The workers that hold handover connections, with the number of connections.
    var handoverHolders: [NodeID: Int] = [:]

    /// Each entry is here under its `scheduled` instant. Other instants are outdated.
    var deadlines = DeadlineHeap<NodeID>()

    // Updated by `commit`, so that no decision has to count ten thousand workers.
    var routableCount = 0
    var failingCount = 0
    var suspectCount = 0
    /// The workers that may start a successor, without leaving ones.
    var standInCount = 0
    var successionAlarm = SuccessionAlarm()
    /// The times of ejections on soft evidence in the last `togetherMilliseconds`, oldest first.
    var softEjections: [Instant] = []
    package internal(set) var counts = HealthCounts()
    /// Nil while new requests get workers.
    package internal(set) var pause: Pause?
    var pauseEnds: Instant?

    var generator: SeededGenerator
    var effects: [BalancerEffect] = []
    var haveHostsChanged = false

    /// Begins a reign.
    ///
    /// - Parameters:
    ///   - cluster: the trust domain of all peers; nil in the plain build.
    ///   - reservedPorts: the balancer's own ports, which no worker may claim.
    ///   - clusterPort: the port at which a balancer of another lock domain would answer.
    ///   - lockDomain: the lock domain of this balancer.
    ///   - hints: the predecessor's list. Invalid entries are dropped.
    ///   - unixMilliseconds: the wall clock, for a pause of the predecessor.
    ///   - seed: for random variation.
    package init(
        epoch: Epoch, cluster: String? = nil, settings: ClusterSettings = ClusterSettings(),
        reservedPorts: Set<UInt16> = [], clusterPort: UInt16 = 7000, lockDomain: LockDomain? = nil,
        hints: Snapshot? = nil, unixMilliseconds: Int64 = 0,
        seed: UInt64, now: Instant
    ) {
        self.epoch = epoch
        self.settings = settings.bounded()
        self.cluster = cluster
        self.reservedPorts = reservedPorts
        self.lockDomain = lockDomain
        generator = SeededGenerator(seed: seed)
        fenceCheckAt = now.advanced(byMilliseconds: self.settings.fenceCheckMilliseconds)
        inquiry = ReignInquiry(port: clusterPort, intervalMilliseconds: self.settings.discoveryMilliseconds, now: now)
        for hint in hints?.workers ?? [] {
            adopt(hint, now: now)
        }
        adopt(hints?.pause, unixMilliseconds: unixMilliseconds, now: now)
        tick(now: now)
    }

    /// Uses new thresholds and intervals from now on. A timer that runs keeps its deadline.
    ///
    /// The numbers of workers and of connect-backs stay, since the process divided its descriptors at the start.
    package mutating func adopt(_ fresh: ClusterSettings) {
        var fresh = fresh
        fresh.maximumWorkers = settings.maximumWorkers
        fresh.maximumTickets = settings.maximumTickets
        settings = fresh.bounded()
        failingCount = entries.values.reduce(0) { $0 + ($1.isFailing(settings) ? 1 : 0) }
    }

    /// Fires every timer that is due.
    package mutating func tick(now: Instant) {
        if fenceCheckAt <= now, !isOver {
            // This is first, because after a pause of this process everything is due.
            fenceCheckAt = now.advanced(byMilliseconds: settings.fenceCheckMilliseconds)
            effects.append(.checkFence)
            if let event = successionAlarm.check(standIns: standInCount, now: now) { note(event) }
        }
        inquire(now: now)
        checkPause(now: now)
        while let due = ticketDeadlines.pop(dueBy: now) {
            if tickets[due.key.record.id] == due.key { tickets[due.key.record.id] = nil }
        }
        while let due = deadlines.pop(dueBy: now) {
            guard var entry = entries[due.key], entry.scheduled == due.instant else { continue }
            entry.scheduled = nil
            fireTimers(of: entry, now: now)
        }
    }

    /// The time of the next `tick`. It may be a little early, never late.
    package var nextDeadline: Instant? {
        let next: Instant? =
            switch (ticketDeadlines.first?.instant, deadlines.first?.instant) {
            case (let ticket?, let worker?): min(ticket, worker)
            case (let ticket, let worker): ticket ?? worker
            }
        if isOver { return next }
        return [next, fenceCheckAt, inquiry.deadline, pauseEnds].compactMap { $0 }.min()
    }

    /// Returns the shell's next tasks in order, and empties the list.
    package mutating func takeEffects() -> [BalancerEffect] {
        defer {
            effects.removeAll(keepingCapacity: true)
            haveHostsChanged = false
        }
        return haveHostsChanged ? effects + [.hostsChanged] : effects
    }

    /// The coordinator has reported the standing of the grant.
    package mutating func fenceChecked(_ standing: FenceStanding, now: Instant) {
        guard case .lost(let reason) = standing, !isOver else { return }
        isFenceLost = true
        effects.append(.fenceLost(reason: reason))
    }

    /// This balancer admits no more workers.
    var isOver: Bool { supersededBy != nil || isFenceLost }
}
