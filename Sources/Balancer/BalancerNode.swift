internal import Cluster
internal import Connections
internal import ControlPlane
internal import Glibc
internal import Logging
internal import Proxy
internal import Sockets

/// One balancer process: the control loop with the cluster's core, and the data plane's loops.
///
/// It is built first (certificates, contexts, loops) and reigns later: at once when started by hand, on a worker's
/// word when parked as a standby. The order of a reign's beginning is the fence: lock, then a durable epoch, then
/// listening.
final class BalancerNode {
    let configuration: BalancerConfiguration
    private let limits: ServiceLimits
    let directory: StateDirectory
    let loop: EventLoop
    let log = Logger(label: "balancer")
    /// Set while a worker's standby.
    var standby: StandbyChannel?
    /// The channel to the worker that started this process, if one did.
    var starter: MessageChannel?
    /// Set when this process took over by --replace.
    var replacement: Replacement?
    /// What SIGTERM and SIGINT ask for; nil while they ask for nothing.
    var onStop: (() -> Void)?
    /// Called whenever the roster has changed and requests can be served.
    var onServing: () -> Void = {}

    var certificates: NodeCertificates
    /// Of the certificates in use; see `NodeCertificates.expiries`.
    var expiries: [(file: String, seconds: Int)] = []
    private var certificateWatch: CertificateWatch?
    let fence: LockFileStore
    var coordinator: LockFileCoordinator
    private let startedAt: UInt64
    private let roster: Roster
    let policy: ProxyPolicy
    let clusterProvider: TransportProvider
    let callers: ProbeCallers
    let snapshots: SnapshotReader
    let home: Home?
    private let shares: DescriptorShares
    /// When the log was last told that the cluster port is full, in the loop's time.
    private var fullSince: UInt64?
    var plane: DataPlane?
    var control: BalancerControl?
    var listeners: Listeners?
    var handover: HandoverServer?
    private var warmUp: WarmUp?
    var heir: Heir?
    var successorWatch: SuccessorWatch?
    /// Set while a balancer that is started by hand looks whether it is needed.
    var firstLook: FirstLook?
    var controlServers: [Server] = []
    var signals: SignalSource?
    var drainTimer: LoopTimer?
    var isStopping = false

    init(
        configuration: BalancerConfiguration, selection: SelectionPolicy, limits: ServiceLimits, id: NodeID,
        certificatesFolder: String, directory: StateDirectory
    ) throws(CommandError) {
        self.configuration = configuration
        self.directory = directory
        self.limits = limits
        policy = ProxyPolicy(
            place: .edge, scheme: NodeCertificates.scheme, replayLimit: limits.replayBytes,
            maximumRetries: limits.retries, queueMilliseconds: limits.queueMilliseconds,
            trustsRequestID: configuration.trustRequestID)
        roster = Roster(seed: UInt64.random(in: 0...UInt64.max), policy: selection, limits: limits.roster)
        shares = DescriptorShares(
            of: DescriptorLimit.raise(), clients: limits.connections, members: limits.workers,
            loops: configuration.threads)
        certificates = try NodeCertificates(folder: certificatesFolder, id: id, role: .balancer)
        clusterProvider = try certificates.makeClusterProvider()
        fence = LockFileStore(directory: directory)
        coordinator = LockFileCoordinator(store: fence, seed: UInt64.random(in: 0...UInt64.max))
        snapshots = SnapshotReader(directory: directory)
        do throws(SystemError) {
            loop = try EventLoop()
            startedAt = loop.now
            signals = try SignalSource([SIGTERM, SIGINT, SIGHUP], on: loop) { _ in }
        } catch {
            throw .failure("\(error)")
        }
        callers = ProbeCallers(loop: loop, certificates: certificates, provider: clusterProvider)
        do throws(SystemError) {
            home = try directory.home()
        } catch {
            log.warning("\(directory.path) can't be given a name: workers of other hosts can't stand in: \(error)")
            home = nil
        }
        expiries = certificates.expiries
        certificateWatch = CertificateWatch(
            loop: loop, files: certificates.files, log: log,
            warning: { [unowned self] in certificates.validityWarning },
            reload: { [unowned self] () throws(CommandError) in try reloadCertificates() })
        signals?.handler = { [unowned self] in signalled($0) }
    }

    private func signalled(_ number: Int32) {
        if number == SIGHUP {
            certificateWatch?.readNow()
        } else if let onStop {
            log.notice("stopping", metadata: ["signal": "\(number)"])
            onStop()
        }
    }

    func run() {
        loop.run()
    }

