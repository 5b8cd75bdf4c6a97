internal import Cluster
internal import Synchronization

/// Acquires and releases workers, and queues requests.
///
/// All loops share one queue for requests and one for retries. Rules:
/// - While a request waits, every worker that it could use is full, or an operator holds first attempts (`hold`). A call
///   that opens a worker serves the queues under the same lock.
/// - A later request never overtakes an earlier one in the same queue.
/// - Retries in progress are at most a share of all requests (`LoadBalancerLimits`). If many requests fail at once, the
///   other retries wait in their queue and do not overload the remaining workers.
extension LoadBalancer {
    /// The demand of a request.
    package struct Demand: Sendable {
        /// The workers that the request has tried. A request with any is a retry.
        package var tried = TriedSlots()
        /// The request's value for an affinity policy: the hash of a field or cookie, or a worker's name.
        package var affinity: UInt64?

        package init(affinity: UInt64? = nil) {
            self.affinity = affinity
        }

        package var isRetry: Bool { tried.first != nil }
    }

    package enum Outcome: Sendable {
        case given(Lease)
        /// The request waits. The loop's delivery function gets the lease later, with this ticket.
        case waits(ticket: UInt64)
        /// The request is a retry, and it has tried every worker.
        case nobodyElse
        case queueFull
    }

    /// The identity of a loop for waiting requests.
    package struct LoopHandle: Sendable {
        fileprivate let index: Int
    }

    struct Waiter: Sendable {
        let demand: Demand
        let loop: LoopHandle
    }

    /// Registers a loop, so that its requests can wait.
    ///
    /// - Parameter deliver: called on any thread with a lease for the holder of the ticket. A holder that withdrew
    ///   meanwhile returns the lease.
    package func attach(_ deliver: @escaping Delivery) -> LoopHandle {
        state.withLock { state in
            state.deliveries.append(deliver)
            return LoopHandle(index: state.deliveries.count - 1)
        }
    }

    package typealias Delivery = @Sendable (_ ticket: UInt64, _ lease: Lease) -> Void

    // MARK: Acquire

    /// Acquires a worker for a request, or queues the request.
    package func request(_ demand: Demand, from loop: LoopHandle) -> Outcome {
        state.withLock { state in
            if demand.isRetry, !state.table.isAnybodyRoutable(besides: demand.tried) { return .nobodyElse }
            let isFirst =
                demand.isRetry
                ? state.retries.isEmpty && mayRetry(state, asking: 1) : state.newcomers.isEmpty && !state.isHolding
            if isFirst, let lease = take(demand, from: &state) { return .given(lease) }
            guard state.waitingCount < state.limits.queue else { return .queueFull }
            state.ticketsIssued += 1
            let waiter = Waiter(demand: demand, loop: loop)
            if demand.isRetry {
                state.retries.append(waiter, ticket: state.ticketsIssued)
            } else {
                state.newcomers.append(waiter, ticket: state.ticketsIssued)
            }
            return .waits(ticket: state.ticketsIssued)
        }
    }

    /// Withdraws a waiting request. Returns false if the lease is on its way already.
    @discardableResult
    package func withdraw(ticket: UInt64) -> Bool {
        state.withLock { state in
            state.newcomers.withdraw(ticket: ticket) || state.retries.withdraw(ticket: ticket)
        }
    }

    /// The number of waiting requests. Callable from any thread.
    package var waitingCount: Int { state.withLock { $0.waitingCount } }

    /// Holds first attempts in the queue, or gives workers to them again. Requests that have a worker go on, and so do their
    /// retries.
    package func hold(_ isHolding: Bool) {
        let grants = state.withLock { state in
            state.isHolding = isHolding
            return serve(&state)
        }
        deliver(grants)
    }

    package var isHolding: Bool { state.withLock { $0.isHolding } }

    // MARK: Release

    /// Releases a worker after a complete response. If failures of the worker were reported before, returns the worker
    /// to report as recovered.
    package func release(_ lease: Lease) -> Subject? {
        giveBack(lease) { state in
            guard LoadBalancer.isInTrouble(lease.slot, in: state),
                let host = LoadBalancer.host(of: lease.slot, in: state)
            else { return nil }
            state.table.setErring(lease.slot, false)
            state.hosts[Int(lease.slot.index)]?.trouble = Trouble()
            return host.trouble.isReported ? Subject(id: host.entry.id, incarnation: host.entry.incarnation) : nil
        }
    }

