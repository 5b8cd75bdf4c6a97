package import Cluster
internal import Synchronization

/// Taking workers and giving them back; and waiting for one.
///
/// There is one line for the requests of all loops, and a second one for retries. Laws:
/// - While a request waits, no worker that it could have is open: whatever opens one serves the lines before the lock is
///   let go.
/// - Nobody is overtaken by who comes later in the same line.
/// - Retries under way are at most a share of all requests (`RosterLimits`): when many requests fail at once, the rest of
///   them wait in their line instead of falling upon the workers that are left.
extension Roster {
    /// What a request wants.
    package struct Demand: Sendable {
        /// The workers that it has been sent to; any makes it a retry.
        package var tried = TriedSlots()
        /// What the client brings along for a policy that keeps to workers: the hash of a value, or a worker's name.
        package var affinity: UInt64?

        package init(affinity: UInt64? = nil) {
            self.affinity = affinity
        }

        var isRetry: Bool { tried.first != nil }
    }

    package enum Outcome: Sendable {
        case given(Lease)
        /// The lease comes later, with this ticket, through what the loop attached.
        case waits(ticket: UInt64)
        /// A retry, and it has been tried on everybody.
        case nobodyElse
        case queueFull
    }

    /// Where a loop's requests wait.
    package struct Seat: Sendable {
        fileprivate let index: Int
    }

    struct Waiter: Sendable {
        let demand: Demand
        let seat: Seat
    }

    /// Makes a loop known, so that its requests can wait.
    ///
    /// - Parameter deliver: called on any thread with a lease for the holder of the ticket. Who withdrew meanwhile gives
    ///   it back.
    package func attach(_ deliver: @escaping Delivery) -> Seat {
        state.withLock { state in
            state.deliveries.append(deliver)
            return Seat(index: state.deliveries.count - 1)
        }
    }

    package typealias Delivery = @Sendable (_ ticket: UInt64, _ lease: Lease) -> Void

    // MARK: Asking

    /// A worker for a request, or a place in the line.
    package func request(_ demand: Demand, from seat: Seat) -> Outcome {
        state.withLock { state in
            if demand.isRetry, !state.table.isAnybodyRoutable(besides: demand.tried) { return .nobodyElse }
            let isFirst = demand.isRetry ? state.retries.isEmpty && mayRetry(state, asking: 1) : state.newcomers.isEmpty
            if isFirst, let lease = take(demand, from: &state) { return .given(lease) }
            guard state.waitingCount < limits.queue else { return .queueFull }
            state.ticketsIssued += 1
            let waiter = Waiter(demand: demand, seat: seat)
            if demand.isRetry {
                state.retries.append(waiter, ticket: state.ticketsIssued)
            } else {
                state.newcomers.append(waiter, ticket: state.ticketsIssued)
            }
            return .waits(ticket: state.ticketsIssued)
        }
    }

    /// Gives up waiting. False when the lease is on its way already.
    @discardableResult
    package func withdraw(ticket: UInt64) -> Bool {
        state.withLock { state in
            state.newcomers.withdraw(ticket: ticket) || state.retries.withdraw(ticket: ticket)
        }
    }

    /// Requests that wait for a worker. Callable from any thread.
    package var waitingCount: Int { state.withLock { $0.waitingCount } }

    // MARK: Giving back

    /// Gives a worker back after a whole response. Returns whom to report as well again, when failures were reported
    /// before.
    package func release(_ lease: Lease) -> Subject? {
        giveBack(lease) { state in
            guard Roster.isFailing(lease.slot, in: state), let tenant = Roster.tenant(of: lease.slot, in: state)
            else { return nil }
            state.tenants[Int(lease.slot.index)]?.isFailing = false
            return Subject(id: tenant.entry.id, incarnation: tenant.entry.incarnation)
        }
    }

    /// Gives a worker back that failed the request; returns whom to report, unless it has left already.
    package func releaseFailed(_ lease: Lease) -> Subject? {
        giveBack(lease) { state in
            guard let tenant = Roster.tenant(of: lease.slot, in: state) else { return nil }
            state.tenants[Int(lease.slot.index)]?.failures &+= 1
            state.tenants[Int(lease.slot.index)]?.isFailing = true
            return Subject(id: tenant.entry.id, incarnation: tenant.entry.incarnation)
        }
    }

    /// Gives a worker back whose request the client gave up.
    package func releaseAbandoned(_ lease: Lease) {
        _ = giveBack(lease) { _ in nil }
    }

    private func giveBack(_ lease: Lease, _ note: (inout State) -> Subject?) -> Subject? {
        var grants: [Grant] = []
        let subject = state.withLock { state in
            state.table.release(lease.slot)
            if lease.isRetry { state.retriesUnderWay -= 1 }
            if state.waitingCount > 0 { grants = serve(&state) }
            return note(&state)
        }
        deliver(grants)
        return subject
    }

    // MARK: Serving the lines

    /// A lease on its way to who waited for it.
    struct Grant {
        let deliver: Delivery
        let ticket: UInt64
        let lease: Lease
    }

    /// Hands leases out, after the lock has been let go.
    func deliver(_ grants: [Grant]) {
        for grant in grants { grant.deliver(grant.ticket, grant.lease) }
    }

    /// Gives workers to those who wait, for as long as there are open ones. Retries first: their clients have waited
    /// longest, and the budget keeps them few.
    func serve(_ state: inout State) -> [Grant] {
        var grants: [Grant] = []
        var place = state.retries.first
        while let here = place, state.table.openCount > 0, mayRetry(state) {
            place = state.retries.next(after: here)
            // Who has tried all that are open lets others pass.
            guard let (ticket, waiter) = state.retries[here], let lease = take(waiter.demand, from: &state)
            else {
                continue
            }
            _ = state.retries.take(here)
            grants.append(Grant(deliver: state.deliveries[waiter.seat.index], ticket: ticket, lease: lease))
        }
        while let here = state.newcomers.first, let (ticket, waiter) = state.newcomers[here],
            let lease = take(waiter.demand, from: &state)
        {
            _ = state.newcomers.take(here)
            grants.append(Grant(deliver: state.deliveries[waiter.seat.index], ticket: ticket, lease: lease))
        }
        return grants
    }

    private func take(_ demand: Demand, from state: inout State) -> Lease? {
        guard let slot = state.table.acquire(for: demand.affinity, excluding: demand.tried) else { return nil }
        state.tenants[Int(slot.index)]?.requests &+= 1
        if demand.isRetry { state.retriesUnderWay += 1 }
        return Lease(slot: slot, isRetry: demand.isRetry, stickyName: stickyName(of: slot, demand.affinity, state))
    }

    /// The name that the client shall bring along from now on. A worker that it has is kept while it is routable, also
    /// when it was too busy for this request.
    private func stickyName(of slot: Slot, _ affinity: UInt64?, _ state: borrowing State) -> UInt64? {
        guard case .sticky = policy else { return nil }
        if let affinity, state.table.routableHolder(of: affinity) != nil { return nil }
        return state.table.name(of: slot)
    }

    /// Whether the budget has room for one more retry.
    ///
    /// - Parameter asking: requests that neither have a worker nor wait for one yet.
    private func mayRetry(_ state: borrowing State, asking: Int = 0) -> Bool {
        let active = state.table.totalOutstanding + state.waitingCount + asking
        return state.retriesUnderWay < max(limits.retryMinimum, active * limits.retryPercent / 100)
    }
}
