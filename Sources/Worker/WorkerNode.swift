internal import Cluster
internal import Connections
internal import ControlPlane
internal import Glibc
internal import HTTP
internal import Logging
internal import Proxy
internal import Sockets
internal import Tasks

/// One worker process: the control loop with the cluster's core, and the loops that serve.
final class WorkerNode {
    struct Options: Sendable {
        let id: NodeID
        let address: SocketAddress
        /// Where a balancer may be found; at least one.
        let balancers: [Endpoints.Named]
        let certificatesFolder: String
        let directory: StateDirectory
        let file: String
        /// The application behind `--forward`; nil serves the built-in tasks.
        let application: Endpoints.Application?
        let mayStandIn: Bool
        /// Bring back the balancer of another host too, and whether only with a majority.
        let acrossHosts: Bool
        let needsQuorum: Bool
        /// A command of the shell that is run when this worker has brought the balancer back.
        let onTakeover: String?
        /// What the worker announces of itself; see `WorkerRecord`.
        let capacity: Int
        let maximumRequests: Int
        let limits: ServiceLimits
        /// How long requests in progress may take after SIGTERM.
        let drainSeconds: Int
        let threads: Int
        /// `off`, `-` or an absolute path.
        let accessLog: String
    }

    /// After the balancer has said that it sends no more: what it sent just before is still on its way.
    private static let graceMilliseconds = 200

    private let options: Options
    private let log = Logger(label: "worker")
    private let loop: EventLoop
    private var certificates: NodeCertificates
    private var certificateWatch: CertificateWatch?
    private var clusterProvider: TransportProvider?
    private let gate = FenceGate(highest: .none)
    private let files: SharedFile
    private let accessLog: AccessLog?
    private var group: ServerGroup?
    private var listener: FileDescriptor?
    private var member: MemberControl?
    private var signals: SignalSource?
    private var drainTimer: LoopTimer?
    private var isStopping = false

    init(options: Options) throws(CommandError) {
        self.options = options
        certificates = try NodeCertificates(folder: options.certificatesFolder, id: options.id, role: .worker)
        _ = DescriptorLimit.raise()
        do throws(SystemError) {
            loop = try EventLoop()
            signals = try SignalSource([SIGTERM, SIGINT, SIGHUP], on: loop) { _ in }
        } catch {
            throw .failure("\(error)")
        }
        files = SharedFile(path: options.file)
        accessLog = try AccessLog.make(options.accessLog)
        certificateWatch = CertificateWatch(
            loop: loop, files: certificates.files, log: log,
            warning: { [unowned self] in certificates.validityWarning },
            reload: { [unowned self] () throws(CommandError) in try reloadCertificates() })
    }

    func run() {
        loop.run()
    }

    func start() throws(CommandError) {
        let group = try makeGroup()
        self.group = group
        do throws(SystemError) {
            let listener = try Socket.listen(on: options.address)
            let descriptor = listener.rawValue
            self.listener = consume listener
            try group.start(name: "loop")
            group.listen(on: descriptor) { [log] error in log.critical("a loop can't watch the port: \(error)") }
        } catch {
            let advice = error.code == EADDRINUSE ? "another process listens there: give another --port" : error.message
            throw .failure("can't listen on \(options.address): \(advice)")
        }
        signals?.handler = { [unowned self] number in
            if number == SIGHUP { certificateWatch?.readNow() } else { stop(signal: number) }
        }
        try join(group)
        log.notice(
            "worker serves",
            metadata: ["id": "\(options.id.text)", "address": "\(options.address)", "pid": "\(getpid())"])
    }

    // MARK: Serving

    /// The balancer multiplexes; probes, other nodes and other programs don't.
    private static let protocols: [ApplicationProtocol] = [.multiplexed, .http2, .http1]

    private func makeGroup() throws(CommandError) -> ServerGroup {
        let most = DescriptorLimit.connections(of: DescriptorLimit.raise())
        let slots = ConnectionSlots(limit: min(options.limits.connections ?? most, most))
        let house = makeHouse()
        do {
            return try ServerGroup(count: options.threads, slots: slots) { _, loop in
                var limits = options.limits.downstream
                // Balancers know by then that this worker takes no more, and keep connections in advance.
                limits.drainFirstMilliseconds = 0
                let server = Server(
                    loop: loop, provider: try certificates.makeClusterProvider(serving: WorkerNode.protocols),
                    service: logged(makeService(on: loop, house: house), on: loop),
                    limits: limits, slots: slots)
                server.protocols = WorkerNode.protocols
                server.onHandshakeFailure = { [log] error, peer in
                    let level: Logger.Level = if case .truncated = error { .debug } else { .warning }
                    log.log(level: level, "a peer was refused: \(error)", metadata: ["peer": "\(peer)"])
                }
                return server
            }
        } catch let error as CommandError {
            throw error
        } catch {
            throw .failure("\(error)")
        }
    }

    private func logged(_ service: any Service, on loop: EventLoop) -> any Service {
        guard let accessLog else { return service }
        return LoggedService(service, lines: accessLog.makeLines(on: loop), node: options.id.text)
    }

    private func makeHouse() -> WorkerService.House {
        let node = LoopBound(self)
        return WorkerService.House(
            id: options.id, cluster: certificates.identity?.cluster, gate: gate,
            newReign: { [loop] epoch in loop.post { node.value.member?.requestSeen(epoch: epoch) } },
            prevote: { [loop] prevote, answer in
                loop.post {
                    if let member = node.value.member { answer(member.answer(prevote)) }
                }
            })
    }

