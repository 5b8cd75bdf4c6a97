package import Cluster
internal import Connections
internal import Glibc
package import Logging
package import Proxy
internal import Sockets

/// The shell around `BalancerCore` on the control loop: answers the cluster port, connects back, probes, and keeps
/// the data plane's roster up to date.
///
/// It decides nothing: every event goes to the core with the loop's time, and the core's effects are performed.
package final class BalancerControl {
    package let epoch: Epoch
    /// Called when this balancer's reign is over: a later epoch was met.
    package var onStepDown: (Epoch) -> Void = { _ in }
    /// Whether this balancer still holds the fence; see `Coordinator`.
    package var standing: () -> FenceStanding = { .held }
    /// Called when this balancer's reign is over because it does not.
    package var onAbandon: (_ reason: String) -> Void = { _ in }
    /// Called after the roster has changed.
    package var onRosterChanged: () -> Void = {}

    let loop: EventLoop
    let roster: Roster
    let certificates: NodeCertificates
    let log: Logger
    /// Told to workers of other homes: a successor there starts with it.
    let configuration: BalancerConfiguration
    var core: BalancerCore
    let callers: ProbeCallers
    let probePlaces: ProbePlaces
    var workerList = WorkerListText()
    var snapshotPace = SnapshotPace()
    /// Which worker watches over which connection of the cluster port.
    var watchers: [ObjectIdentifier: Watcher] = [:]
    var newestWatch: [NodeID: ObjectIdentifier] = [:]
    /// The last answer to a watch that brought no list.
    var lastUnchanged: (epoch: Epoch, version: UInt64, text: [UInt8])?
    private let timer: LoopTimer
    private let slowStartTimer: LoopTimer
    private let publication: Publication
    /// The reign is over: nothing is performed any more.
    private(set) var isStopped = false

    /// The last watch that came over a connection.
    struct Watcher {
        let watch: Watch
        /// What it was read from.
        let text: [UInt8]
    }

    package init(
        epoch: Epoch, settings: ClusterSettings, hints: Snapshot?, configuration: BalancerConfiguration, home: Home?,
        callers: ProbeCallers, roster: Roster, certificates: NodeCertificates, log: Logger
    ) {
        self.epoch = epoch
        self.configuration = configuration
        loop = callers.loop
        self.callers = callers
        self.roster = roster
        self.certificates = certificates
        self.log = log
        core = BalancerCore(
            epoch: epoch, cluster: certificates.identity?.cluster, settings: settings,
            reservedPorts: configuration.ports, home: home, hints: hints, seed: UInt64.random(in: 0...UInt64.max),
            now: Instant(nanoseconds: loop.now))
        timer = LoopTimer(on: loop)
        slowStartTimer = LoopTimer(on: loop)
        publication = Publication(on: loop)
        probePlaces = ProbePlaces(on: loop)
        publication.action = { [unowned self] in publishRoster() }
        probePlaces.onPlace = { [weak self] in self?.probe($0, at: $1) }
        timer.action = { [unowned self] in
            core.tick(now: now)
            perform()
        }
        slowStartTimer.action = { [unowned self] in advanceSlowStart() }
        perform()
    }

    package var now: Instant { Instant(nanoseconds: loop.now) }

    /// Forgets the workers: no probe goes out any more.
    package func stop() {
        isStopped = true
        timer.remove()
        slowStartTimer.remove()
        publication.stop()
        callers.close()
    }

    // MARK: What the data plane saw

    package func requestFailed(_ subject: Roster.Subject) {
        core.requestFailed(subject.id, incarnation: subject.incarnation, now: now)
        perform()
    }

    package func requestSucceeded(_ subject: Roster.Subject) {
        core.requestSucceeded(subject.id, incarnation: subject.incarnation, now: now)
        perform()
    }

    /// A worker refused a request because it has met a later reign.
    package func fenced(by subject: Roster.Subject, epoch: UInt64) {
        core.epochRefused(by: subject.id, seen: Epoch(epoch), now: now)
        perform()
    }

    // MARK: Effects

    func perform() {
        if isStopped { return }
        for effect in core.takeEffects() {
            switch effect {
            case .probe(let record): probe(record)
            case .rosterChanged: publication.isDue(isUrgent: roster.routableCount == 0)
            case .stepDown(let epoch): onStepDown(epoch)
            case .checkFence:
                core.fenceChecked(standing(), now: now)
                perform()
            case .abandon(let reason): onAbandon(reason)
            case .event(let event): report(event)
            }
        }
        if let deadline = core.nextDeadline { timer.set(at: deadline.nanoseconds) } else { timer.cancel() }
    }

    private func report(_ event: ClusterEvent) {
        switch event.severity {
        case .notice: log.notice("\(event.message)")
        case .warning: log.warning("\(event.message)")
        }
    }

    private func publishRoster() {
        let entries = core.roster
        roster.update(entries) { certificates.workerEndpoint(id: $0.id, host: $0.host, port: $0.port) }
        callers.keep(only: Set(entries.map(\.id)))
        onRosterChanged()
        advanceSlowStart()
    }

    /// Lets new workers' shares grow, for as long as there are such.
    private func advanceSlowStart() {
        guard roster.advanceSlowStart(now: now) else { return }
        slowStartTimer.set(afterMilliseconds: BalancerControl.slowStartStepMilliseconds)
    }

    /// A tenth of a second is a hundredth of a slow start.
    private static let slowStartStepMilliseconds = 100
}
