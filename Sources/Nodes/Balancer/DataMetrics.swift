internal import Balancing
internal import Connections
internal import ControlPlane
internal import HTTP2
internal import Proxy
internal import Sockets
internal import Telemetry

/// The metrics of the data loops. The loops count without locks, and any thread may read.
///
/// Each label has a fixed set of values, so the number of series does not grow with the requests.
struct DataMetrics: Sendable {
    private let servers: [ServerCounters]
    private let proxies: [ProxyCounters]
    private let connections: ConnectionSlots
    private let memory: MemoryAccount
    private let loadBalancer: LoadBalancer
    private let droppedLines: @Sendable () -> Int

    /// - Parameters:
    ///   - servers: of each loop; `proxies` likewise.
    ///   - connections: the slots of the clients' connections.
    ///   - droppedLines: the lines that the access log has dropped.
    init(
        servers: [ServerCounters], proxies: [ProxyCounters], connections: ConnectionSlots, memory: MemoryAccount,
        loadBalancer: LoadBalancer, droppedLines: @escaping @Sendable () -> Int
    ) {
        self.servers = servers
        self.proxies = proxies
        self.connections = connections
        self.memory = memory
        self.loadBalancer = loadBalancer
        self.droppedLines = droppedLines
    }

    func add(to text: inout MetricsText) {
        addConnections(to: &text)
        addHandshakes(to: &text)
        addRequests(to: &text)
        addHTTP2(to: &text)
        addRetries(to: &text)
        addQueue(to: &text)
        addUpstreams(to: &text)
    }

    /// The counts for the page. Callable from any thread.
    func traffic() -> TrafficSample {
        var latencies = LatencyHistogram.Counts()
        for server in servers { server.latencies.add(to: &latencies) }
        return TrafficSample(
            requests: sum(\.requests), errors: sum(\.responses[4]),
            inFlight: difference(\.exchangesBegan, \.exchangesEnded), waiting: loadBalancer.waitingCount,
            connections: connections.count, latencies: latencies)
    }

    // MARK: Clients

    private func addConnections(to text: inout MetricsText) {
        text.single("understudy_connections", "gauge", "Open client connections.", connections.count)
        text.single(
            "understudy_memory_held_bytes", "gauge", "Bytes held for clients; see --memory-limit.", memory.current)
        text.single("understudy_connections_total", "counter", "Client connections accepted.", sum(\.accepted))
        text.single(
            "understudy_connections_evicted_total", "counter",
            "Client connections closed for newcomers before their handshakes had ended.", sum(\.evicted))
        text.single(
            "understudy_connections_over_source_limit_total", "counter",
            "Client connections closed because their source had too many.", reached(.maxConnectionsPerSource))
        text.single(
            "understudy_received_bytes_total", "counter", "Bytes of HTTP received from clients, without TLS.",
            sum(\.receivedBytes))
        text.single(
            "understudy_sent_bytes_total", "counter", "Bytes of HTTP sent to clients, without TLS.", sum(\.sentBytes))
        text.metric("understudy_limits_total", "counter", "Times that a limit ended or refused something of a client.")
        for limit in ClientLimit.allCases {
            text.sample("understudy_limits_total", [("limit", limit.rawValue)], reached(limit))
        }
    }

    private func addHandshakes(to text: inout MetricsText) {
        let name = "understudy_handshakes_total"
        text.metric(name, "counter", "TLS handshakes completed, by version and by kind.")
        for version in NegotiatedTLS.Version.allCases {
            for (kind, isResumed) in [("full", false), ("resumed", true)] {
                let tls = NegotiatedTLS(version: version, isResumed: isResumed)
                let count = servers.reduce(UInt64(0)) { $0 + $1.handshakes.current(tls) }
                text.sample(name, [("version", version.rawValue), ("kind", kind)], count)
            }
        }
        text.single(
            "understudy_handshake_failures_total", "counter", "TLS handshakes that failed.", sum(\.handshakeFailures))
    }