    /// Builds the data plane and starts its loops; what takes time is done before the reign begins.
    func prepare(ticketKeys: [UInt8]) throws(CommandError) {
        roster.useSecret(BalancerNode.nameSecret(from: ticketKeys))
        let plane = try DataPlane(
            configuration: configuration, certificates: certificates, ticketKeys: ticketKeys, roster: roster,
            policy: policy,
            limits: limits,
            connectionLimit: shares.clients, log: log, node: self)
        do throws(SystemError) { try plane.start() } catch { throw .failure("\(error)") }
        self.plane = plane
    }

    /// Before the reign: keeps connections to the workers ready. `onWarm` is called once, when every worker has been
    /// asked.
    func keepWarm(onWarm: @escaping () -> Void = {}) {
        guard let plane else { return }
        warmUp = WarmUp(
            snapshots: snapshots, callers: callers, roster: roster, certificates: certificates, plane: plane,
            onWarm: onWarm)
    }

    // MARK: Reign

    /// Started by hand: binds the ports and takes up where the last reign ended.
    func startReign() throws(CommandError) {
        let keys = BalancerNode.randomTicketKeys()
        try prepare(ticketKeys: keys)
        switch coordinator.acquire(after: snapshots.latest()?.epoch ?? .none) {
        case .granted(let epoch):
            let listeners = try bindListeners()
            try beginReign(epoch: epoch, listeners: listeners)
            try completeReign(epoch: epoch, listeners: listeners, ticketKeys: keys)
        case .heldByOther(let holder):
            throw .failure(
                "a balancer of this cluster is running already (\(holder) holds \(directory.lock)): stop it, or give another --state-dir"
            )
        case .failed(let reason):
            throw .failure(reason)
        }
    }

    /// Begins to reign, holding the lock: clients are accepted, and the workers of the latest snapshot are asked for
    /// their health. Clients wait for this step, so nothing else is done in it.
    func beginReign(epoch: Epoch, listeners: Listeners) throws(CommandError) {
        guard let plane else { throw .failure("the data plane has not been built") }
        warmUp?.stop()
        warmUp = nil
        policy.epoch = epoch.value
        self.listeners = listeners
        plane.listen(on: listeners.publicSide.rawValue)
        startControl(epoch: epoch, hints: snapshots.latest())
        onStop = { [unowned self] in shutDown(isInOrder: true) }
    }

    /// The rest of a reign's beginning: what workers and operators connect to.
    func completeReign(epoch: Epoch, listeners: Listeners, ticketKeys: [UInt8]) throws(CommandError) {
        do throws(SystemError) {
            try serveControl(listeners)
            let handover = try HandoverServer(
                loop: loop, directory: directory, listeners: listeners,
                handover: Handover(epoch: epoch, ticketKeys: ticketKeys), log: log)
            handover.onReplace = { [unowned self] in replaceAsked(by: $0, process: $1) }
            handover.onReigns = { [unowned self] in heirReigns($0, epoch: $1) }
            self.handover = handover
            if BalancerConfiguration.load(from: directory) != configuration {
                try DurableFile.write(JSON.encode(configuration), to: directory.configuration)
            }
        } catch {
            throw .failure("\(error)")
        }
        let address = SocketAddress(host: configuration.host, port: configuration.port)
        log.notice(
            "balancer reigns",
            metadata: [
                "epoch": "\(epoch.value)", "pid": "\(getpid())",
                "public": "\(NodeCertificates.scheme)://\(address?.description ?? configuration.host)",
                "cluster_port": "\(configuration.clusterPort)", "admin_port": "\(configuration.adminPort)",
            ])
    }

    /// Tries to get the lock of a predecessor that is just dying.
    func acquireEpoch(after: Epoch) -> CoordinatorGrant {
        coordinator.acquire(after: after)
    }

    func bindListeners() throws(CommandError) -> Listeners {
        Listeners(
            publicSide: try bind(configuration.host, configuration.port, option: "--port"),
            cluster: try bind(configuration.host, configuration.clusterPort, option: "--cluster-port"),
            admin: try bind("127.0.0.1", configuration.adminPort, option: "--admin-port"))
    }

    private func bind(_ host: String, _ port: UInt16, option: String) throws(CommandError) -> FileDescriptor {
        guard let address = SocketAddress.resolve(host: host, port: port) else {
            throw .usage("--host \(host) is neither an address nor a known name")
        }
        do throws(SystemError) {
            return try Socket.listen(on: address)
        } catch {
            let advice =
                error.code == EADDRINUSE
                ? "another process listens there (if it is a worker of this cluster that waits to stand in, stop the workers first): stop it, or give another \(option)"
                : error.message
            throw .failure("can't listen on \(address): \(advice)")
        }
    }

