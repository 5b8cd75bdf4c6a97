internal import Balancing
internal import Connections
internal import HTTP
internal import Sockets
internal import Telemetry

/// One request on its way from a client to an upstream, and its response on the way back. A host is a worker in the
/// balancer, and the application in a worker.
///
///     idle -> queued (for a host) -> sent -> responding -> idle        a failed attempt returns from sent to queued
///     sent -> queued (for the successor's epoch) -> sent               a worker has met a later reign
///
/// Laws:
/// - The exchange holds a lease exactly while a host has the request: from `send` until the request ends, fails, is
///   cancelled or is taken back.
/// - `request` holds what a retry needs until the response begins or the content outgrows the replay limit.
/// - Once a response head has gone downstream the exchange retries nothing. If the upstream breaks the response off,
///   the exchange breaks off the response to the client.
///
/// The object serves the requests of its connection one after the other, and allocates nothing for a request in the
/// steady state.
final class ProxyExchange: Exchange, UpstreamClient {
    /// The event for which the request waits, with its place in the queue.
    private enum Wait {
        case nothing
        case host(place: Int)
        case successor(place: Int)
    }

    private unowned let downstream: any Downstream
    private let service: ProxyService
    private var backend: Backend { service.backend }

    private var request = ReplayBuffer()
    /// The WebSocket handshake that the request asks for.
    private var upgrade: UpgradeRequest?
    private var trace = RequestTrace()
    private var attempts = Attempts(affinity: nil)
    private var turn = ApplicationTurn()
    private var wait = Wait.nothing
    private var lease: LoadBalancer.Lease?
    private var upstream: (any UpstreamStream)?
    /// The status of the response; without meaning before its head. 0 for one that says nothing about the worker.
    private var status: UInt16 = 0
    /// The upstream has ended its direction of a tunnel.
    private var isHalfClosed = false
    private lazy var source = SourceKey(host: downstream.peerHost)
    /// Bytes of the replay buffer that the connection's ledger has been charged.
    private var chargedBytes = 0
    private let live: LiveObject

    init(downstream: any Downstream, service: ProxyService) {
        self.downstream = downstream
        self.service = service
        live = LiveObject(ProxyExchange.self, on: service.loop)
    }

