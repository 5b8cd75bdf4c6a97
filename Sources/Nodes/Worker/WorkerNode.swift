package import Balancing
package import Cluster
internal import Connections
internal import ControlPlane
internal import Glibc
internal import HTTP
internal import Logging
internal import Proxy
package import Settings
internal import Sockets
package import Storage
internal import Tasks
package import Telemetry

/// One worker process: the control loop with the cluster's core, and the loops that serve requests.
package final class WorkerNode {
    /// After the balancer's promise to send no more requests. Its last requests may still be on their way.
    private static let graceMilliseconds = 200

    private let options: WorkerOptions
    /// The present settings.
    private var settings: Settings
    /// Each loop's service takes new limits of the application by one of these.
    private var adopters: [@Sendable (UpstreamLimits) -> Void] = []
    private let log = Logger(label: "worker")
    private let loop: EventLoop
    private let disk: DiskThread
    private var certificates: NodeCertificates
    private var certificateWatch: CertificateWatch?
    private var reload: ConfigurationReload?
    private var clusterProvider: TransportProvider?
    /// TLS towards the store of several hosts.
    private let storeProvider: TransportProvider
    private let gate = FenceGate(highest: .none)
    private let files: SharedFile
    private let resolver: Resolver
    /// The application behind `--forward`; nil serves the built-in tasks.
    private let application: UpstreamEndpoint?
    private let accessLog: AccessLog?
    /// The memory that all loops may hold for requests.
    private let memory: MemoryAccount
    /// Checks the application; nil for built-in tasks.
    private let monitor: ApplicationMonitor?
    private var group: ServerGroup?
    private var listener: FileDescriptor?
    private var member: MemberControl?
    /// Nil without a store of several hosts.
    private var finder: LeaderFinder?
    private var signals: SignalSource?
    private var drainTimer: LoopTimer?
    private var isStopping = false

    package init(options: WorkerOptions) throws(CommandError) {
        self.options = options
        settings = options.settings
        memory = MemoryAccount(limit: options.settings.memoryBytes)
        certificates = try NodeCertificates(
            folder: options.settings.certificatesFolder, id: options.settings.nodeID, role: .worker,
            store: StoreCertificates(
                options.settings.coordinator, clusterFolder: options.settings.certificatesFolder))
        storeProvider = try certificates.makeStoreProvider()
        _ = DescriptorLimit.raise()
        do throws(SystemError) {
            loop = try EventLoop()
            disk = try DiskThread(directory: options.directory)
            let resolver = try Resolver()
            self.resolver = resolver
            application = options.application.map {
                UpstreamEndpoint($0.place.destination(resolver), expectation: .anybody)
            }
            signals = try SignalSource([SIGTERM, SIGINT, SIGHUP], on: loop) { _ in }
        } catch {
            throw .failure("\(error)")
        }
        if let application = options.application, let endpoint = self.application {
            monitor = ApplicationMonitor(
                loop: loop, endpoint: endpoint, speaksHTTP2: application.speaksHTTP2,
                question: HealthQuestion(options.settings.worker, to: application), log: log)
        } else {
            monitor = nil
        }
        files = SharedFile(path: options.settings.worker.sharedFile)
        accessLog = try AccessLog.make(
            options.settings.accessLog, fields: options.settings.accessLogFields,
            format: LogFormat(rawValue: options.settings.logFormat) ?? .text)
        let watch = CertificateWatch(
            loop: loop, disk: disk, files: certificates.files, log: log,
            warnings: { [unowned self] in { [certificates] in certificates.warnings } },
            makeReading: { [unowned self] in makeReading() })
        certificateWatch = watch
        reload = ConfigurationReload(
            loop: loop, disk: disk, certificates: watch, log: log,
            advice: "these settings can't change in a running worker: restart it",
            settings: { [unowned self] in settings },
            adopt: { [unowned self] in
                adopt($0)
                $1()
            })
    }

    package func run() {
        loop.run()
    }

    package func start() throws(CommandError) {
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
            if number == SIGHUP { reload?.request() } else { stop("signal \(number)") }
        }
        monitor?.start()
        try join(group)
        log.notice(
            "worker serves",
            metadata: ["id": "\(settings.nodeID.text)", "address": "\(options.address)", "pid": "\(getpid())"])
    }

    // MARK: Serving

    /// The balancer multiplexes its requests. Probes, other nodes and other programs use HTTP.
    private static let protocols: [ApplicationProtocol] = [.multiplexed, .http2, .http1]

    /// For one identity: another worker, which rarely asks for a vote, or an operator.
    private static let connectionsOfGuest = 4

    private func makeGroup() throws(CommandError) -> ServerGroup {
        let shares = try WorkerDescriptorShares(
            of: DescriptorLimit.raise(), connections: settings.connections, loops: settings.threadCount)
        if let shortfall = shares.shortfall(connections: settings.connections) { log.warning("\(shortfall)") }
        let slots = ConnectionSlots(limit: shares.connections)
        let identities = IdentityLimiter(limit: shares.guests, limitOfIdentity: WorkerNode.connectionsOfGuest)
        let arrivals = PendingConnectionLimits(places: shares.arrivals, loops: settings.threadCount)
        let balancerPrefix = certificates.uriPrefix(of: .balancer)
        let membership = makeMembership()
        do {
            return try ServerGroup(count: settings.threadCount, slots: slots) { _, loop in
                let service = makeService(on: loop, membership: membership)
                let lines = accessLog?.makeLines(on: loop)
                let server = Server(
                    loop: loop, provider: try certificates.makeClusterProvider(serving: WorkerNode.protocols),
                    service: service, limits: WorkerNode.downstreamLimits(settings), slots: slots)
                lines?.observe(server, node: settings.nodeID.text)
                server.protocols = WorkerNode.protocols
                server.arrivalLimits = arrivals
                server.identities = identities
                server.memory = memory
                server.isAlwaysLetIn = { peer in
                    guard case .uri(let uri) = peer, let balancerPrefix else { return false }
                    return uri.hasPrefix(balancerPrefix)
                }
                server.onHandshakeFailure = { [log] in log.reportRefused($0, from: $1) }
                return server
            }
        } catch let error as CommandError {
            throw error
        } catch {
            throw .failure("\(error)")
        }
    }

    private static func downstreamLimits(_ settings: Settings) -> DownstreamLimits {
        var limits = settings.acceptedLimits
        // At a drain balancers know already that this worker accepts no more requests. They open connections in advance.
        limits.drainFirstMilliseconds = 0
        return limits
    }

    /// The descriptors leave room for this many connections of each loop to the application.
    private var applicationConnections: Int {
        let shares = try? WorkerDescriptorShares(
            of: DescriptorLimit.raise(), connections: nil, loops: settings.threadCount)
        // With too few descriptors the worker has not started.
        return shares?.applicationConnections ?? 1
    }

    private var upstreamLimits: UpstreamLimits {
        var limits = settings.upstream
        limits.memory = memory
        if options.application?.speaksHTTP2 == false { limits.http1Connections = applicationConnections }
        return limits
    }

    private func makeMembership() -> WorkerService.Membership {
        let node = LoopBound(self)
        return WorkerService.Membership(
            id: settings.nodeID, cluster: certificates.identity?.cluster, gate: gate,
            probed: { [loop] id, epoch in loop.post { node.value.member?.probed(by: id, epoch: Epoch(epoch)) } },
            newReign: { [loop] epoch in loop.post { node.value.member?.requestSeen(epoch: epoch) } },
            prevote: { [loop] prevote, answer in
                loop.post {
                    if let member = node.value.member { answer(member.answer(prevote)) }
                }
            },
            pledge: { [loop] request, answer in
                loop.post { answer(PledgeAnswer(isGiven: node.value.pledges(request))) }
            })
    }

    private func makeService(on loop: EventLoop, membership: WorkerService.Membership) -> any Service {
        guard let endpoint = application, let application = options.application else {
            adopters.append { _ in }
            let tasks = TaskService(name: settings.nodeID.text, loop: loop, files: files)
            return WorkerService(membership: membership, inner: tasks)
        }
        let proxy = ProxyService(
            loop: loop, application: endpoint, id: settings.nodeID,
            upstreamProtocol: application.speaksHTTP2 ? .http2 : .http1, limits: upstreamLimits)
        adopters.append { [proxy = LoopBound(proxy)] in proxy.value.adopt($0) }
        return WorkerService(membership: membership, inner: proxy, condition: monitor?.condition)
    }

    // MARK: Membership

    private func join(_ group: ServerGroup) throws(CommandError) {
        let balancerProgram = Executable.folder + "/balancer"
        let mayStandIn = !settings.worker.neverStandsIn && canStandIn(balancerProgram)
        let record = WorkerRecord(
            id: settings.nodeID, host: options.address.host, port: options.address.port,
            incarnation: UInt64(Clock.unixNanoseconds() / 1_000_000), startMark: UInt32.random(in: 0...UInt32.max),
            mayStandIn: mayStandIn, offer: settings.worker.offer, lockDomain: try lockDomain(),
            acrossHosts: (settings.worker.acrossHosts || usesStore && !options.address.isLoopback) && mayStandIn)
        let program = BalancerLauncher.Program(
            path: balancerProgram, id: settings.nodeID, certificates: settings.certificatesFolder,
            directory: options.directory, storeOptions: settings.storeTexts)
        let launcher = mayStandIn ? BalancerLauncher(loop: loop, program: program, log: log) : nil
        let expectation = certificates.uriPrefix(of: .balancer).map { PeerExpectation.prefix($0) } ?? .anybody
        let provider = try certificates.makeClusterProvider()
        clusterProvider = provider
        let member = MemberControl(
            record: record,
            balancers: options.balancers.map {
                UpstreamEndpoint($0.destination(resolver), expectation: expectation)
            },
            loop: loop, directory: options.directory, disk: disk, certificates: certificates,
            provider: provider, launcher: launcher,
            needsQuorum: !settings.worker.needsNoQuorum, usesStore: usesStore,
            hook: settings.worker.takeoverCommand.map { ReignHook(command: $0, loop: loop, log: log) }, gate: gate,
            local: BalancerConfiguration.Local(
                threads: settings.threadCount, logLevel: settings.logLevel, insecureBind: settings.bindsInsecurely),
            log: log)
        self.member = member
        member.callbacks.inFlight = { group.inFlight }
        member.callbacks.onDrain = { [unowned self] in drain() }
        member.callbacks.onStopOrder = { [unowned self] in stop("an operator ends the cluster") }
        member.start()
        try findLeader(member)
    }

    private var usesStore: Bool { settings.coordinator.kind == .etcd }

    /// Follows the leader key of the store.
    private func findLeader(_ member: MemberControl) throws(CommandError) {
        guard usesStore else { return }
        let access = try StoreAccess(
            settings.coordinator, certificates: certificates, provider: storeProvider, resolver: resolver)
        let finder = LeaderFinder(
            loop: loop, access: access, lockDomain: member.record.acrossHosts ? member.record.lockDomain : nil,
            policy: settings.coordinator.lossPolicy, log: log)
        self.finder = finder
        finder.onFound = { [unowned member] in member.storeNames($0) }
        finder.onGone = { [unowned member] in member.storeNames(nil) }
        finder.start()
    }

    /// Returns whether this host pledges to a balancer that has lost the store.
    private func pledges(_ request: PledgeRequest) -> Bool {
        guard usesStore, let member, let lockDomain = member.record.lockDomain else { return false }
        let known = gate.reign.epoch
        guard PledgeFile.give(request, of: lockDomain, known: known, in: options.directory) != nil else { return false }
        member.pledged(milliseconds: request.milliseconds)
        return true
    }

    /// Returns whether this worker has everything that a balancer needs. The log says what is not there.
    private func canStandIn(_ program: String) -> Bool {
        var problem = certificates.standInProblem
        if problem == nil, access(program, X_OK) != 0 {
            problem = "\(program) is missing: put the balancer's program beside this one"
        }
        guard let problem else { return true }
        log.warning("this worker can't stand in for the balancer (--no-standby says that it need not): \(problem)")
        return false
    }

    /// The lock domain of the state directory. A worker without one is known by its address, as workers of earlier versions.
    private func lockDomain() throws(CommandError) -> LockDomain? {
        do throws(SystemError) {
            return try options.directory.lockDomain()
        } catch {
            let problem = "\(options.directory.path) can't be given a name: \(error)"
            if settings.worker.acrossHosts { throw .failure("\(problem): --across-hosts needs one") }
            log.warning("\(problem)")
            return nil
        }
    }

    // MARK: New settings and certificates

    private func adopt(_ change: SettingsChange) {
        guard !change.adopted.isEmpty else { return }
        settings = change.settings
        if let application = options.application {
            monitor?.question = HealthQuestion(settings.worker, to: application)
        }
        let limits = WorkerNode.downstreamLimits(settings)
        memory.adopt(limit: settings.memoryBytes)
        for (index, member) in (group?.members ?? []).enumerated() {
            member.loop.post { [upstream = upstreamLimits, adopt = adopters[index]] in
                member.server.adopt(limits)
                adopt(upstream)
            }
        }
        log.notice("new settings are in use", metadata: ["settings": "\(change.adopted.joined(separator: ","))"])
    }

    /// Certificates that were read again, with the transports made of them.
    private struct Reloaded: Sendable {
        let certificates: NodeCertificates
        let cluster: LoopBound<TransportProvider>
        let store: LoopBound<TransportProvider>
        /// One for each loop that serves.
        let serving: [LoopBound<TransportProvider>]
    }

    /// Reads the certificates again, and uses them only if all are good. Connections of nodes that are not trusted any more
    /// close. The connection to the balancer stays.
    private func makeReading() -> CertificateWatch.Reading {
        let (node, present, count) = (LoopBound(self), certificates, group?.members.count ?? 0)
        return { () throws(CommandError) in
            let fresh = try present.readAgain()
            let (cluster, store) = (try fresh.makeClusterProvider(), try fresh.makeStoreProvider())
            var serving: [LoopBound<TransportProvider>] = []
            for _ in 0..<count {
                serving.append(LoopBound(try fresh.makeClusterProvider(serving: WorkerNode.protocols)))
            }
            let reloaded = Reloaded(
                certificates: fresh, cluster: LoopBound(cluster), store: LoopBound(store), serving: serving)
            return LoopBound { node.value.adopt(reloaded) }
        }
    }

    private func adopt(_ fresh: Reloaded) {
        certificates = fresh.certificates
        clusterProvider?.adopt(fresh.cluster.value)
        storeProvider.adopt(fresh.store.value)
        for (member, provider) in zip(group?.members ?? [], fresh.serving) {
            member.loop.post { member.server.reload(provider.value) }
        }
    }

    // MARK: The end

    private func stop(_ reason: String) {
        guard !isStopping else { return }
        isStopping = true
        log.notice("stopping", metadata: ["reason": "\(reason)"])
        let timer = LoopTimer(on: loop)
        drainTimer = timer
        timer.action = { [log, accessLog, disk] in
            log.warning("requests in progress did not end in time: dropped")
            accessLog?.finish()
            disk.finish()
            exit(0)
        }
        timer.set(afterMilliseconds: settings.drainSeconds * 1000)
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
        finder?.stop()
        member?.leave { [accessLog, disk] in
            accessLog?.finish()
            // The last worker list.
            disk.finish()
            exit(0)
        }
    }
}