    /// Releases a worker after a failed request. Returns the worker to report, unless it has left.
    package func releaseFailed(_ lease: Lease) -> Subject? {
        giveBack(lease) { state in
            guard let host = LoadBalancer.host(of: lease.slot, in: state) else { return nil }
            state.hosts[Int(lease.slot.index)]?.failures &+= 1
            state.hosts[Int(lease.slot.index)]?.trouble.isReported = true
            LoadBalancer.noteError(at: lease.slot, in: &state)
            return Subject(id: host.entry.id, incarnation: host.entry.incarnation)
        }
    }

    /// Releases a worker after an error response that is no failure of the worker, such as a 500. The error may belong
    /// to the request. A worker that gives nothing else gets no more than its share.
    package func releaseErroneous(_ lease: Lease) {
        _ = giveBack(lease) { state in
            if LoadBalancer.host(of: lease.slot, in: state) != nil {
                LoadBalancer.noteError(at: lease.slot, in: &state)
            }
            return nil
        }
    }

    private static func noteError(at slot: Slot, in state: inout State) {
        let errors = min((state.hosts[Int(slot.index)]?.trouble.errors ?? 0) + 1, Trouble.errorsUntilErring)
        state.hosts[Int(slot.index)]?.trouble.errors = errors
        if errors == Trouble.errorsUntilErring { state.table.setErring(slot, true) }
    }

    /// Releases a worker after an attempt that says nothing about the worker, such as a request that the client
    /// cancelled.
    package func releaseCancelled(_ lease: Lease) {
        _ = giveBack(lease) { _ in nil }
    }

    private func giveBack(_ lease: Lease, _ note: (inout State) -> Subject?) -> Subject? {
        var grants: [Grant] = []
        let subject = state.withLock { state in
            state.table.release(lease.slot)
            if lease.isRetry { state.retriesUnderWay -= 1 }
            let subject = note(&state)
            if state.waitingCount > 0 { grants = serve(&state) }
            return subject
        }
        deliver(grants)
        return subject
    }

    // MARK: Queues

    /// A lease on its way to a waiting request.
    struct Grant {
        let deliver: Delivery
        let ticket: UInt64
        let lease: Lease
    }

    /// Delivers leases. Call it without the lock.
    func deliver(_ grants: [Grant]) {
        for grant in grants { grant.deliver(grant.ticket, grant.lease) }
    }

    /// Gives open workers to waiting requests. Retries come first: their clients have waited longest, and the budget
    /// limits their number.
    func serve(_ state: inout State) -> [Grant] {
        var grants: [Grant] = []
        var place = state.retries.first
        while let here = place, state.table.openCount > 0, mayRetry(state) {
            place = state.retries.next(after: here)
            // A retry that has tried all open workers lets later ones pass.
            guard let (ticket, waiter) = state.retries[here], let lease = take(waiter.demand, from: &state)
            else {
                continue
            }
            _ = state.retries.take(here)
            grants.append(Grant(deliver: state.deliveries[waiter.loop.index], ticket: ticket, lease: lease))
        }
        while !state.isHolding, let here = state.newcomers.first, let (ticket, waiter) = state.newcomers[here],
            let lease = take(waiter.demand, from: &state)
        {
            _ = state.newcomers.take(here)
            grants.append(Grant(deliver: state.deliveries[waiter.loop.index], ticket: ticket, lease: lease))
        }
        return grants
    }

    private func take(_ demand: Demand, from state: inout State) -> Lease? {
        guard let slot = state.table.acquire(for: demand.affinity, excluding: demand.tried) else { return nil }
        state.hosts[Int(slot.index)]?.requests &+= 1
        if demand.isRetry { state.retriesUnderWay += 1 }
        return Lease(slot: slot, isRetry: demand.isRetry, stickyName: stickyName(of: slot, demand.affinity, state))
    }

    /// The worker name for the client's next request. While the client's earlier worker is routable, it stays, also if
    /// it was too busy for this request.
    private func stickyName(of slot: Slot, _ affinity: UInt64?, _ state: borrowing State) -> UInt64? {
        guard case .sticky = policy else { return nil }
        if let affinity, state.table.routableHolder(of: affinity) != nil { return nil }
        return state.table.name(of: slot)
    }

    /// Returns whether the budget has room for one more retry.
    ///
    /// - Parameter asking: the number of requests that neither have a worker nor wait for one.
    private func mayRetry(_ state: borrowing State, asking: Int = 0) -> Bool {
        let active = state.table.totalOutstanding + state.waitingCount + asking
        return state.retriesUnderWay < max(state.limits.retryMinimum, active * state.limits.retryPercent / 100)
    }
}