    // MARK: From the client

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        // Each use of the unowned reference changes a reference count, so the steps of every request read it once.
        let downstream = downstream
        let epoch = service.policy.epoch
        upgrade = service.upstreamProtocol.carriesTunnels ? UpgradeRequest(head, bytes) : nil
        if let edge = service.policy.edge {
            trace.begin(head, bytes, trusts: edge.trustsRequestID, random: &service.random)
            downstream.context.setID(trace.requestID)
        }
        request.begin(method: head.method, framing: head.framing, epoch: epoch, mayTunnel: upgrade != nil)
        request.head.mayHaveTrailers = head.mayHaveTrailers
        service.write(
            head, bytes, from: downstream.peerHost, upgrade: upgrade, trace: trace, epoch: epoch, to: &request.head)
        isHalfClosed = false
        attempts = Attempts(affinity: backend.affinity.value(of: head, bytes))
        if let seconds = service.secondsTooFast(source) {
            request.responseBegan()
            return fail(.tooFast(retryAfterSeconds: seconds))
        }
        chargeRequest()
        if !turn.begin(head, bytes, for: service.places) { attempt() }
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        var limit = service.policy.limits.replayBytes
        if chargedBytes > 0, let ledger = downstream.ledger { limit = ledger.bound(limit) }
        request.take(bytes, limit: limit, sendingTo: upstream)
        chargeRequest()
        if turn.isDue() { return attempt() }
        if upstream?.checkCongestion() == true { downstream.pauseReading() }
    }

    /// Charges the change of the replay buffer's size.
    private func chargeRequest() {
        let now = request.charge
        guard now != chargedBytes else { return }
        downstream.ledger?.change(by: now - chargedBytes)
        chargedBytes = now
    }

    func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
        request.take(trailers: fields, bytes, sendingTo: upstream)
        chargeRequest()
    }

    func requestEnd() {
        request.end(sendingTo: upstream)
        if turn.isDue() { attempt() }
        if isHalfClosed { leaveTunnel() }
    }

    func downstreamDrained() { upstream?.resumeReading() }

    var outlivesRequests: Bool { false }

    func cancelled() {
        switch wait {
        case .nothing: break
        case .host(let place): backend.queue.remove(at: place)
        case .successor(let place): service.fencedRequests.remove(at: place)
        }
        wait = .nothing
        upstream.take()?.cancel()
        turn.leave(service.places)
        if let lease = lease.take() { backend.loadBalancer.releaseCancelled(lease) }
        request.drop()
        chargeRequest()
    }

    // MARK: To a host

    private func attempt() {
        guard turn.enter(service.places) else { return failFinally(.queueFull) }
        switch backend.request(attempts.demand) {
        case .given(let lease): send(over: lease)
        case .waits(let ticket): queue(ticket: ticket)
        case .nobodyElse: failFinally(.noWorker)
        case .queueFull:
            service.counters.queueRejections.add(1)
            failFinally(.queueFull)
        }
    }

    private func send(over lease: LoadBalancer.Lease) {
        guard let pool = backend.pool(for: lease.slot) else {
            // The host left after the choice. The next choice can't fall on it again.
            backend.loadBalancer.releaseCancelled(lease)
            return attempt()
        }
        guard let upstream = pool.take() else {
            // Every connection to the host is full.
            backend.loadBalancer.releaseCancelled(lease)
            attempts.exclude(lease, for: .upstream(.notTaken))
            return attempt()
        }
        let downstream = downstream
        self.lease = lease
        self.upstream = upstream
        attempts.began()
        downstream.context.sent(to: pool.name, now: downstream.loop.now)
        request.send(to: upstream, for: self, epoch: service.policy.epoch)
        if upstream.checkCongestion() { downstream.pauseReading() } else { downstream.resumeReading() }
    }

    private func queue(ticket: UInt64) {
        if attempts.demand.isRetry { service.counters.retriesDeferred.add(1) } else { service.counters.queued.add(1) }
        wait = .host(place: backend.queue.append(self, ticket: ticket))
        downstream.context.waits(now: downstream.loop.now)
        downstream.pauseReading()
    }

    /// The queue has found a host for the request.
    func dequeued(_ lease: LoadBalancer.Lease) {
        wait = .nothing
        send(over: lease)
    }

    /// The request has reached its longest wait in the queue.
    func queueTimedOut() {
        wait = .nothing
        service.counters.queueTimeouts.add(1)
        let loadBalancer = backend.loadBalancer
        failFinally(loadBalancer.isHolding ? .paused : loadBalancer.routableCount == 0 ? .noWorker : .allBusy)
    }

    /// No host gets the request. If an attempt was made, reports its failure.
    private func failFinally(_ error: ProxyError) {
        fail(attempts.lastError ?? error)
    }

    private func fail(_ error: ProxyError) {
        turn.leave(service.places)
        request.drop()
        chargeRequest()
        downstream.resumeReading()
        downstream.respond(
            status: error.status, error: error.message, retryAfterSeconds: error.retryAfterSeconds,
            requestID: trace.requestID, mark: service.policy.edge == nil ? FaultField(for: error)?.mark : nil)
    }

    // MARK: The response

    private var rewriter: ResponseRewriter { service.rewriter(for: trace.requestID) }

    func upstreamOpened() { downstream.context.connected(now: downstream.loop.now) }

    func upstreamInterim(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        // A 100 says nothing about the response, so the request may still go elsewhere.
        if head.status == 100 { return downstream.writeContinue() }
        request.responseBegan()
        chargeRequest()
        rewriter.passInterim(head, bytes, to: downstream)
    }

    func upstreamResponded(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        if let refusal = service.policy.edge?.refusal(in: head, bytes) {
            switch refusal {
            case .fault(let field): return withdraw(field.failure)
            case .fenced(let field): return fenced(by: field)
            }
        }
        status = head.status == 503 && FaultField.isShed(head, bytes) ? 0 : head.status
        if head.status == 101 {
            guard upgrade?.isAccepted(by: head, bytes) == true else { return withdraw(.badResponse(.unexpectedSwitch)) }
            request.becameTunnel()
            chargeRequest()
            return rewriter.passTunnel(head, bytes, to: downstream)
        }
        request.responseBegan()
        chargeRequest()
        let setCookie = lease?.stickyName.flatMap { backend.affinity.setCookie(naming: $0) }
        rewriter.pass(head, bytes, setCookie: setCookie, to: downstream)
    }

    /// Takes the request back from this host, whose response is a failure.
    private func withdraw(_ failure: UpstreamFailure) {
        upstream.take()?.cancel()
        upstreamFailed(failure)
    }

    func upstreamSent(_ bytes: UnsafeBufferPointer<UInt8>) {
        let downstream = downstream
        downstream.writeBody(bytes)
        if downstream.checkCongestion() { upstream?.pauseReading() }
    }

    func upstreamTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
        ResponseRewriter.pass(trailers: fields, bytes, to: downstream)
    }

    func upstreamHalfClosed() {
        isHalfClosed = true
        downstream.endResponse()
    }

    /// The client has ended its direction of a half-closed tunnel: the downstream lives no longer than this turn.
    private func leaveTunnel() {
        isHalfClosed = false
        upstream.take()?.leave()
        releaseSucceeded()
    }

    func upstreamEnded() {
        upstream = nil
        releaseSucceeded()
        request.finish()
        chargeRequest()
        let downstream = downstream
        downstream.endResponse()
        if !request.isEnded { downstream.resumeReading() }
    }

    private func releaseSucceeded() {
        turn.leave(service.places)
        guard (1..<500).contains(status) || service.policy.edge == nil else { return releaseErroneous() }
        if let lease = lease.take(), let subject = backend.loadBalancer.release(lease) {
            service.observer.succeededAgain(subject)
        }
    }

    /// The worker responded with a status from 500 on. A gateway's status (502 to 504) is a failure of the worker, or
    /// of the application behind it.
    private func releaseErroneous() {
        guard let lease = lease.take() else { return }
        guard let failure = WorkerFailure(status: status) else { return backend.loadBalancer.releaseErroneous(lease) }
        releaseFailed(lease, failure)
    }

    private func releaseFailed(_ lease: LoadBalancer.Lease, _ failure: WorkerFailure) {
        if let subject = backend.loadBalancer.releaseFailed(lease) { service.observer.failed(subject, failure) }
    }

    var room: Int { downstream.room }
    var isRoomy: Bool { downstream.isRoomy }
    var ledger: MemoryLedger? { downstream.ledger }

    func upstreamDrained() { downstream.resumeReading() }

    // MARK: Failures

    func upstreamFailed(_ failure: UpstreamFailure) {
        let failed = upstream.take()
        service.counters.upstreamFailures.add(1)
        let isOnTheWay = failed?.isRequestOnTheWay ?? true
        var reason = RetryReason(failure)
        if let lease = lease.take() {
            let pool = backend.pool(for: lease.slot)
            let fault = attempts.failed(
                failure, of: lease, isReused: failed?.isReused == true,
                refusalConcernsConnection: pool?.refusalConcernsConnection == true)
            switch fault {
            case .staleConnection:
                reason = .staleConnection
                backend.loadBalancer.releaseCancelled(lease)
                // The other idle connections are as old. The next attempt gets a new one.
                pool?.dropIdle()
            case .refusedStream: backend.loadBalancer.releaseCancelled(lease)
            case .noRoom: backend.loadBalancer.releaseErroneous(lease)
            case .host: releaseFailed(lease, .attempt(failure))
            }
        }
        guard downstream.canRespond else {
            turn.leave(service.places)
            return downstream.abortResponse()
        }
        if mayRetry(failure.attemptEnd(isOnTheWay: isOnTheWay)) { retry(reason) } else { fail(.upstream(failure)) }
    }

    private func mayRetry(_ end: AttemptEnd) -> Bool {
        request.isReplayable && attempts.mayFollow(service.policy.limits)
            && RetryLaw.allows(end, isIdempotent: request.method.isIdempotent)
    }

    private func retry(_ reason: RetryReason) {
        service.counters.count(reason)
        attempt()
    }

    /// The host hangs. A request that may be processed twice goes to another host. Every other request continues to
    /// wait, because the hung host may have begun it.
    func upstreamEjected() {
        guard downstream.canRespond, let upstream,
            mayRetry(upstream.isRequestOnTheWay ? .withdrawn : .neverArrived)
        else { return }
        self.upstream = nil
        upstream.cancel()
        if let lease = lease.take() {
            backend.loadBalancer.releaseCancelled(lease)
            attempts.exclude(lease, for: .upstream(.timedOut))
        }
        retry(.ejected)
    }

    /// The request waits unsent on a full connection. It goes over another one, or waits in the queue.
    func upstreamPostponed() {
        guard downstream.canRespond, request.isReplayable, let upstream, !upstream.isRequestOnTheWay else { return }
        self.upstream = nil
        upstream.cancel()
        if let lease = lease.take() { backend.loadBalancer.releaseCancelled(lease) }
        attempts.wasPostponed()
        attempt()
    }

    /// A worker has refused the request unread, since it has met a later reign.
    private func fenced(by field: FencedField) {
        upstream.take()?.cancel()
        guard request.isReplayable, service.policy.awaitsSuccessor else {
            // The later reign is a claim, and the control plane verifies it. Another worker gets the request.
            return refused(by: field)
        }
        if let lease = lease.take() { backend.loadBalancer.releaseCancelled(lease) }
        attempts.wasFenced()
        // The request goes out again at once if the successor has published its epoch meanwhile.
        if service.policy.epoch >= field.epoch && request.epoch < field.epoch { return attempt() }
        wait = .successor(place: service.fencedRequests.append(self))
        downstream.context.waits(now: downstream.loop.now)
        downstream.pauseReading()
    }

    private func refused(by field: FencedField) {
        if let lease = lease.take() {
            if let subject = backend.loadBalancer.releaseFailed(lease) {
                service.observer.fenced(subject, field.epoch, field.address)
            }
            attempts.exclude(lease, for: .fenced)
        }
        if request.isReplayable && attempts.mayFollow(service.policy.limits) { retry(.fenced) } else { fail(.fenced) }
    }

    /// The successor has published its epoch.
    func epochRenewed() {
        wait = .nothing
        attempt()
    }

    /// No successor has published an epoch in time.
    func successorTimedOut() {
        wait = .nothing
        fail(.fenced)
    }
}
