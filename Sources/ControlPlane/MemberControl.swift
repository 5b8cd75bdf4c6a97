package import Cluster
package import Connections
internal import HTTP
package import Logging
package import Sockets

/// The shell around `MemberCore` on a worker's control loop: registers, watches, votes, and has a balancer started.
///
/// It decides nothing: every event goes to the core with the loop's time, and the core's effects are performed.
package final class MemberControl {
    /// Requests being served at the moment, for the watch.
    package var inFlight: () -> Int = { 0 }
    /// Called when the worker has told the balancer that it drains, or could not: finish and end.
    package var onDrain: () -> Void = {}

    private let loop: EventLoop
    private let directory: StateDirectory?
    private let certificates: NodeCertificates
    private let provider: TransportProvider
    private let balancers: [UpstreamEndpoint]
    private var balancer: KeptCaller
    private let scout: SeatScout
    private let launcher: BalancerLauncher?
    private let handover: HandoverClient?
    private let hook: TakeoverHook?
    private let gate: FenceGate
    private let log: Logger
    private let timer: LoopTimer
    private let lagTimer: LoopTimer
    private var lagExpected: UInt64 = 0
    private var core: MemberCore

    /// - Parameters:
    ///   - balancers: the cluster ports at which a balancer may be found, at least one.
    ///   - directory: shared with the balancer; nil for a worker that keeps no state.
    ///   - launcher: nil for a worker that may not stand in.
    ///   - needsQuorum: see `MemberCore`.
    ///   - hook: run after each takeover by this worker; nil for none.
    package init(
        record: WorkerRecord, balancers: [UpstreamEndpoint], loop: EventLoop, directory: StateDirectory?,
        certificates: NodeCertificates, provider: TransportProvider, launcher: BalancerLauncher?, needsQuorum: Bool,
        hook: TakeoverHook?, gate: FenceGate, log: Logger
    ) {
        self.loop = loop
        self.directory = directory
        self.certificates = certificates
        self.provider = provider
        self.launcher = launcher
        self.hook = hook
        self.gate = gate
        self.log = log
        self.balancers = balancers
        balancer = KeptCaller(loop: loop, endpoint: balancers[0], provider: provider)
        scout = SeatScout(loop: loop, provider: provider) { seat in
            MemberControl.endpoint(of: seat, among: balancers)
        }
        let snapshot = directory.flatMap { SnapshotStore.load(of: record.id, in: $0) }
        // Only where a balancer has lived is there a lock that fences: elsewhere this worker waits until it is handed
        // listeners.
        let hasLock = directory.map { DurableFile.read($0.lock) != nil } ?? false
        core = MemberCore(
            record: record, snapshot: snapshot, highestEpoch: snapshot?.epoch ?? .none, knowsStateDirectory: hasLock,
            seats: balancers.map { Seat(host: $0.address.host, port: $0.address.port) }, needsQuorum: needsQuorum,
            seed: UInt64.random(in: 0...UInt64.max), now: Instant(nanoseconds: loop.now))
        gate.raise(to: core.highestEpoch)
        handover = launcher == nil ? nil : directory.map { HandoverClient(loop: loop, directory: $0, log: log) }
        timer = LoopTimer(on: loop)
        lagTimer = LoopTimer(on: loop)
        timer.action = { [unowned self] in
            core.tick(now: now)
            perform()
        }
        lagTimer.action = { [unowned self] in measureLag() }
    }

    private var record: WorkerRecord { core.record }
    private var now: Instant { Instant(nanoseconds: loop.now) }

    package func start() {
        listenForTheEnd(of: balancer)
        scout.onAnswer = { [unowned self] seat, epoch in
            core.scouted(seat, epoch: epoch, now: now)
            perform()
        }
        handover?.onReceived = { [unowned self] holding in
            launcher?.hold(holding)
            core.handoverReady(epoch: holding.handover.epoch, now: now)
            perform()
        }
        handover?.onSucceeded = { [unowned self] epoch in
            _ = core.requestSeen(epoch: epoch)
            // The parked one is of the replaced program.
            launcher?.renew()
            perform()
        }
        let superseded = { [unowned self] (epoch: Epoch) in
            _ = core.requestSeen(epoch: epoch)
            perform()
        }
        handover?.onSuperseded = superseded
        launcher?.onSuperseded = superseded
        handover?.onGone = { [unowned self] epoch in
            core.balancerDied(epoch: epoch, now: now)
            perform()
        }
        handover?.start()
        measureLag()
        core.start(now: now)
        perform()
    }

    /// The worker is asked to end: it drains first.
    package func stop() {
        core.stop(now: now)
        perform()
    }

    /// The last steps, after the requests in progress have ended.
    package func leave(then completion: @escaping () -> Void) {
        handover?.stop()
        launcher?.stop()
        timer.remove()
        lagTimer.remove()
        scout.stop()
        ask(ClusterPaths.leave, Departure(id: record.id, incarnation: record.incarnation), timeoutMilliseconds: 1000) {
            [balancer] _ in
            balancer.close()
            completion()
        }
    }

    /// A proxied request of a new reign has come.
    package func requestSeen(epoch: UInt64) {
        _ = core.requestSeen(epoch: Epoch(epoch))
        perform()
    }

    // MARK: What other workers ask

    /// `POST /cluster/v1/prevote` on the worker's own port.
    package func answer(_ prevote: Prevote) -> PrevoteAnswer {
        let answer = core.prevoteAsked(prevote, now: now)
        perform()
        return answer
    }

    // MARK: Effects

    private func perform() {
        for effect in core.takeEffects() {
            switch effect {
            case .register(let registration): register(registration)
            case .watch(let watch): self.watch(watch)
            case .prevote(let workers, let prevote): for worker in workers { ask(worker, prevote) }
            case .takeOver(let after, _, let killHolder): takeOver(after: after, killHolder: killHolder)
            case .keepStandby(let wanted): launcher?.keepStandby(wanted)
            case .scout(let seats, let scouting):
                scout.ask(seats, scouting, timeoutMilliseconds: Int(core.settings.quorumTimeoutMilliseconds))
            case .move(let seat, let farewell): move(to: seat, farewell)
            case .releaseListeners:
                handover?.release()
                launcher?.release()
            case .persist(let snapshot): persist(snapshot)
            case .drain: drain()
            case .event(let event): log.notice("\(event.message)")
            }
        }
        gate.raise(to: core.highestEpoch)
        if let deadline = core.nextDeadline { timer.set(at: deadline.nanoseconds) } else { timer.cancel() }
    }

    private func ask(
        _ path: String, _ body: some Encodable, timeoutMilliseconds: Int, completion: @escaping KeptCaller.Completion
    ) {
        balancer.ask(
            .post, path, body: JSON.encode(body), timeoutMilliseconds: timeoutMilliseconds, completion: completion)
    }

    private func register(_ registration: Registration) {
        let timeout = Int(core.settings.registerTimeoutMilliseconds)
        ask(ClusterPaths.register, registration, timeoutMilliseconds: timeout) { [unowned self] result in
            switch result {
            case .success(let reply) where reply.status == 200:
                if let answer = JSON.decode(RegistrationAnswer.self, from: reply.body) {
                    core.registered(answer.snapshot, settings: answer.settings, now: now)
                    keep(answer.configuration)
                } else {
                    core.registrationFailed(.invalid("the balancer's answer is not understood"), now: now)
                }
            case .success(let reply): core.registrationFailed(refusal(in: reply), now: now)
            case .failure(.handshake(.secure(_, message: let message))):
                log.error("the balancer and this worker do not accept each other: \(message)")
                core.registrationUnreachable(isSilent: false, now: now)
            case .failure(.otherNode(let identity)):
                log.error(
                    "at the balancer's address is no balancer of this cluster: \(UpstreamFailure.otherNode(identity))")
                core.registrationUnreachable(isSilent: false, now: now)
            case .failure(let failure):
                log.info("not registered: \(failure)")
                let isSilent = if case .timedOut = failure { true } else { false }
                core.registrationUnreachable(isSilent: isSilent, now: now)
            }
            perform()
        }
    }

    private func watch(_ watch: Watch) {
        var watch = watch
        watch.inFlight = inFlight()
        let timeout = max(1000, Int(core.settings.watchFastMilliseconds) * (core.settings.watchMisses + 1))
        ask(ClusterPaths.watch, watch, timeoutMilliseconds: timeout) { [unowned self] result in
            switch result {
            case .success(let reply) where reply.status == 200:
                if let answer = JSON.decode(WatchAnswer.self, from: reply.body) {
                    core.watchAnswered(epoch: answer.epoch, newer: answer.snapshot, now: now)
                    keep(answer.configuration)
                } else {
                    core.watchFailed(.rejected, now: now)
                }
            case .success(let reply) where reply.status == 404: core.watchUnknown(now: now)
            case .success(let reply) where reply.status == 503: core.watchFailed(.superseded, now: now)
            case .success: core.watchFailed(.rejected, now: now)
            case .failure(.refused): core.watchFailed(.refused, now: now)
            case .failure(.timedOut), .failure(.connectTimedOut), .failure(.unreachable):
                core.watchFailed(.timedOut, now: now)
            case .failure(.handshake(.secure)), .failure(.otherNode): core.watchFailed(.rejected, now: now)
            case .failure: core.watchFailed(.closed, now: now)
            }
            perform()
        }
    }

    private func refusal(in reply: KeptCaller.Reply) -> Refusal {
        if let answer = JSON.decode(ErrorAnswer.self, from: reply.body) {
            return answer.refusal ?? .invalid(answer.error)
        }
        return .invalid("the balancer answered with status \(reply.status)")
    }

    private func ask(_ worker: WorkerRecord, _ prevote: Prevote) {
        guard let address = SocketAddress(host: worker.host, port: worker.port) else {
            core.prevoteAnswered(from: worker.id, nil, now: now)
            return
        }
        let expectation = certificates.uri(of: .worker, worker.id).map { PeerExpectation.exactly($0) } ?? .anybody
        let caller = KeptCaller(
            loop: loop, endpoint: UpstreamEndpoint(address: address, host: worker.host, expectation: expectation),
            provider: provider)
        let settings = core.settings
        let timeout = Int(
            prevote.isAcrossHosts ? settings.quorumTimeoutMilliseconds : settings.prevoteTimeoutMilliseconds)
        caller.ask(.post, ClusterPaths.prevote, body: JSON.encode(prevote), timeoutMilliseconds: timeout) {
            [unowned self] result in
            caller.close()
            let answer = (try? result.get()).flatMap {
                $0.status == 200 ? JSON.decode(PrevoteAnswer.self, from: $0.body) : nil
            }
            core.prevoteAnswered(from: worker.id, answer, now: now)
            perform()
        }
    }

    private func takeOver(after: Epoch, killHolder: Bool) {
        guard let launcher else {
            core.takeoverFinished(.failed("this worker may not stand in"), now: now)
            return
        }
        if killHolder && handover?.killHolder(notAfter: after) == true {
            log.warning("the balancer hangs: its process has been killed")
        }
        let isAcrossHosts = !core.isAtHome
        launcher.takeOver(after: after) { [unowned self] outcome in
            if case .started(let epoch) = outcome { runHook(epoch: epoch, isAcrossHosts: isAcrossHosts) }
            core.takeoverFinished(outcome, now: now)
            perform()
        }
    }

    private func runHook(epoch: Epoch, isAcrossHosts: Bool) {
        guard let hook, let directory, let configuration = BalancerConfiguration.load(from: directory) else { return }
        hook.run(
            TakeoverHook.Occasion(
                id: record.id, epoch: epoch, host: record.host, configuration: configuration,
                isAcrossHosts: isAcrossHosts))
    }

    private func persist(_ snapshot: Snapshot) {
        guard let directory else { return }
        do throws(SystemError) {
            try SnapshotStore.save(snapshot, of: record.id, in: directory)
        } catch {
            log.warning("the snapshot could not be written to \(directory.path): \(error)")
        }
    }

    private func drain() {
        ask(ClusterPaths.drain, Departure(id: record.id, incarnation: record.incarnation), timeoutMilliseconds: 1000) {
            [unowned self] _ in onDrain()
        }
    }

    // MARK: Across hosts

    private static func endpoint(of seat: Seat, among known: [UpstreamEndpoint]) -> UpstreamEndpoint? {
        if let match = known.first(where: { $0.address.host == seat.host && $0.address.port == seat.port }) {
            return match
        }
        return SocketAddress(host: seat.host, port: seat.port).map {
            UpstreamEndpoint(address: $0, host: seat.host, expectation: known[0].expectation)
        }
    }

    private func move(to seat: Seat, _ farewell: Watch?) {
        guard let endpoint = MemberControl.endpoint(of: seat, among: balancers) else { return }
        let past = balancer.endpoint
        balancer.close()
        balancer = KeptCaller(loop: loop, endpoint: endpoint, provider: provider)
        listenForTheEnd(of: balancer)
        guard let farewell else { return }
        let caller = KeptCaller(loop: loop, endpoint: past, provider: provider)
        caller.ask(.post, ClusterPaths.watch, body: JSON.encode(farewell), timeoutMilliseconds: 1000) { _ in
            caller.close()
        }
    }

    private func listenForTheEnd(of caller: KeptCaller) {
        caller.onIdleClose = { [unowned self] in
            core.watchFailed(.closed, now: now)
            perform()
        }
    }

    /// What a balancer on this host would start with, should the one of the other host be lost.
    private func keep(_ configuration: BalancerConfiguration?) {
        guard let configuration = configuration?.moved(to: record.host), let directory, launcher != nil,
            record.acrossHosts, let home = core.snapshot.home, home != record.home,
            BalancerConfiguration.load(from: directory) != configuration
        else { return }
        do throws(SystemError) {
            try DurableFile.write(JSON.encode(configuration), to: directory.configuration)
        } catch {
            log.warning("the balancer's options could not be written to \(directory.path): \(error)")
        }
    }

    // MARK: Our own pulse

    private static let lagInterval = 50

    /// A loop that stood still (SIGSTOP, a starved machine) must not blame the balancer for its silence.
    private func measureLag() {
        if lagExpected > 0 && loop.now > lagExpected {
            let late = Int64((loop.now - lagExpected) / 1_000_000)
            if late > core.settings.lagMilliseconds {
                core.loopLagged(byMilliseconds: late, now: now)
                perform()
            }
        }
        lagExpected = loop.now &+ UInt64(MemberControl.lagInterval) &* 1_000_000
        lagTimer.set(at: lagExpected)
    }
}
