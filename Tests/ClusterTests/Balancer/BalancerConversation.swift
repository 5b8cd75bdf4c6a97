import Cluster

/// A balancer under test, with short functions to talk to it. Workers use their own certificates.
struct BalancerConversation {
    var core: BalancerCore
    var now = at(0)

    init(
        epoch: Epoch = Epoch(1), settings: ClusterSettings = steadySettings(), hints: Snapshot? = nil,
        cluster: String? = "test", lockDomain: LockDomain? = nil
    ) {
        core = BalancerCore(
            epoch: epoch, cluster: cluster, settings: settings, reservedPorts: [8000, 7000], lockDomain: lockDomain,
            hints: hints,
            seed: 1, now: at(0)
        )
    }

    /// A balancer with these workers, all ready, and without pending effects.
    init(with records: [WorkerRecord], settings: ClusterSettings = steadySettings()) {
        self.init(settings: settings)
        for record in records { admit(record) }
        _ = core.takeEffects()
    }

    mutating func register(
        _ record: WorkerRecord, peer: NodeIdentity? = nil, isHostCertified: Bool = true, seen: Epoch = .none
    ) -> RegistrationVerdict {
        core.register(
            registration(record, seen: seen), peer: peer ?? worker(record.id.text), isHostCertified: isHostCertified,
            now: now)
    }

    /// Registers a worker. It holds the handover connection if it claims that it may stand in.
    @discardableResult
    mutating func admit(_ record: WorkerRecord, _ outcome: ConnectBackOutcome = .sameNode) -> AdmissionVerdict {
        if record.mayStandIn { core.handoverHeld(by: record.id, now: now) }
        return switch register(record) {
        case .refused(let refusal): .refused(refusal)
        case .connectBack(let ticket): core.connectBackFinished(ticket, outcome, now: now)
        }
    }

    mutating func watch(_ watch: Watch) -> WatchVerdict {
        core.watch(watch, peer: worker(watch.id.text), now: now)
    }

    mutating func probe(_ record: WorkerRecord, _ outcome: ProbeOutcome) {
        core.probeFinished(record.id, incarnation: record.incarnation, outcome, now: now)
    }

    /// Advances the time, and answers every probe that the balancer sends meanwhile.
    mutating func pass(milliseconds: Int64, answering answer: (WorkerRecord) -> ProbeOutcome = { _ in .passed }) {
        let end = now.advanced(byMilliseconds: milliseconds)
        answerProbes(answer)
        while let next = core.nextDeadline, next <= end {
            now = max(now, next)
            core.tick(now: now)
            answerProbes(answer)
        }
        now = end
        core.tick(now: now)
        answerProbes(answer)
    }

    /// The events since the last call, or since the last answered probes.
    mutating func events() -> [ClusterEvent] {
        collect(core.takeEffects())
        defer { log = [] }
        return log
    }

    mutating func effects() -> [BalancerEffect] { core.takeEffects() }

    func state(_ record: WorkerRecord) -> WorkerState? {
        core.snapshot.worker(record.id)?.state
    }

    private var log: [ClusterEvent] = []

    private mutating func collect(_ effects: [BalancerEffect]) {
        for case .event(let event) in effects { log.append(event) }
    }

    private mutating func answerProbes(_ answer: (WorkerRecord) -> ProbeOutcome) {
        let effects = core.takeEffects()
        collect(effects)
        for case .probe(let record) in effects { probe(record, answer(record)) }
    }
}
