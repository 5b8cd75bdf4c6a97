internal import Cluster
internal import Connections
internal import HTTP
internal import Sockets

/// One request on its way from a client to a worker and its response on the way back.
///
///     idle -> waiting (for a worker) -> sent -> answering -> idle          failed attempts go back from sent to waiting
///
/// Laws:
/// - A lease is held exactly while a worker has the request: from `attempt` to `upstreamEnded`, `upstreamFailed` or `cancelled`.
/// - `request` holds what a retry needs until the response begins or it outgrows the replay limit.
/// - Once a response head has gone downstream nothing is retried: a break in the response is passed on as a break.
///
/// The object serves one request after the other of its connection and allocates nothing for one in the steady state.
final class ProxyExchange: Exchange, UpstreamClient {
    /// Holds the exchange in turn, until its connection has closed.
    private let downstream: any Downstream
    private let service: ProxyService

    private var request = KeptRequest()
    private var needsContinue = false
    /// What the request asks for besides an ordinary answer.
    private var upgrade: UpgradeRequest?
    private var trace = RequestTrace()
    /// Of a tunnel: the worker has ended its direction.
    private var isHalfClosed = false
    /// Stands in the queue.
    private var isWaiting = false
    /// It waits for the successor's epoch.
    private var isFenced = false
    private var lease: Roster.Lease?
    private var upstream: UpstreamConnection?
    private var demand = Roster.Demand()
    private var attempts = 0
    /// An attempt has failed for a connection that was stale, and was not counted.
    private var hasMetStale = false
    private var lastFailure: UpstreamFailure?
    private lazy var source = SourceKey(host: downstream.peerHost)

    init(downstream: any Downstream, service: ProxyService) {
        self.downstream = downstream
        self.service = service
    }

    // MARK: From the client

    func requestHead(_ head: borrowing RequestHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        let policy = service.policy
        let epoch = policy.epoch
        upgrade = UpgradeRequest(head, bytes)
        if policy.place == .edge {
            trace.begin(head, bytes, trusts: policy.trustsRequestID, random: &service.random)
        }
        request.begin(head, epoch: epoch) {
            RequestRewriter.append(
                head, bytes, from: downstream, policy: policy, epoch: epoch, upgrade: upgrade, trace: trace, to: &$0)
        }
        needsContinue = head.expectsContinue
        isHalfClosed = false
        demand = Roster.Demand(affinity: service.affinity.value(of: head, bytes))
        attempts = 0
        hasMetStale = false
        lastFailure = nil
        if let seconds = service.secondsTooFast(source) {
            request.isAnswered()
            fail(.tooFast(retryAfterSeconds: seconds))
            return
        }
        attempt()
    }

    func requestBody(_ bytes: UnsafeBufferPointer<UInt8>) {
        request.take(bytes, limit: service.policy.replayLimit, sendingTo: upstream)
        if upstream?.isCongested == true { downstream.pauseReading() }
    }

