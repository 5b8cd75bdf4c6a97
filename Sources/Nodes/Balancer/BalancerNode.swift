package import Balancing
package import Cluster
internal import Connections
internal import ControlPlane
internal import Glibc
internal import Handover
internal import Logging
internal import Proxy
package import Settings
internal import Sockets
package import Storage
package import Telemetry

/// One balancer process: feeds events to `Reign` and performs its effects.
///
/// Certificates, TLS contexts and loops come first. `Reign` decides whether and when the process reigns.
package final class BalancerNode {
    /// The first event of `run`.
    package enum Start {
        /// An operator or a service manager has started the process.
        case byOperator
        /// A worker has started the process as its standby.
        case standby
        /// An operator has started the process with `--replace`.
        case replacement
    }

    let context: BalancerContext
    private let start: Start
    private let lock: LockFileStore
    private let coordinator: any Coordinator

    // The machine.
    private var reign: Reign
    private var events: [ReignEvent] = []
    private var isFeeding = false
    private let timer: LoopTimer
    private var end: ReignExit?

    // The objects that effects make.
    private let ports: BalancerPorts
    private var listeners: Listeners?
    private var ticketKeys: [UInt8] = []
    private var plane: DataPlane?
    private var warmUp: WarmUp?
    private var control: BalancerControl?
    private var links = ReignLinks()

    private var certificateWatch: CertificateWatch?
    private var reload: ConfigurationReload?
    private var signals: SignalSource?

    package init(settings: Settings, directory: StateDirectory, start: Start) throws(CommandError) {
        self.start = start
        context = try BalancerContext(settings: settings, directory: directory)
        lock = LockFileStore(directory: directory)
        coordinator = try Coordinators.make(for: context, over: lock, isByHand: start != .standby)
        reign = Reign(timing: ReignTiming(settings))
        timer = LoopTimer(on: context.loop)
        ports = try BalancerPorts(context: context)
        do throws(SystemError) {
            signals = try SignalSource([SIGTERM, SIGINT, SIGHUP], on: context.loop) { _ in }
        } catch {
            throw .failure("\(error)")
        }
        coordinator.onAnswer = { [unowned self] in answered($0) }
        timer.action = { [unowned self] in feed(.tick) }
        signals?.handler = { [unowned self] in signalled($0) }
        let watch = CertificateWatch(
            loop: context.loop, disk: context.disk, files: context.certificates.files, log: context.log,
            warnings: { [unowned self] in { [certificates = context.certificates] in certificates.warnings } },
            makeReading: { [unowned self] in
                CertificateReload.reading(of: context.certificates, plane?.reading) { [unowned self] in adopt($0) }
            })
        certificateWatch = watch
        reload = ConfigurationReload(
            loop: context.loop, disk: context.disk, certificates: watch, log: context.log,
            advice: "these settings can't change in a running balancer: use 'balancer --replace'",
            settings: { [unowned self] in context.settings }, adopt: { [unowned self] in adopt($0, then: $1) })
    }

    /// Runs until the process is to end. Returns the exit status.
    package func run() throws(CommandError) -> Int32 {
        switch start {
        case .byOperator:
            let latest = context.snapshots.latest() ?? .empty
            let port = context.configuration.clusterPort
            let addresses = context.lockDomain.map { latest.addresses(outside: $0, port: port) } ?? []
            feed(.startedByOperator(addresses: addresses, known: latest.epoch))
        case .standby:
            links.starter = try StandbyChannel(
                loop: context.loop, knownEpoch: { [context] in context.knownEpoch },
                onEvent: { [unowned self] in feed($0) })
            feed(.startedAsStandby)
        case .replacement:
            links.replacement = try Replacement(
                context: context, lock: lock, onEvent: { [unowned self] in feed($0) })
            feed(.startedAsReplacement)
        }
        context.loop.run()
        plane?.accessLog?.finish()
        context.disk.finish()
        guard let end else { return 0 }
        if let failure = end.error(in: context.directory, reigning: links.replacement?.reigning) {
            guard links.starter != nil else { throw failure }
            // A standby has no terminal: its worker has the report, and the log gets the line.
            if case .failed = end { context.log.error("\(failure.description)") }
        }
        return end.status
    }

    // MARK: The machine

    /// The only caller of `reign.feed`. Events that an effect causes are handled after the other effects.
    private func feed(_ event: ReignEvent) {
        context.takeovers.note(event, isReplacement: start == .replacement)
        events.append(event)
        guard !isFeeding else { return }
        isFeeding = true
        while !events.isEmpty {
            reign.feed(events.removeFirst(), now: context.now)
            for effect in reign.takeEffects() { perform(effect) }
        }
        isFeeding = false
        if let deadline = reign.nextDeadline { timer.set(at: deadline.nanoseconds) } else { timer.cancel() }
    }

    /// Calls `next` unless `action` throws.
    private func attempt(_ action: () throws(CommandError) -> Void, then next: () -> Void) {
        do throws(CommandError) {
            try action()
            next()
        } catch {
            feed(.failed(ReignFailure(error.description, status: error.exitStatus)))
        }
    }

    private func perform(_ effect: ReignEffect) {
        switch effect {
        case .discover(let addresses):
            links.discovery = StartupDiscovery(context: context, addresses: addresses) { [unowned self] in
                feed(.discoveryEnded(found: $0))
            }
        case .prepare: attempt(prepare) { feed(.prepared) }
        case .warmUp: keepWarm()
        case .requestLock: links.replacement?.requestLock()
        case .bind: bind()
        case .acquire(let after): coordinator.acquire(after: after)
        case .accept(let epoch): accept(epoch)
        case .serve(let epoch): attempt({ () throws(CommandError) in try openPorts(epoch) }, then: { serve(epoch) })
        case .report(let report): tellWorker(report)
        case .announceReign(let epoch):
            links.replacement?.announceReign(epoch)
            context.log.notice("replaced \(links.replacement?.reigning.description ?? "the balancer")")
        case .refuseSuccessor: links.refuseAsker("it is going already")
        case .stopAccepting(let reason): stopAccepting(reason)
        case .announceSuperseded(let later):
            // Otherwise the workers of this host would count this end as a death.
            ports.handover?.announce(.superseded(later))
            links.starter?.report(.superseded(later))
        case .yieldLock: yieldLock()
        case .killSuccessor:
            let outcome = links.successor?.kill() ?? "it has ended"
            context.log.error("the replacement has the lock and does not reign: \(outcome)")
        case .announceSuccessor(let epoch):
            if let channel = links.successor?.channel { ports.handover?.announce(successor: epoch, besides: channel) }
            links.closeSuccessor()
        case .release: coordinator.release(expectsSuccessor: ports.handover?.hasMembers == true || links.hasSuccessor)
        case .closeControl: closeControl()
        case .watchSuccessor: watchSuccessor()
        case .adoptEpoch(let epoch): adopt(epoch)
        case .drain: plane?.group.drain(then: post(.drained))
        case .exit(let reason): exit(reason)
        }
    }

    /// A callback for other loops that feeds `event` on the control loop.
    private func post(_ event: ReignEvent) -> @Sendable () -> Void {
        let node = LoopBound(self)
        return { [loop = context.loop] in loop.post { node.value.feed(event) } }
    }

    private func answered(_ answer: CoordinatorAnswer) {
        // A balancer without its fence refuses every registration from then on.
        if case .lost(let reason) = answer, let control {
            control.fenceLost(reason)
        } else {
            feed(.coordinator(answer))
        }
    }

    private func signalled(_ number: Int32) {
        if number == SIGHUP {
            reload?.request()
        } else if links.starter == nil || reign.stage != .candidate {
            context.log.notice("stopping", metadata: ["signal": "\(number)"])
            feed(.stopRequested)
        }
    }

    // MARK: The start

    private func prepare() throws(CommandError) {
        ticketKeys = links.handover?.ticketKeys ?? TicketKeys.random()
        context.loadBalancer.useSecret(TicketKeys.nameSecret(from: ticketKeys))
        let plane = try DataPlane(
            context: context, ticketKeys: ticketKeys,
            observer: { [unowned self] in ReignObserver.make(loop: context.loop, control: { self.control }) })
        do throws(SystemError) { try plane.start() } catch { throw .failure("\(error)") }
        self.plane = plane
    }

    private func keepWarm() {
        guard let plane else { return }
        warmUp = WarmUp(
            snapshots: context.snapshots, callers: context.probes, loadBalancer: context.loadBalancer,
            certificates: context.certificates, plane: plane, onTurn: { [unowned self] in followConfiguration() },
            onWarm: { [unowned self] in feed($0.event(isReplacement: links.replacement != nil)) })
    }

    private func bind() {
        do throws(CommandError) {
            listeners = try BalancerSockets.bind(context.configuration)
            feed(.bound)
        } catch {
            feed(.bindFailed(ReignFailure(error.description, status: error.exitStatus)))
        }
    }

    /// Clients wait for this step, so it does no more than it must.
    private func accept(_ epoch: Epoch) {
        listeners = links.listeners ?? listeners
        guard let plane, let listeners else {
            feed(.failed(ReignFailure("there are no listeners")))
            return
        }
        warmUp?.stop()
        warmUp = nil
        context.accepts(under: epoch)
        plane.listen(on: listeners.publicSide.rawValue)
        startControl(epoch: epoch)
        plane.hostsChanged()
    }

    private func startControl(epoch: Epoch) {
        var cluster = context.settings.cluster
        cluster.maximumWorkers = context.shares.members
        cluster.maximumTickets = context.shares.connectBacks
        let control = BalancerControl(
            epoch: epoch, settings: cluster, hints: context.snapshots.latest(), configuration: context.configuration,
            lockDomain: context.lockDomain, callers: context.probes, loadBalancer: context.loadBalancer,
            certificates: context.certificates, log: context.log)
        self.control = control
        control.callbacks.onHostsChanged = { [unowned self] in
            plane?.hostsChanged()
            if context.loadBalancer.routableCount > 0 { feed(.firstWorkerReady) }
        }
        control.callbacks.onFenced = { [unowned self] in feed(.superseded(by: $0)) }
        control.callbacks.onCheckFence = { [unowned self] in coordinator.check() }
        control.callbacks.onFenceLost = { [unowned self] in feed(.coordinator(.lost($0))) }
        coordinator.follow(control.makeNeighbours())
    }

    /// The reign is served when the disk has the settings of a successor. Most successors find them there.
    private func serve(_ epoch: Epoch) {
        context.keepConfiguration { [unowned self] error in
            if let error { return feed(.failed(ReignFailure("\(error)"))) }
            context.noteReign(epoch)
            feed(.served)
        }
    }

    private func openPorts(_ epoch: Epoch) throws(CommandError) {
        guard let control, let plane, let listeners else { throw .failure("there are no listeners") }
        // The settings may have changed while this standby waited.
        followConfiguration()
        do throws(SystemError) {
            let views = ports.makeFeed(of: control)
            let commands = CommandHandler(
                context: context, control: control, feed: views,
                reload: { [unowned self] in reload?.request(then: $0) },
                stop: { [unowned self] in feed(.stopRequested) })
            try ports.open(
                listeners, further: links.further, control: control, commands: commands, feed: views,
                handover: ports.makeHandover(epoch: epoch, ticketKeys: ticketKeys), metrics: plane.metrics)
        } catch {
            throw .failure("\(error)")
        }
        ports.handover?.onReplace = { [unowned self] in successorAsked(over: $0, process: $1) }
        ports.handover?.onAskerGone = { [unowned self] in successorLost($0) }
        ports.handover?.onReigns = { [unowned self] channel, epoch in
            if links.successor?.channel === channel { feed(.successorReigns(epoch)) }
        }
        ports.handover?.onMember = { [unowned self] in self.control?.handover(heldBy: $0, $1) }
        ports.handover?.onDeserted = { [unowned self] in if !links.hasSuccessor { coordinator.noteWorkersLeft() } }
    }

    private func tellWorker(_ report: StandbyReport) {
        links.starter?.report(report)
        if case .started = report { links.starter?.ignoreOrders() }
    }

    // MARK: The end

    private func stopAccepting(_ reason: ReignStop) {
        if case .replaced = reason { links.acceptAsker() }
        reason.write(to: context.log, epoch: context.policy.epoch, successor: links.successor?.process)
        context.policy.awaitsSuccessor = reason.isOrderly
        plane?.group.stopListening(then: post(.acceptingStopped))
    }

    private func successorAsked(over channel: MessageChannel, process: PeerProcess) {
        do throws(SystemError) {
            links.asker = try SuccessorChannel(channel: channel, process: process)
            feed(.successorAsked)
        } catch {
            ReignLinks.refuse(channel, "it can't tell who asks: \(error)")
        }
    }

    private func successorLost(_ channel: MessageChannel) {
        if links.successor?.channel === channel { loseSuccessor() }
    }

    private func loseSuccessor() {
        context.log.error("the replacement ended before it reigned: the workers take over")
        links.closeSuccessor()
        feed(.successorLost)
    }

    private func yieldLock() {
        ports.stopListening()
        guard let descriptor = lock.heldDescriptor, links.successor?.yield(lock: descriptor) == true else {
            loseSuccessor()
            return
        }
    }

    /// To the workers this process is gone.
    private func closeControl() {
        control?.stop()
        ports.close()
        listeners = nil
        links.closeHandover()
    }

    /// The workers refuse the old epoch as soon as they have met the new one.
    private func watchSuccessor() {
        links.successorWatch = SuccessorWatch(
            loop: context.loop, directory: context.directory, own: Epoch(context.policy.epoch)
        ) { [unowned self] in feed(.successorFound($0)) }
    }

    private func adopt(_ epoch: Epoch) {
        guard epoch.value > context.policy.epoch else { return }
        context.log.info("requests in progress are finished for the successor", metadata: ["epoch": "\(epoch.value)"])
        context.policy.epoch = epoch.value
        plane?.epochChanged()
    }

    private func exit(_ reason: ReignExit) {
        if case .drainTimedOut = reason { context.log.warning("requests in progress did not end in time: dropped") }
        end = reason
        coordinator.finish { [loop = context.loop] in loop.stop() }
    }

    // MARK: New settings and certificates

    /// A standby uses the settings of the running balancer, which may change while it waits. A replacement has its own.
    private func followConfiguration() {
        guard links.starter != nil, let present = BalancerConfiguration.load(from: context.directory),
            present != context.configuration
        else { return }
        adopt(context.settings.following(present)) {}
    }

    /// - Parameter completion: called when a successor has the settings.
    private func adopt(_ change: SettingsChange, then completion: @escaping () -> Void) {
        guard !change.adopted.isEmpty else { return completion() }
        context.adopt(change.settings)
        reign.timing = ReignTiming(change.settings)
        plane?.adopt(context.settings, context.policy)
        context.log.notice(
            "new settings are in use", metadata: ["settings": "\(change.adopted.joined(separator: ","))"])
        guard let control else { return completion() }
        control.adopt(context.settings.cluster, context.configuration)
        context.keepConfiguration { [log = context.log] error in
            if let error { log.error("a successor will not have the new settings: \(error)") }
            completion()
        }
    }

    private func adopt(_ fresh: CertificateReload) {
        fresh.use(in: context, ports, plane)
        // The loops for clients were made meanwhile, with the earlier certificates.
        if plane != nil, fresh.plane.isEmpty { certificateWatch?.readNow() }
    }
}
