internal import Balancing
internal import Connections
internal import ControlPlane
internal import HTTP
internal import HTTP2
internal import Logging
internal import Proxy
internal import Settings
internal import Sockets
internal import Telemetry

/// The balancer's loops for clients: on each a server, its contexts, and a proxy.
///
/// It belongs to the control loop; its metrics are atomic counters, which any thread may read.
final class DataPlane: @unchecked Sendable {
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
    private let counters: [ProxyCounters]
    private let loadBalancer: LoadBalancer
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
        self.loadBalancer = loadBalancer
        self.ticketKeys = ticketKeys
        let accessLog = try AccessLog.make(settings.accessLog)
        self.accessLog = accessLog
        var services: [ProxyService] = []
        let slots = ConnectionSlots(limit: shares.clients)
        // Clients with an unfinished handshake hold at most half of them.
        let arrivals = PendingConnectionLimits(places: min(shares.clients / 2, 16_384), loops: settings.threadCount)
        let sources = settings.connectionsPerSource.map { SourceSlots(limit: $0) }
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
        counters = services.map(\.counters)
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

    /// Reads certificates again for every loop; the loops go on with them when the result is called.
    func makeReload(of certificates: NodeCertificates) throws(CommandError) -> () -> Void {
        var fresh: [(clients: LoopBound<TransportProvider>, workers: LoopBound<TransportProvider>)] = []
        for _ in services {
            let providers = try DataPlane.providers(certificates, ticketKeys: ticketKeys)
            fresh.append((LoopBound(providers.clients), LoopBound(providers.workers)))
        }
        return { [group, services] in
            for (index, service) in services.enumerated() {
                let (clients, workers) = fresh[index]
                let member = group.members[index]
                member.loop.post {
                    member.server.reload(clients.value)
                    service.value.reload(workers.value)
                }
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

    /// Callable from any thread.
    func addMetrics(to text: inout MetricsText) {
        text.single("understudy_connections", "gauge", "Open client connections.", group.openConnections)
        text.single(
            "understudy_memory_held_bytes", "gauge", "Bytes held for clients; see --memory-limit.", memory.current)
        text.single("understudy_requests_in_flight", "gauge", "Client requests being answered.", group.inFlight)
        text.single("understudy_connections_total", "counter", "Client connections accepted.", group.total(\.accepted))
        text.single("understudy_handshakes_total", "counter", "TLS handshakes completed.", group.total(\.handshakes))
        text.single(
            "understudy_handshake_failures_total", "counter", "TLS handshakes that failed.",
            group.total(\.handshakeFailures))
        text.single(
            "understudy_connections_evicted_total", "counter",
            "Client connections closed for newcomers before their handshakes had ended.", group.total(\.evicted))
        text.single(
            "understudy_connections_over_source_limit_total", "counter",
            "Client connections closed because their source had too many.", reached(.maxConnectionsPerSource))
        text.single(
            "understudy_rate_limited_total", "counter", "Requests refused for coming too fast (429).",
            sum(\.rateLimited))
        text.single("understudy_requests_total", "counter", "Requests received.", group.total(\.requests))
        text.single(
            "understudy_bad_requests_total", "counter", "Requests refused as malformed or too large.",
            group.total(\.badRequests))
        text.metric("understudy_limits_total", "counter", "Times that a limit ended or refused something of a client.")
        for limit in ClientLimit.allCases {
            text.sample("understudy_limits_total", [("limit", limit.rawValue)], reached(limit))
        }
        text.metric("understudy_responses_total", "counter", "Responses by class of status.")
        for (index, name) in ["1xx", "2xx", "3xx", "4xx", "5xx"].enumerated() {
            let sum = group.members.reduce(UInt64(0)) { $0 + $1.counters.responses[index].current }
            text.sample("understudy_responses_total", [("class", name)], sum)
        }
        addDurations(to: &text)
        text.single("understudy_tunnels", "gauge", "WebSocket tunnels that stand.", group.openTunnels)
        text.single("understudy_tunnels_total", "counter", "WebSocket tunnels begun.", group.total(\.tunnelsBegan))
        text.single(
            "understudy_access_log_dropped_total", "counter", "Lines that the disk did not take in time.",
            accessLog?.droppedLines ?? 0)
        addHTTP2Metrics(to: &text)
        text.single("understudy_retries_total", "counter", "Requests sent to another worker.", sum(\.retries))
        text.single(
            "understudy_retries_deferred_total", "counter", "Retries that waited for the budget or a worker.",
            sum(\.retriesDeferred))
        text.single("understudy_queue_length", "gauge", "Requests that wait for a worker.", loadBalancer.waitingCount)
        text.single("understudy_queued_total", "counter", "Requests that waited for a worker.", sum(\.queued))
        text.single(
            "understudy_queue_timeouts_total", "counter", "Requests that got no worker in time (503, 504).",
            sum(\.queueTimeouts))
        text.single(
            "understudy_queue_rejections_total", "counter", "Requests that found the queue full (503).",
            sum(\.queueRejections))
        text.single(
            "understudy_upstream_failures_total", "counter", "Attempts that a worker failed.", sum(\.upstreamFailures))
    }

    private func reached(_ limit: ClientLimit) -> UInt64 {
        group.members.reduce(0) { $0 + $1.counters.reached(limit) }
    }

    private func addDurations(to text: inout MetricsText) {
        let name = "understudy_request_duration_seconds"
        text.metric(name, "histogram", "From the head of a request to the end of its response, by class of status.")
        for (row, label) in DurationHistogram.classes.enumerated() {
            var durations = DurationHistogram.Durations()
            for member in group.members { member.counters.durations.add(class: row, to: &durations) }
            text.histogram(name, [("class", label)], durations)
        }
    }

    private func addHTTP2Metrics(to text: inout MetricsText) {
        text.single(
            "understudy_http2_connections_total", "counter", "Client connections that speak HTTP/2.",
            group.total(\.http2Connections))
        text.single(
            "understudy_http2_resets_total", "counter", "Streams that ended otherwise than with a whole response.",
            group.total(\.http2Resets))
        text.metric(
            "understudy_http2_floods_total", "counter", "Connections of HTTP/2 ended for too much of something.")
        for (index, flood) in HTTP2Flood.allCases.enumerated() {
            let sum = group.members.reduce(UInt64(0)) { $0 + $1.counters.http2Floods[index].current }
            text.sample("understudy_http2_floods_total", [("kind", flood.rawValue)], sum)
        }
    }

    private func sum(_ counter: KeyPath<ProxyCounters, Counter>) -> UInt64 {
        counters.reduce(0) { $0 + $1[keyPath: counter].current }
    }
}
