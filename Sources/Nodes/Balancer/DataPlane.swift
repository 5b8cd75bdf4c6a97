internal import Balancing
internal import Connections
internal import ControlPlane
internal import HTTP
internal import Logging
internal import Proxy
internal import Settings
internal import Sockets
internal import Telemetry

/// The balancer's loops for clients: on each a server, its contexts, and a proxy.
///
/// It belongs to the control loop.
final class DataPlane {
    /// The protocols that clients may speak, best first.
    private static let protocols: [ApplicationProtocol] = [.http2, .http1]
    /// The time in which an idle client may send one more request to a balancer that ends. A busy client has sent its
    /// next one by then.
    private static let drainIdleMilliseconds = 1000

    let group: ServerGroup
    let accessLog: AccessLog?
    private let memory: MemoryAccount
    private var rate: RateLimiter.Rate?
    private var rateLimiter: RateLimiter?
    private let services: [LoopBound<ProxyService>]
    /// The metrics of all loops.
    let metrics: DataMetrics
    private let ticketKeys: [UInt8]
    private let log: Logger

    /// - Parameter observer: makes the receiver of a loop's reports; called once for each loop.
    init(
        context: BalancerContext, ticketKeys: [UInt8], observer: () -> ProxyService.Observer
    ) throws(CommandError) {
        let settings = context.settings
        let certificates = context.certificates
        let loadBalancer = context.loadBalancer
        let policy = context.policy
        let shares = context.shares
        let log = context.log
        self.log = log
        self.ticketKeys = ticketKeys
        let accessLog = try AccessLog.make(
            settings.accessLog, fields: settings.accessLogFields,
            format: LogFormat(rawValue: settings.logFormat) ?? .text)
        self.accessLog = accessLog
        var services: [ProxyService] = []
        let slots = ConnectionSlots(limit: shares.clients)
        // Clients with an unfinished handshake hold at most half of them.
        let arrivals = PendingConnectionLimits(places: min(shares.clients / 2, 16_384), loops: settings.threadCount)
        let sources = SourceSlots(limit: settings.connectionsPerSource ?? .max)
        let memory = MemoryAccount(limit: settings.memoryBytes)
        self.memory = memory
        rate = settings.rate
        let rateLimiter = settings.rate.map { RateLimiter($0) }
        self.rateLimiter = rateLimiter
        do {
            group = try ServerGroup(count: settings.threadCount, slots: slots) { _, loop in
                let providers = try DataPlane.providers(certificates, ticketKeys: ticketKeys)
                let service = ProxyService(
                    loop: loop, loadBalancer: loadBalancer, policy: policy, provider: providers.workers,
                    upstreamProtocol: .multiplexed,
                    limits: settings.upstream, rateLimiter: rateLimiter,
                    observer: observer())
                services.append(service)
                let lines = accessLog?.makeLines(on: loop)
                let server = Server(
                    loop: loop, provider: providers.clients, service: service,
                    limits: DataPlane.downstreamLimits(settings), slots: slots)
                server.sources = sources
                server.memory = memory
                lines?.observe(server)
                server.arrivalLimits = arrivals
                server.protocols = DataPlane.protocols
                server.onHandshakeFailure = { error, peer in
                    log.debug("a client's handshake failed: \(error)", metadata: ["peer": "\(peer)"])
                }
                return server
            }
        } catch let error as CommandError {
            throw error
        } catch {
            throw .failure("\(error)")
        }
        self.services = services.map { LoopBound($0) }
        metrics = DataMetrics(
            servers: group.members.map(\.counters), proxies: services.map(\.counters), connections: slots,
            memory: memory, loadBalancer: loadBalancer, droppedLines: { accessLog?.droppedLines ?? 0 })
    }

    private static func downstreamLimits(_ settings: Settings) -> DownstreamLimits {
        var limits = settings.acceptedLimits
        limits.drainIdleMilliseconds = drainIdleMilliseconds
        return limits
    }

    /// Uses new settings on every loop from now on.
    ///
    /// - Parameter policy: made from these settings.
    func adopt(_ settings: Settings, _ policy: ProxyPolicy) {
        memory.adopt(limit: settings.memoryBytes)
        // A limiter with the same rate keeps its counts.
        if settings.rate != rate {
            rate = settings.rate
            rateLimiter = rate.map { RateLimiter($0) }
        }
        let limits = DataPlane.downstreamLimits(settings)
        for (member, service) in zip(group.members, services) {
            member.loop.post { [rateLimiter] in
                member.server.adopt(limits)
                service.value.adopt(policy, settings.upstream, rateLimiter)
            }
        }
    }

    /// The transports of one loop, towards the clients and towards the workers.
    private static func providers(
        _ certificates: NodeCertificates, ticketKeys: [UInt8]
    ) throws(CommandError) -> (clients: TransportProvider, workers: TransportProvider) {
        (
            try certificates.makePublicProvider(serving: protocols, ticketKeys: ticketKeys),
            try certificates.makeClusterProvider(calling: .multiplexed)
        )
    }

    /// The transports of one loop, made on another thread.
    struct Providers: Sendable {
        let clients: LoopBound<TransportProvider>
        let workers: LoopBound<TransportProvider>
    }

    /// Makes a step for another thread, which makes new transports for every loop.
    var reading: @Sendable (NodeCertificates) throws(CommandError) -> [Providers] {
        { [ticketKeys, count = services.count] (certificates) throws(CommandError) in
            var fresh: [Providers] = []
            for _ in 0..<count {
                let (clients, workers) = try DataPlane.providers(certificates, ticketKeys: ticketKeys)
                fresh.append(Providers(clients: LoopBound(clients), workers: LoopBound(workers)))
            }
            return fresh
        }
    }

    /// The loops go on with these transports.
    func reload(_ fresh: [Providers]) {
        for (index, providers) in fresh.enumerated() {
            let (member, service) = (group.members[index], services[index])
            member.loop.post {
                member.server.reload(providers.clients.value)
                service.value.reload(providers.workers.value)
            }
        }
    }

    /// Starts the threads. Nothing is accepted yet.
    func start() throws(SystemError) {
        try group.start(name: "loop")
    }

    /// Begins to accept.
    func listen(on listener: Int32) {
        group.listen(on: listener) { [log] error in log.critical("a loop can't watch the public port: \(error)") }
    }

    func hostsChanged() {
        for service in services {
            service.value.loop.post { service.value.hostsChanged() }
        }
    }

    func epochChanged() {
        for service in services {
            service.value.loop.post { service.value.epochChanged() }
        }
    }

    /// Opens connections to workers in advance.
    func warmUp(limit: Int) {
        for service in services {
            service.value.loop.post {
                service.value.hostsChanged()
                service.value.warmUp(limit: limit)
            }
        }
    }
}
