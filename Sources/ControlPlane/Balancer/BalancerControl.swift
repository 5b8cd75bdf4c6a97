package import Balancing
package import Cluster
internal import Connections
internal import Glibc
package import Logging
package import Settings
internal import Sockets
internal import Telemetry

/// The shell of `BalancerCore` on the control loop. It handles the requests of the cluster port, connects back, sends
/// probes, and keeps the data plane's load balancer up to date.
///
/// It decides nothing: every event goes to the core with the loop's time, and the shell performs the core's effects.
package final class BalancerControl {
    package let epoch: Epoch
    /// The news for the reign.
    package var callbacks = Callbacks()

    package struct Callbacks {
        /// A later epoch was met: this reign is over.
        package var onFenced: (Epoch) -> Void = { _ in }
        /// The coordinator has to check the grant; see `Coordinator.check`. If the grant is lost, `fenceLost` is the answer.
        package var onCheckFence: () -> Void = {}
        /// The fence is lost: this reign is over.
        package var onFenceLost: (_ reason: String) -> Void = { _ in }
        /// Set while the whole cluster ends: the last worker has ended.
        var onMembersEnded: (() -> Void)?
        /// The load balancer's hosts have changed.
        package var onHostsChanged: () -> Void = {}
    }

    let loop: EventLoop
    let loadBalancer: LoadBalancer
    let certificates: NodeCertificates
    let log: Logger
    /// Sent to workers of other lock domains. A successor there starts with it.
    private(set) var configuration: ForeignConfiguration
    var core: BalancerCore
    /// Inputs that wait for the effects before them.
    private var inputs: [RegistryInput] = []
    private var isPerforming = false
    let callers: ProbeClients
    let probePlaces: ProbeLimiter
    /// Connect-backs in progress, one for each identity.
    var connectBacks: [NodeID: ConnectBack] = [:]
    let delayedAnswers: DelayedAnswers
    var watches = WatchConnections()
    private let timer: LoopTimer
    private let slowStartTimer: LoopTimer
    /// Asks whether a later balancer reigns elsewhere.
    private let discovery: BalancerDiscovery
    private let publication: Debouncer
    /// The reign is over, and no effect is performed any more.
    private(set) var isStopped = false

    /// The balancer's connection to the claimed address of a worker.
    struct ConnectBack {
        let ticket: AdmissionTicket
        let caller: ControlClient
        let request: ClusterRequest
        /// The time at which a refusal is sent, on the loop's clock.
        let refusalDue: UInt64
    }

    package init(
        epoch: Epoch, settings: ClusterSettings, hints: Snapshot?, configuration: BalancerConfiguration,
        lockDomain: LockDomain?,
        callers: ProbeClients, loadBalancer: LoadBalancer, certificates: NodeCertificates, log: Logger
    ) {
        self.epoch = epoch
        self.configuration = ForeignConfiguration(configuration)
        loop = callers.loop
        self.callers = callers
        self.loadBalancer = loadBalancer
        self.certificates = certificates
        self.log = log
        core = BalancerCore(
            epoch: epoch, cluster: certificates.identity?.cluster, settings: settings,
            reservedPorts: configuration.ports, clusterPort: configuration.clusterPort, lockDomain: lockDomain,
            hints: hints, unixMilliseconds: Clock.unixNanoseconds() / 1_000_000,
            seed: UInt64.random(in: 0...UInt64.max),
            now: Instant(nanoseconds: loop.now))
        timer = LoopTimer(on: loop)
        slowStartTimer = LoopTimer(on: loop)
        publication = Debouncer(on: loop)
        probePlaces = ProbeLimiter(on: loop)
        delayedAnswers = DelayedAnswers(on: loop)
        discovery = BalancerDiscovery(loop: loop, provider: callers.provider) { certificates.balancerEndpoint(at: $0) }
        discovery.onAnswer = { [unowned self] address, epoch in
            feed(.reignFound(epoch, at: address))
        }
        publication.action = { [unowned self] in publishHosts() }
        probePlaces.onPlace = { [weak self] in self?.probe($0, at: $1) }
        timer.action = { [unowned self] in
            feed(.tick)
        }
        slowStartTimer.action = { [unowned self] in advanceSlowStart() }
        performEffects()
    }

    package var now: Instant { Instant(nanoseconds: loop.now) }

    /// Closes the workers' connections. No probe is sent any more.
    package func stop() {
        isStopped = true
        timer.remove()
        slowStartTimer.remove()
        publication.stop()
        delayedAnswers.stop()
        for connectBack in connectBacks.values { connectBack.caller.close() }
        connectBacks = [:]
        discovery.stop()
        callers.close()
    }

    /// The other hosts, for a coordinator of several hosts. The receiver closes it.
    package func makeNeighbours() -> any Neighbours {
        PledgeClients(
            callers: callers,
            domains: { [weak self] in
                guard let self, !isStopped else { return [] }
                return core.standInDomains
            },
            standIns: { [weak self] lockDomain in
                guard let self, !isStopped else { return [] }
                return core.standIns(of: lockDomain)
            })
    }

    /// Uses new settings from now on, and sends them to workers that register or watch.
    package func adopt(_ settings: ClusterSettings, _ configuration: BalancerConfiguration) {
        core.adopt(settings)
        self.configuration = ForeignConfiguration(configuration)
    }

    package func requestFailed(_ subject: LoadBalancer.Subject, _ fault: RequestFault) {
        feed(.requestFailed(subject.id, incarnation: subject.incarnation, fault))
    }

    package func requestSucceeded(_ subject: LoadBalancer.Subject) {
        feed(.requestSucceeded(subject.id, incarnation: subject.incarnation))
    }

    /// A worker refused a request: it claims that it has met a later reign.
    package func fenced(by subject: LoadBalancer.Subject, epoch: UInt64, address: BalancerAddress?) {
        feed(.epochRefused(by: subject.id, incarnation: subject.incarnation, seen: Epoch(epoch), at: address))
    }

    /// The coordinator's grant does not stand any more.
    package func fenceLost(_ reason: String) {
        feed(.fenceChecked(.lost(reason)))
    }

    // MARK: Reports of the handover socket

    /// A worker of this host has opened or closed the handover connection.
    package func handover(heldBy id: NodeID, _ isHeld: Bool) {
        feed(isHeld ? .handoverHeld(by: id) : .handoverLeft(by: id))
        if !isHeld { checkEndOfMembers() }
    }

    // MARK: Effects

    /// The only way to the core, except for requests that have a verdict. An input that an effect causes is handled after the
    /// other effects.
    func feed(_ input: RegistryInput) {
        inputs.append(input)
        performEffects()
    }

    func performEffects() {
        if isStopped || isPerforming { return }
        isPerforming = true
        repeat {
            if !inputs.isEmpty { core.feed(inputs.removeFirst(), now: now) }
            for effect in core.takeEffects() { perform(effect) }
        } while !inputs.isEmpty && !isStopped
        isPerforming = false
        if isStopped { return }
        if let deadline = core.nextDeadline { timer.set(at: deadline.nanoseconds) } else { timer.cancel() }
    }

    private func perform(_ effect: BalancerEffect) {
        switch effect {
        case .probe(let record): probe(record)
        case .hostsChanged: publication.request(isUrgent: loadBalancer.routableCount == 0)
        case .holdRequests(let isHeld): loadBalancer.hold(isHeld)
        case .fenced(let epoch): callbacks.onFenced(epoch)
        case .seek(let addresses):
            // The request contains no epoch, so it supersedes no balancer.
            discovery.ask(
                addresses, DiscoveryRequest(epochSeen: .none), timeoutMilliseconds: BalancerControl.seekMilliseconds)
        case .checkFence: callbacks.onCheckFence()
        case .fenceLost(let reason): callbacks.onFenceLost(reason)
        case .event(let event): log.report(event)
        }
    }

    private func publishHosts() {
        let entries = core.hostEntries
        loadBalancer.update(entries) { certificates.workerEndpoint(id: $0.id, host: $0.host, port: $0.port) }
        callers.keep(only: Set(entries.map(\.id)))
        callbacks.onHostsChanged()
        advanceSlowStart()
        checkEndOfMembers()
    }

    /// Advances the slow starts while there are any.
    private func advanceSlowStart() {
        guard loadBalancer.advanceSlowStart(now: now) else { return }
        slowStartTimer.set(afterMilliseconds: BalancerControl.slowStartStepMilliseconds)
    }

    /// The time limit for an answer. A reigning balancer answers at once.
    private static let seekMilliseconds = 1000

    /// A tenth of a second is a hundredth of a slow start.
    private static let slowStartStepMilliseconds = 100
}