    private func startControl(epoch: Epoch, hints: Snapshot?) {
        let control = BalancerControl(
            epoch: epoch, settings: limits.cluster, hints: hints, configuration: configuration, home: home,
            callers: callers, roster: roster, certificates: certificates, log: log)
        self.control = control
        control.onRosterChanged = { [unowned self] in
            plane?.rosterChanged()
            if roster.routableCount > 0 { onServing() }
        }
        control.onStepDown = { [unowned self] later in
            log.error(
                "a later balancer reigns: this one ends",
                metadata: ["epoch": "\(epoch.value)", "later": "\(later.value)"])
            // So that nobody here takes this end for a death.
            handover?.announce(.superseded(later))
            try? starter?.send(JSON.encode(StandbyReport.superseded(later)))
            shutDown(isInOrder: false)
        }
        control.standing = { [unowned self] in coordinator.standing() }
        control.onAbandon = { [unowned self] reason in
            guard !isStopping else { return }
            // To the workers this is a death: they bring a successor, under a fence that holds.
            log.error(
                "the fence is lost: this balancer ends", metadata: ["epoch": "\(epoch.value)", "reason": "\(reason)"])
            shutDown(isInOrder: false)
        }
        plane?.rosterChanged()
    }

    private func serveControl(_ listeners: Listeners) throws(SystemError) {
        guard let control else { return }
        let clusterService = BufferedService(
            maximumBody: BalancerControl.maximumBody, handler: { control.handle($0) },
            onClose: { control.connectionClosed($0) })
        try serve(
            clusterService, provider: clusterProvider, connections: shares.members, on: listeners.cluster.rawValue
        ) { [unowned self] in noteFullClusterPort() }
        let admin = AdminService(
            status: { [unowned self] in control.statusReport(startedAt: startedAt) },
            metrics: { [unowned self] in metrics(control) })
        let adminService = BufferedService(maximumBody: 0, handler: { admin.handle($0) })
        try serve(adminService, provider: TransportProvider(), connections: 64, on: listeners.admin.rawValue)
    }

    private static let noticeNanoseconds: UInt64 = 60_000_000_000

    /// Workers wait that would be members. Said once a minute, since they keep trying.
    private func noteFullClusterPort() {
        guard fullSince.map({ loop.now >= $0 + BalancerNode.noticeNanoseconds }) ?? true else { return }
        fullSince = loop.now
        log.warning(
            "no room for more workers: see --max-workers, and raise the limit of descriptors (ulimit -n) if that is less",
            metadata: ["workers": "\(shares.members)"])
    }

    private func serve(
        _ service: BufferedService, provider: TransportProvider, connections: Int, on listener: Int32,
        onFull: @escaping () -> Void = {}
    ) throws(SystemError) {
        let server = Server(
            loop: loop, provider: provider, service: service, limits: DownstreamLimits(),
            slots: ConnectionSlots(limit: connections))
        server.onHandshakeFailure = { [log] error, peer in
            // Who just connects and leaves (a port check) is not worth a warning.
            let level: Logger.Level = if case .truncated = error { .debug } else { .warning }
            log.log(level: level, "a peer was refused at the cluster port: \(error)", metadata: ["peer": "\(peer)"])
        }
        server.onFull = onFull
        try server.listen(on: listener)
        controlServers.append(server)
    }

    private func metrics(_ control: BalancerControl) -> String {
        var text = MetricsText()
        text.single(
            "understudy_uptime_seconds", "gauge", "Since this process began.", (loop.now - startedAt) / 1_000_000_000)
        text.metric(
            "understudy_certificate_expiry_timestamp_seconds", "gauge", "When a certificate in use ends, since 1970.")
        for (file, seconds) in expiries {
            text.sample("understudy_certificate_expiry_timestamp_seconds", [("file", file)], seconds)
        }
        plane?.addMetrics(to: &text)
        control.addMetrics(to: &text)
        return text.text
    }

    // MARK: What the data plane reports, on its loops

    func observer() -> ProxyService.Observer {
        let node = LoopBound(self)
        var observer = ProxyService.Observer()
        observer.failed = { [loop] subject, _ in loop.post { node.value.control?.requestFailed(subject) } }
        observer.succeededAgain = { [loop] subject in loop.post { node.value.control?.requestSucceeded(subject) } }
        observer.fenced = { [loop] subject, epoch in loop.post { node.value.control?.fenced(by: subject, epoch: epoch) }
        }
        return observer
    }

    /// What cookies name workers by: as secret as the keys of the session tickets, and in the same hands.
    private static func nameSecret(from ticketKeys: [UInt8]) -> SipHash {
        let root = SipHash(key: (0, 0))
        return SipHash(key: (root(ticketKeys + "sticky 0".utf8), root(ticketKeys + "sticky 1".utf8)))
    }

    static func randomTicketKeys() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<80).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