    private func addRequests(to text: inout MetricsText) {
        text.single(
            "understudy_requests_in_flight", "gauge", "Client requests being answered.",
            difference(\.exchangesBegan, \.exchangesEnded))
        text.single(
            "understudy_rate_limited_total", "counter", "Requests refused for coming too fast (429).",
            sum(\.rateLimited))
        text.single("understudy_requests_total", "counter", "Requests received.", sum(\.requests))
        text.single(
            "understudy_bad_requests_total", "counter", "Requests refused as malformed or too large.",
            sum(\.badRequests))
        text.metric("understudy_responses_total", "counter", "Responses by class of status.")
        for (index, name) in ["1xx", "2xx", "3xx", "4xx", "5xx"].enumerated() {
            text.sample("understudy_responses_total", [("class", name)], sum(\.responses[index]))
        }
        let name = "understudy_request_duration_seconds"
        text.metric(name, "histogram", "From the head of a request to the end of its response, by class of status.")
        for (row, label) in DurationHistogram.classes.enumerated() {
            var durations = DurationHistogram.Durations()
            for server in servers { server.durations.add(series: row, to: &durations) }
            text.histogram(name, [("class", label)], durations)
        }
        text.single(
            "understudy_tunnels", "gauge", "WebSocket tunnels that stand.", difference(\.tunnelsBegan, \.tunnelsEnded))
        text.single("understudy_tunnels_total", "counter", "WebSocket tunnels begun.", sum(\.tunnelsBegan))
        text.single(
            "understudy_access_log_dropped_total", "counter", "Lines that the disk did not take in time.",
            droppedLines())
    }

    private func addHTTP2(to text: inout MetricsText) {
        text.single(
            "understudy_http2_connections_total", "counter", "Client connections that speak HTTP/2.",
            sum(\.http2Connections))
        text.single(
            "understudy_http2_resets_total", "counter", "Streams that ended otherwise than with a whole response.",
            sum(\.http2Resets))
        text.metric(
            "understudy_http2_floods_total", "counter", "Connections of HTTP/2 ended for too much of something.")
        for (index, flood) in HTTP2Flood.allCases.enumerated() {
            text.sample("understudy_http2_floods_total", [("kind", flood.rawValue)], sum(\.http2Floods[index]))
        }
    }

    // MARK: Workers

    private func addRetries(to text: inout MetricsText) {
        text.metric("understudy_retries_total", "counter", "Requests sent again after a failed attempt, by reason.")
        for reason in RetryReason.allCases {
            let count = proxies.reduce(UInt64(0)) { $0 + $1.retries(reason) }
            text.sample("understudy_retries_total", [("reason", reason.rawValue)], count)
        }
        text.single(
            "understudy_retries_deferred_total", "counter", "Retries that waited for the budget or a worker.",
            sum(\.retriesDeferred))
    }

    private func addQueue(to text: inout MetricsText) {
        text.single("understudy_queue_length", "gauge", "Requests that wait for a worker.", loadBalancer.waitingCount)
        text.single(
            "understudy_paused", "gauge", "1 while an operator holds new requests in the queue.",
            loadBalancer.isHolding ? 1 : 0)
        text.single("understudy_queued_total", "counter", "Requests that waited for a worker.", sum(\.queued))
        let name = "understudy_queue_duration_seconds"
        text.metric(name, "histogram", "Time of requests in the queue, with a worker at the end or without.")
        var durations = DurationHistogram.Durations()
        for proxy in proxies { proxy.queueDurations.add(to: &durations) }
        text.histogram(name, [], durations)
        text.single(
            "understudy_queue_timeouts_total", "counter", "Requests that got no worker in time (503, 504).",
            sum(\.queueTimeouts))
        text.single(
            "understudy_queue_rejections_total", "counter", "Requests that found the queue full (503).",
            sum(\.queueRejections))
    }

    private func addUpstreams(to text: inout MetricsText) {
        text.single(
            "understudy_upstream_failures_total", "counter", "Attempts that a worker failed.", sum(\.upstreamFailures))
        let (opened, closed) = (sum(\.connections.opened), sum(\.connections.closed))
        text.single(
            "understudy_worker_connections", "gauge", "Open connections to workers.",
            Int(clamping: Int64(opened) - Int64(closed)))
        text.single("understudy_worker_connections_total", "counter", "Connections to workers opened.", opened)
        text.single(
            "understudy_worker_connection_failures_total", "counter", "Connections to workers that did not open.",
            sum(\.connections.failed))
    }

    // MARK: Sums over the loops

    private func reached(_ limit: ClientLimit) -> UInt64 { servers.reduce(0) { $0 + $1.reached(limit) } }

    private func sum(_ counter: KeyPath<ServerCounters, Counter>) -> UInt64 {
        servers.reduce(0) { $0 + $1[keyPath: counter].current }
    }

    private func sum(_ counter: KeyPath<ProxyCounters, Counter>) -> UInt64 {
        proxies.reduce(0) { $0 + $1[keyPath: counter].current }
    }

    /// A count of what stands, from counts of its begins and its ends. The loops go on between the two reads.
    private func difference(_ began: KeyPath<ServerCounters, Counter>, _ ended: KeyPath<ServerCounters, Counter>) -> Int
    {
        let ended = sum(ended)
        return max(0, Int(clamping: Int64(sum(began)) - Int64(ended)))
    }
}
