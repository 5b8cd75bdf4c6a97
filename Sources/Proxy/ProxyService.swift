package import Balancing
package import Cluster
package import Connections
internal import HTTP
package import Sockets
internal import Telemetry

/// The proxy on one loop, in front of one backend.
package final class ProxyService: Service {
    /// Reports the events of requests that the cluster core needs. The service calls the functions on its loop.
    package struct Observer: Sendable {
        package var failed: @Sendable (_ subject: LoadBalancer.Subject, _ failure: WorkerFailure) -> Void = { _, _ in
        }
        package var succeededAgain: @Sendable (_ subject: LoadBalancer.Subject) -> Void = { _ in }
        /// A worker has seen a later epoch than this balancer's.
        package var fenced:
            @Sendable (_ subject: LoadBalancer.Subject, _ epoch: UInt64, _ address: BalancerAddress?) -> Void = {
                _, _, _ in
            }

        package init() {}
    }

    package let loop: EventLoop
    let backend: Backend
    private(set) var policy: ProxyPolicy
    let upstreamProtocol: UpstreamProtocol
    /// The places for requests at an application that takes one request on each connection; nil for others.
    let places: SourceShares?
    let responsePolicy: HeaderPolicy
    let observer: Observer
    let fencedRequests: FencedRequests
    package let counters = ProxyCounters()
    var random = RandomNumbers(seed: UInt64.random(in: 0...UInt64.max))
    /// Shared by all loops; nil for no limit.
    private var rateLimiter: RateLimiter?
    private let requestPolicy: HeaderPolicy
    private let provider: TransportProvider

    package init(
        loop: EventLoop, loadBalancer: LoadBalancer, policy: ProxyPolicy, provider: TransportProvider,
        upstreamProtocol: UpstreamProtocol = .http1, limits: UpstreamLimits = UpstreamLimits(),
        rateLimiter: RateLimiter? = nil, observer: Observer = Observer()
    ) {
        self.loop = loop
        self.policy = policy
        self.upstreamProtocol = upstreamProtocol
        self.provider = provider
        self.rateLimiter = rateLimiter
        self.observer = observer
        places = limits.http1Connections > 0 ? SourceShares(limit: limits.http1Connections) : nil
        let isEdge = policy.edge != nil
        requestPolicy = isEdge ? .edgeToWorker : upstreamProtocol == .http2 ? .workerToHTTP2 : .workerToHTTP1
        responsePolicy = isEdge ? .edgeToClient : .workerToEdge
        fencedRequests = FencedRequests(loop: loop, milliseconds: policy.limits.queueMilliseconds)
        backend = Backend(
            loadBalancer,
            Backend.Connecting(
                loop: loop, provider: provider, upstreamProtocol: upstreamProtocol, counters: counters, limits: limits),
            isSecure: policy.edge?.isSecure == true, queueMilliseconds: policy.limits.queueMilliseconds)
    }

    /// The proxy of a worker in front of one application, which may always get requests.
    ///
    /// - Parameter id: the worker's, for the access log.
    package convenience init(
        loop: EventLoop, application endpoint: UpstreamEndpoint, id: NodeID, upstreamProtocol: UpstreamProtocol,
        limits: UpstreamLimits
    ) {
        let loadBalancer = LoadBalancer(seed: 0)
        func update(maximumRequests: Int) {
            let entry = HostEntry(
                id: id, incarnation: 0, host: endpoint.host, port: endpoint.destination.port,
                offer: WorkerOffer(maximumRequests: maximumRequests), state: .ready)
            loadBalancer.update([entry]) { _ in endpoint }
        }
        update(
            maximumRequests: upstreamProtocol == .http2
                ? limits.http2Connections * limits.http2Streams : limits.http1Connections)
        self.init(
            loop: loop, loadBalancer: loadBalancer, policy: ProxyPolicy(edge: nil), provider: TransportProvider(),
            upstreamProtocol: upstreamProtocol, limits: limits)
        backend.onCapacity = update
    }

    /// Takes a token for a request of this source.
    ///
    /// - Returns: the seconds that the source has to wait; nil if there was a token.
    func secondsTooFast(_ source: SourceKey?) -> Int? {
        guard let rateLimiter, let source, let seconds = rateLimiter.take(source, now: loop.now) else { return nil }
        counters.rateLimited.add(1)
        return seconds
    }

    /// Uses new settings from now on. Connections to workers keep their limits.
    ///
    /// - Parameter rateLimiter: of all loops; nil for no limit.
    package func adopt(_ policy: ProxyPolicy, _ limits: UpstreamLimits, _ rateLimiter: RateLimiter?) {
        self.policy = policy
        self.rateLimiter = rateLimiter
        backend.queue.milliseconds = policy.limits.queueMilliseconds
        fencedRequests.milliseconds = policy.limits.queueMilliseconds
        backend.adopt(limits)
    }

    /// Uses new limits for connections to workers from now on. Open connections keep theirs.
    package func adopt(_ limits: UpstreamLimits) { backend.adopt(limits) }

    package func makeExchange(on downstream: any Downstream) -> any Exchange {
        ProxyExchange(downstream: downstream, service: self)
    }

    /// Writes the head of a request in the form that the upstreams take.
    func write(
        _ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>, from peerHost: String,
        upgrade: UpgradeRequest?, trace: borrowing RequestTrace, epoch: UInt64, to request: inout UpstreamRequest
    ) {
        if upstreamProtocol == .http2 {
            RequestRewriter.append(head, bytes, policy: requestPolicy, to: &request.fields)
            return
        }
        // See `LengthField`: a worker frames the content for its application again.
        if policy.edge != nil && head.mayHaveTrailers { request.framing = .chunked }
        let edge = policy.edge.map { RequestRewriter.EdgeFields(peerHost: peerHost, scheme: $0.scheme) }
        RequestRewriter.append(
            head, bytes, policy: trace.isContinued ? requestPolicy.copying(.tracestate) : requestPolicy, edge: edge,
            upgrade: upgrade, trace: trace, epoch: epoch, to: &request.bytes)
    }

    /// The writer of a response's head in the form that the client takes.
    func rewriter(for requestID: UnsafeBufferPointer<UInt8>) -> ResponseRewriter {
        ResponseRewriter(policy: responsePolicy, requestID: requestID, isEdge: policy.edge != nil)
    }

    // MARK: Hosts

    /// The list of hosts has changed: pools of hosts that left drain.
    package func hostsChanged() { backend.hostsChanged() }

    /// Uses new certificates from now on. Every worker proves its identity again before its next request. Present requests
    /// end over the present connections.
    ///
    /// - Parameter fresh: made for this loop.
    package func reload(_ fresh: TransportProvider) {
        provider.adopt(fresh)
        backend.renew()
    }

    /// The successor of this balancer has published its epoch, which stands in the policy. Requests that waited for it go
    /// out.
    package func epochChanged() {
        fencedRequests.release()
    }

    /// Opens connections in advance to the first `limit` hosts, in whatever state. A balancer that waits to take over has
    /// them ready for its first requests.
    package func warmUp(limit: Int) { backend.warmUp(limit: limit) }
}