    func requestTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
        request.take(trailers: fields, bytes, sendingTo: upstream)
    }

    func requestEnd() {
        request.end(sendingTo: upstream)
        if isHalfClosed { leaveTunnel() }
    }

    func downstreamDrained() {
        upstream?.resumeReading()
    }

    func cancelled() {
        if isWaiting {
            isWaiting = false
            service.queue.remove(self)
        }
        if isFenced {
            isFenced = false
            service.fencedRequests.remove(self)
        }
        detach()?.abandon()
        if let lease = lease.take() { service.roster.releaseAbandoned(lease) }
        request.drop()
    }

    private func detach() -> UpstreamConnection? {
        upstream.take()
    }

    // MARK: To a worker

    private func attempt() {
        switch service.roster.request(demand, from: service.seat) {
        case .given(let lease): send(over: lease)
        case .waits(let ticket): wait(ticket: ticket)
        case .nobodyElse: failFinally(.noWorker)
        case .queueFull:
            service.counters.queueRejections.add(1)
            failFinally(.queueFull)
        }
    }

    private func send(over lease: Roster.Lease) {
        request.renew(epoch: service.policy.epoch)
        guard let pool = service.pool(for: lease.slot) else {
            // It left between the two steps; the next choice can't fall on it again.
            service.roster.releaseAbandoned(lease)
            attempt()
            return
        }
        self.lease = lease
        attempts += 1
        downstream.isServed(by: pool.name)
        let upstream = pool.take()
        self.upstream = upstream
        upstream.begin(self, method: request.method, mayTunnel: upgrade != nil)
        upstream.write(request.bytes)
        if request.isEnded { upstream.endRequest() }
        if needsContinue {
            needsContinue = false
            downstream.writeContinue()
        }
        if upstream.isCongested { downstream.pauseReading() } else { downstream.resumeReading() }
    }

    private func wait(ticket: UInt64) {
        if demand.isRetry { service.counters.retriesDeferred.add(1) } else { service.counters.queued.add(1) }
        service.queue.append(self, ticket: ticket)
        isWaiting = true
        downstream.pauseReading()
    }

    /// The queue's turn: a worker has been found.
    func dequeued(_ lease: Roster.Lease) {
        isWaiting = false
        send(over: lease)
    }

    func waitedTooLong() {
        isWaiting = false
        service.counters.queueTimeouts.add(1)
        failFinally(service.roster.routableCount == 0 ? .noWorker : .allBusy)
    }

    /// No worker will get the request. Who has been tried already has failed it, and how is what the client is told.
    private func failFinally(_ error: ProxyError) {
        fail(lastFailure.map { .upstream($0) } ?? error)
    }

    private func fail(_ error: ProxyError) {
        request.drop()
        downstream.resumeReading()
        downstream.respond(
            status: error.status, error: error.message, retryAfterSeconds: error.retryAfterSeconds,
            requestID: trace.requestID,
            mark: service.policy.place == .worker && error.isUntaken ? UntakenField.name : nil)
    }

    // MARK: From the worker

    func upstreamInterim(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        request.isAnswered()
        ResponseRewriter.passInterim(head, bytes, to: downstream)
    }

    func upstreamResponded(_ head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        // What fails at an application is the worker's to tell: one that can't be reached answers faster than any other.
        if service.policy.place == .edge, head.status >= 500, UntakenField.stands(in: head, bytes) {
            detach()?.abandon()
            upstreamFailed(.notTaken)
            return
        }
        // Only workers know of reigns: an application that says the same means something else.
        if service.policy.place == .edge, head.status == 409, let epoch = FencedField.epoch(of: head, bytes) {
            fenced(by: epoch)
            return
        }
        if head.status == 101 {
            guard upgrade?.isAnswered(by: head, bytes) == true else {
                detach()?.abandon()
                upstreamFailed(.badResponse(.unexpectedSwitch))
                return
            }
            request.becomesTunnel()
            ResponseRewriter.passTunnel(head, bytes, requestID: trace.requestID, to: downstream)
            return
        }
        request.isAnswered()
        let setCookie = lease?.stickyName.flatMap { service.affinity.setCookie(naming: $0) }
        ResponseRewriter.pass(head, bytes, requestID: trace.requestID, setCookie: setCookie, to: downstream)
    }

    /// A worker has refused the request unread, since it has met the later reign `highest`.
    private func fenced(by highest: UInt64) {
        detach()?.abandon()
        let subject = lease.flatMap { service.roster.subject(of: $0) }
        if let lease = lease.take() { service.roster.releaseAbandoned(lease) }
        guard request.isReplayable, service.policy.isAbdicated else {
            if let subject { service.observer.fenced(subject, highest) }
            fail(.fenced)
            return
        }
        // Nobody has read it, so it goes out once more: at once, if the successor has told its epoch meanwhile.
        attempts -= 1
        lastFailure = nil
        if service.policy.epoch >= highest && request.epoch < highest {
            attempt()
            return
        }
        isFenced = true
        service.fencedRequests.append(self)
        downstream.pauseReading()
    }

    /// The successor has told its epoch.
    func epochRenewed() {
        isFenced = false
        attempt()
    }

    func noSuccessor() {
        isFenced = false
        fail(.fenced)
    }

    func upstreamSent(_ bytes: UnsafeBufferPointer<UInt8>) {
        downstream.writeBody(bytes)
        if downstream.isCongested { upstream?.pauseReading() }
    }

    func upstreamTrailers(_ fields: [Field], _ bytes: UnsafeBufferPointer<UInt8>) {
        for field in fields { downstream.appendTrailer(name: field.name.in(bytes), value: field.value.in(bytes)) }
    }

    /// The worker has ended its direction of the tunnel; the client's goes on.
    func upstreamHalfClosed() {
        isHalfClosed = true
        downstream.endResponse()
    }

    /// The client has ended its direction too: the downstream lives no longer than this turn.
    private func leaveTunnel() {
        isHalfClosed = false
        detach()?.leave()
        if let lease = lease.take(), let subject = service.roster.release(lease) {
            service.observer.succeededAgain(subject)
        }
    }

    func upstreamEnded() {
        upstream = nil
        if let lease = lease.take(), let subject = service.roster.release(lease) {
            service.observer.succeededAgain(subject)
        }
        request.isOver()
        // Asked before: ending the response may begin the next request.
        let isCutShort = !request.isEnded
        downstream.endResponse()
        if isCutShort { downstream.resumeReading() }
    }

    func upstreamFailed(_ failure: UpstreamFailure) {
        let failed = detach()
        service.counters.upstreamFailures.add(1)
        let isOnTheWay = failed?.isRequestOnTheWay ?? true
        // A kept connection that the worker had just closed says nothing of the worker: once, then it does.
        let wasStale = failed?.isReused == true && failure.isBeforeResponse && !hasMetStale
        if let lease = lease.take() {
            if wasStale {
                hasMetStale = true
                service.roster.releaseAbandoned(lease)
                // The others that were kept are as old: the next attempt gets a new connection, and this one does not count.
                service.pool(for: lease.slot)?.dropIdle()
                attempts -= 1
            } else {
                if let subject = service.roster.releaseFailed(lease) { service.observer.failed(subject, failure) }
                demand.tried.insert(lease.slot)
            }
        }
        lastFailure = failure
        if downstream.canRespond {
            let mayRetry =
                request.isReplayable && attempts <= service.policy.maximumRetries
                && RetryLaw.allows(
                    failure.attemptEnd(isOnTheWay: isOnTheWay), isIdempotent: request.method.isIdempotent)
            if mayRetry {
                service.counters.retries.add(1)
                attempt()
            } else {
                fail(.upstream(failure))
            }
        } else {
            downstream.abortResponse()
        }
    }

    func upstreamDrained() {
        downstream.resumeReading()
    }

    /// The worker hangs. What may be done twice goes to another one; the rest waits on, since the hung worker may
    /// have begun.
    func upstreamEjected() {
        guard downstream.canRespond, request.isReplayable, attempts <= service.policy.maximumRetries, let upstream,
            RetryLaw.allows(
                upstream.isRequestOnTheWay ? .withdrawn : .neverArrived, isIdempotent: request.method.isIdempotent)
        else { return }
        detach()?.abandon()
        if let lease = lease.take() {
            service.roster.releaseAbandoned(lease)
            demand.tried.insert(lease.slot)
        }
        lastFailure = .timedOut
        service.counters.retries.add(1)
        attempt()
    }
}