    private func makeService(on loop: EventLoop, house: WorkerService.House) -> any Service {
        guard let application = options.application else {
            let tasks = TaskService(name: options.id.text, loop: loop, files: files)
            return WorkerService(house: house, inner: tasks) { $0(true) }
        }
        let place = application.place
        let endpoint = UpstreamEndpoint(address: place.address, host: place.host, expectation: .anybody)
        let health = ApplicationHealth(loop: loop, endpoint: endpoint)
        health.onChange = { [log] isHealthy in
            if isHealthy {
                log.notice("the application at \(place.address) takes connections")
            } else {
                log.warning("the application at \(place.address) takes no connections: this worker is not healthy")
            }
        }
        if application.speaksHTTP2 {
            let forward = HTTP2ForwardService(loop: loop, endpoint: endpoint, limits: options.limits.upstream)
            return WorkerService(house: house, inner: forward) { health.check($0) }
        }
        // One upstream, always routable: what the proxy does for the balancer with many.
        let roster = Roster(seed: 0)
        roster.update([
            RosterEntry(
                id: options.id, incarnation: 0, host: place.host, port: place.address.port, state: .ready)
        ]) { _ in endpoint }
        let proxy = ProxyService(
            loop: loop, roster: roster, policy: ProxyPolicy(place: .worker, scheme: "http"),
            provider: TransportProvider(), limits: options.limits.upstream)
        return WorkerService(house: house, inner: proxy) { health.check($0) }
    }

    // MARK: Membership

    private func join(_ group: ServerGroup) throws(CommandError) {
        let balancerProgram = Program.folder + "/balancer"
        var mayStandIn = options.mayStandIn && certificates.mayStandIn
        if mayStandIn && access(balancerProgram, X_OK) != 0 {
            log.warning("\(balancerProgram) is missing: this worker can't stand in for the balancer")
            mayStandIn = false
        }
        let record = WorkerRecord(
            id: options.id, host: options.address.host, port: options.address.port,
            incarnation: UInt64(Clock.unixNanoseconds() / 1_000_000), mayStandIn: mayStandIn,
            capacity: options.capacity, maximumRequests: options.maximumRequests, home: try home(),
            acrossHosts: options.acrossHosts && mayStandIn)
        let program = BalancerLauncher.Program(
            path: balancerProgram, id: options.id, certificates: options.certificatesFolder,
            directory: options.directory)
        let launcher = mayStandIn ? BalancerLauncher(loop: loop, program: program, log: log) : nil
        let expectation = certificates.uriPrefix(of: .balancer).map { PeerExpectation.prefix($0) } ?? .anybody
        let provider = try certificates.makeClusterProvider()
        clusterProvider = provider
        let member = MemberControl(
            record: record,
            balancers: options.balancers.map {
                UpstreamEndpoint(address: $0.address, host: $0.host, expectation: expectation)
            },
            loop: loop, directory: options.directory, certificates: certificates,
            provider: provider, launcher: launcher,
            needsQuorum: options.needsQuorum,
            hook: options.onTakeover.map { TakeoverHook(command: $0, loop: loop, log: log) }, gate: gate, log: log)
        self.member = member
        member.inFlight = { group.inFlight }
        member.onDrain = { [unowned self] in drain() }
        member.start()
    }

    /// The name of the state directory. Without one this worker is known by its address, as those of earlier versions.
    private func home() throws(CommandError) -> Home? {
        do throws(SystemError) {
            return try options.directory.home()
        } catch {
            let problem = "\(options.directory.path) can't be given a name: \(error)"
            if options.acrossHosts { throw .failure("\(problem): --across-hosts needs one") }
            log.warning("\(problem)")
            return nil
        }
    }

    // MARK: New certificates

    /// Reads the certificates again, all or nothing, and goes on with them. Connections of nodes that are not trusted any more
    /// are cut; the one to the balancer stays.
    private func reloadCertificates() throws(CommandError) {
        guard let group else { return }
        let fresh = try certificates.readAgain()
        let cluster = try fresh.makeClusterProvider()
        var serving: [LoopBound<TransportProvider>] = []
        for _ in group.members {
            serving.append(LoopBound(try fresh.makeClusterProvider(serving: WorkerNode.protocols)))
        }
        certificates = fresh
        clusterProvider?.adopt(cluster)
        for (member, provider) in zip(group.members, serving) {
            member.loop.post { member.server.reload(provider.value) }
        }
    }

    // MARK: The end

    private func stop(signal: Int32) {
        guard !isStopping else { return }
        isStopping = true
        log.notice("stopping", metadata: ["signal": "\(signal)"])
        let timer = LoopTimer(on: loop)
        drainTimer = timer
        timer.action = { [log, accessLog] in
            log.warning("requests in progress did not end in time: dropped")
            accessLog?.finish()
            exit(0)
        }
        timer.set(afterMilliseconds: options.drainSeconds * 1000)
        member?.stop()
    }

    private func drain() {
        let grace = LoopTimer(on: loop)
        graceTimer = grace
        grace.action = { [unowned self] in
            let node = LoopBound(self)
            group?.drain { [loop] in loop.post { node.value.leave() } }
        }
        grace.set(afterMilliseconds: WorkerNode.graceMilliseconds)
    }

    private var graceTimer: LoopTimer?

    private func leave() {
        member?.leave { [accessLog] in
            accessLog?.finish()
            exit(0)
        }
    }
}
