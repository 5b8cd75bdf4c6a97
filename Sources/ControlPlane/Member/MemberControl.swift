package import Cluster
package import Connections
internal import HTTP
package import Handover
package import Logging
package import Settings
package import Sockets
package import Storage
package import Telemetry

/// The shell around `MemberCore` on a worker's control loop: registers, watches, votes, and has a balancer started.
///
/// It decides nothing: every event goes to the core with the loop's time, and the core's effects are performed.
package final class MemberControl {
    /// The worker's part. See `MemberCallbacks`.
    package var callbacks = MemberCallbacks()

    private let loop: EventLoop
    private let files: MemberFiles?
    private let disk: DiskThread
    private let certificates: NodeCertificates
    private let provider: TransportProvider
    private let balancers: [UpstreamEndpoint]
    private var balancer: ControlClient
    private let discovery: BalancerDiscovery
    private let launcher: BalancerLauncher?
    private let handover: HandoverClient?
    private let hook: ReignHook?
    private let gate: FenceGate
    private let local: BalancerConfiguration.Local
    private let log: Logger
    private let timer: LoopTimer
    private let lagMeter: LagMeter
    private var trouble = RegistrationTrouble()
    private var core: MemberCore
    /// Inputs that wait for the effects before them.
    private var inputs: [MemberInput] = []
    private var isPerforming = false

    /// - Parameters:
    ///   - balancers: the cluster ports at which a balancer may be found, at least one.
    ///   - directory: shared with the balancer; nil for a worker that keeps no state.
    ///   - disk: writes the files of the directory, and reads certificates.
    ///   - launcher: nil for a worker that may not stand in.
    ///   - needsQuorum, usesStore: see `MemberCore`.
    ///   - hook: run after each takeover by this worker; nil for none.
    ///   - local: what a balancer on this host has from this worker.
    package init(
        record: WorkerRecord, balancers: [UpstreamEndpoint], loop: EventLoop, directory: StateDirectory?,
        disk: DiskThread, certificates: NodeCertificates, provider: TransportProvider, launcher: BalancerLauncher?,
        needsQuorum: Bool, usesStore: Bool = false, hook: ReignHook?, gate: FenceGate,
        local: BalancerConfiguration.Local, log: Logger
    ) {
        self.loop = loop
        self.disk = disk
        files = directory.map { MemberFiles(directory: $0, disk: disk, loop: loop, log: log) }
        self.certificates = certificates
        self.provider = provider
        self.launcher = launcher
        self.hook = hook
        self.gate = gate
        self.local = local
        self.log = log
        self.balancers = balancers
        balancer = ControlClient(
            loop: loop, endpoint: balancers[0], provider: provider, maximumBody: ControlClient.largestSnapshot)
        discovery = BalancerDiscovery(loop: loop, provider: provider) { address in
            BalancerDiscovery.endpoint(of: address, among: balancers)
        }
        let snapshot = directory.flatMap { SnapshotStore.load(of: record.id, in: $0) }
        // Only where a balancer has lived is there a lock that fences: elsewhere this worker waits until it is handed
        // listeners.
        let hasLock = directory.map { $0.files.status(of: StateDirectory.Name.lock) != nil } ?? false
        core = MemberCore(
            record: record, snapshot: snapshot, highestEpoch: snapshot?.epoch ?? .none, knowsStateDirectory: hasLock,
            addresses: balancers.map { BalancerAddress(host: $0.destination.host, port: $0.destination.port) },
            needsQuorum: needsQuorum, usesStore: usesStore,
            seed: UInt64.random(in: 0...UInt64.max), now: Instant(nanoseconds: loop.now))
        gate.raise(to: core.highestEpoch, at: core.reignAddress)
        handover = launcher == nil ? nil : directory.map { HandoverClient(loop: loop, directory: $0, log: log) }
        timer = LoopTimer(on: loop)
        lagMeter = LagMeter(on: loop)
        timer.action = { [unowned self] in feed(.tick) }
    }

    package var record: WorkerRecord { core.record }
    private var now: Instant { Instant(nanoseconds: loop.now) }

    package func start() {
        listenForTheEnd(of: balancer)
        discovery.onAnswer = { [unowned self] in feed(.balancerFound($0, $1)) }
        handover?.id = record.id
        handover?.onReceived = { [unowned self] holding in
            launcher?.hold(holding)
            feed(.handoverReceived(holding.handover.epoch))
        }
        handover?.onReceivedFurther = { [unowned self] in launcher?.holdFurther($0) }
        handover?.onSucceeded = { [unowned self] epoch in
            // The parked one is of the replaced program.
            launcher?.renew()
            feed(.epochSeen(epoch))
        }
        let superseded = { [unowned self] (epoch: Epoch) in feed(.epochSeen(epoch)) }
        handover?.onSuperseded = superseded
        launcher?.onSuperseded = superseded
        handover?.onGone = { [unowned self] epoch in feed(.handoverEnded(epoch)) }
        handover?.onAlive = { [unowned self] in balancerMoved() }
        handover?.start()
        lagMeter.start(every: core.settings.watchFastMilliseconds / 2) { [unowned self] late in
            if late >= ClusterSettings.leastLagMilliseconds { feed(.lagged(milliseconds: late)) }
        }
        feed(.started)
    }

    /// The worker is asked to end: it drains first.
    package func stop() {
        handover?.leave()
        feed(.stopRequested)
    }

    /// The last steps, after the requests in progress have ended.
    package func leave(then completion: @escaping () -> Void) {
        handover?.stop()
        launcher?.stop()
        timer.remove()
        lagMeter.stop()
        discovery.stop()
        ask(ClusterPaths.leave, departure, timeoutMilliseconds: 1000) { [balancer, launcher] _ in
            balancer.close()
            if let launcher { launcher.leaveContainer(then: completion) } else { completion() }
        }
    }

    /// The store names the address of the reigning balancer; nil if no lock domain reigns.
    package func storeNames(_ address: BalancerAddress?) {
        if let address { feed(.balancerAnnounced(address)) } else { feed(.leaderGone) }
    }

    /// This host has pledged to start no balancer for this long.
    package func pledged(milliseconds: Int64) { feed(.pledged(milliseconds: milliseconds)) }

    /// A proxied request of a new reign has come.
    package func requestSeen(epoch: UInt64) {
        feed(.epochSeen(Epoch(epoch)))
    }

    /// A balancer has probed this worker under its epoch. This worker can kill only the balancer at its handover channel, so
    /// only the probes of that one count.
    ///
    /// - Parameter id: the node of the certificate that the balancer showed; nil in the plain build.
    package func probed(by id: NodeID?, epoch: Epoch) {
        guard let held = handover?.holding?.handover, held.epoch == epoch, held.id == id else { return }
        balancerMoved()
    }

    private func balancerMoved() { feed(.balancerMoved) }

    // MARK: What other workers ask

    /// `POST /cluster/v1/prevote` on the worker's own port.
    package func answer(_ prevote: Prevote) -> PrevoteAnswer {
        let answer = core.prevoteAsked(prevote, now: now)
        performEffects()
        return answer
    }

    // MARK: Effects

    /// The only way to the core. An input that an effect causes is handled after the other effects.
    private func feed(_ input: MemberInput) {
        inputs.append(input)
        performEffects()
    }

    private func performEffects() {
        guard !isPerforming else { return }
        defer { launcher?.isDistant = core.keepsDistantStandby }
        isPerforming = true
        repeat {
            if !inputs.isEmpty { core.feed(inputs.removeFirst(), now: now) }
            for effect in core.takeEffects() { perform(effect) }
        } while !inputs.isEmpty
        isPerforming = false
        gate.raise(to: core.highestEpoch, at: core.reignAddress)
        if let deadline = core.nextDeadline { timer.set(at: deadline.nanoseconds) } else { timer.cancel() }
    }

    private func perform(_ effect: MemberEffect) {
        switch effect {
        case .register(let registration): register(registration)
        case .watch(let watch): self.watch(watch)
        case .prevote(let workers, let prevote): for worker in workers { ask(worker, prevote) }
        case .inspectLock: feed(.lockInspected(isFree: files.map { LockFileStore.isFree(in: $0.directory) } ?? false))
        case .takeOver(let after, let killHolder): takeOver(after: after, killHolder: killHolder)
        case .keepStandby(let wanted): launcher?.keepStandby(wanted)
        case .discover(let addresses, let request):
            discovery.ask(addresses, request, timeoutMilliseconds: Int(core.settings.quorumTimeoutMilliseconds))
        case .move(let address, let farewell): move(to: address, farewell)
        case .proveStandIn(let incarnation): proveStandIn(incarnation)
        case .releaseListeners:
            handover?.release()
            launcher?.dropListeners()
        case .persist(let snapshot): files?.save(snapshot, of: record.id)
        case .drain: drain()
        case .event(let event): log.report(event)
        }
    }

    private func ask(
        _ path: String, _ body: some Encodable, timeoutMilliseconds: Int, completion: @escaping ControlClient.Completion
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
                    trouble.end()
                    if case .name(let name) = balancer.endpoint.destination, let address = name.lastReached {
                        feed(.balancerReached(host: address.host))
                    }
                    feed(.registered(answer.snapshot, settings: answer.settings))
                    keep(answer.configuration)
                } else {
                    feed(.registrationFailed(.invalid("the balancer's answer is not understood")))
                }
            case .success(let reply):
                let refusal = refusal(in: reply)
                feed(.registrationFailed(refusal))
                if case .clusterEnding = refusal { callbacks.onStopOrder() }
            case .failure(let failure):
                report(failure)
                let isSilent = if case .timedOut = failure { true } else { false }
                feed(.registrationUnreachable(isSilent: isSilent))
            }
        }
    }

    private func report(_ failure: UpstreamFailure) {
        let text = RegistrationTrouble.text(
            of: failure, at: balancer.endpoint, configuration: files?.configuration, certificate: certificates.ownLabel,
            command: certificates.command)
        if trouble.isNews(text, now: loop.now) { log.warning("\(text)") }
    }

    private func watch(_ watch: Watch) {
        var watch = watch
        watch.inFlight = callbacks.inFlight()
        // A standby of another host does not make a crash on the balancer's host short.
        watch.hasStandby = launcher?.isParked == true && !core.keepsDistantStandby
        let timeout = max(1000, Int(core.settings.watchFastMilliseconds) * (core.settings.watchMisses + 1))
        ask(ClusterPaths.watch, watch, timeoutMilliseconds: timeout) { [unowned self] result in
            switch result {
            case .success(let reply) where reply.status == 200:
                if let answer = JSON.decode(WatchAnswer.self, from: reply.body) {
                    feed(.watchAnswered(answer.epoch, newer: answer.snapshot))
                    keep(answer.configuration)
                    if answer.stop == true { callbacks.onStopOrder() }
                } else {
                    feed(.watchFailed(.rejected))
                }
            case .success(let reply) where reply.status == 404: feed(.watchUnknown)
            case .success(let reply) where reply.status == 503: feed(.watchFailed(.superseded))
            case .success: feed(.watchFailed(.rejected))
            case .failure(.refused): feed(.watchFailed(.refused))
            case .failure(.timedOut), .failure(.connectTimedOut), .failure(.unreachable):
                feed(.watchFailed(.timedOut))
            case .failure(.handshake(.secure)), .failure(.otherNode): feed(.watchFailed(.rejected))
            case .failure: feed(.watchFailed(.closed))
            }
        }
    }

    private func refusal(in reply: ControlClient.Reply) -> Refusal {
        let answer = JSON.decode(ErrorAnswer.self, from: reply.body)
        if let refusal = answer?.refusal { return refusal }
        let hint = RegistrationTrouble.portHint(balancer.endpoint.destination.port, files?.configuration) ?? ""
        return .invalid((answer?.error ?? "the balancer answered with status \(reply.status)") + hint)
    }

    private func ask(_ worker: WorkerRecord, _ prevote: Prevote) {
        guard let address = SocketAddress(host: worker.host, port: worker.port) else {
            feed(.prevoteAnswered(from: worker.id, nil))
            return
        }
        let expectation = certificates.uri(of: .worker, worker.id).map { PeerExpectation.exactly($0) } ?? .anybody
        let caller = ControlClient(
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
            feed(.prevoteAnswered(from: worker.id, answer))
        }
    }

    private func takeOver(after: Epoch, killHolder: Bool) {
        guard let launcher else {
            feed(.takeoverFinished(.failed("this worker may not stand in")))
            return
        }
        let kill = killHolder ? handover?.killHolder(notAfter: after) : nil
        if kill == .killed { log.warning("the balancer hangs: its process has been killed") }
        guard kill != .outOfReach else {
            feed(.takeoverFinished(.holderOutOfReach))
            return
        }
        let isAcrossHosts = !core.sharesLockDomain
        launcher.onReign = { [unowned self] in runHook(epoch: $0, isAcrossHosts: isAcrossHosts) }
        launcher.takeOver(after: after) { [unowned self] in feed(.takeoverFinished($0)) }
    }

    private func runHook(epoch: Epoch, isAcrossHosts: Bool) {
        guard let hook, let configuration = files?.configuration else { return }
        hook.run(
            ReignHook.Occasion(
                id: record.id, epoch: epoch, host: record.host, configuration: configuration,
                isAcrossHosts: isAcrossHosts))
    }

    private func drain() {
        ask(ClusterPaths.drain, departure, timeoutMilliseconds: 1000) { [unowned self] _ in callbacks.onDrain() }
    }

    private var departure: Departure {
        Departure(id: record.id, incarnation: record.incarnation, startMark: record.startMark)
    }

    // MARK: Across hosts

    private func move(to address: BalancerAddress, _ farewell: Watch?) {
        guard let endpoint = BalancerDiscovery.endpoint(of: address, among: balancers) else { return }
        let past = balancer.endpoint
        balancer.close()
        balancer = ControlClient(
            loop: loop, endpoint: endpoint, provider: provider, maximumBody: ControlClient.largestSnapshot)
        listenForTheEnd(of: balancer)
        guard let farewell else { return }
        let caller = ControlClient(loop: loop, endpoint: past, provider: provider)
        caller.ask(.post, ClusterPaths.watch, body: JSON.encode(farewell), timeoutMilliseconds: 1000) { _ in
            caller.close()
        }
    }

    /// The certificate is read anew each time: it may have been renewed.
    private func proveStandIn(_ incarnation: UInt64) {
        let (folder, id) = (certificates.folder, certificates.id)
        let read = { @Sendable () throws(CommandError) in
            try NodeCertificates(folder: folder, id: id, role: .balancer).makeClusterProvider()
        }
        disk.run(
            on: loop, { Result(catching: read) },
            then: { [unowned self] result in
                switch result {
                case .success(let provider):
                    let caller = ControlClient(loop: loop, endpoint: balancer.endpoint, provider: provider)
                    let body = JSON.encode(Departure(id: record.id, incarnation: incarnation))
                    caller.ask(.post, ClusterPaths.standIn, body: body, timeoutMilliseconds: 1000) { _ in caller.close()
                    }
                case .failure(let error): log.warning("this worker can't stand in on this host: \(error)")
                }
            })
    }

    private func listenForTheEnd(of caller: ControlClient) {
        caller.onIdleClose = { [unowned self] in
            feed(.watchFailed(.closed))
        }
    }

    /// Stores the settings with which a balancer of this host would start after the loss of the other host's balancer.
    private func keep(_ other: ForeignConfiguration?) {
        guard let other, let files, launcher != nil, record.acrossHosts, let lockDomain = core.snapshot.lockDomain,
            lockDomain != record.lockDomain
        else { return }
        let present = files.configuration
        let configuration = BalancerConfiguration(
            following: other, at: record.host, present: present, local: local)
        guard configuration != present else { return }
        // A standby that waits here was started with the earlier options.
        files.save(configuration) { [unowned self] in launcher?.renew() }
    }
}
