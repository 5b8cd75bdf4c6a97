/// Claims of peers about a later reign, and their effects.
extension BalancerCore {
    /// A worker refused a request: it claims that it has met the epoch `seen`, perhaps with the address `address`.
    ///
    /// The worker did not serve the request, so this counts as its failure in any case.
    package mutating func epochRefused(
        by id: NodeID, incarnation: UInt64, seen: Epoch, at address: BalancerAddress? = nil, now: Instant
    ) {
        guard entry(id, incarnation: incarnation) != nil else { return }
        hear(seen, at: address, from: id, now: now)
        requestFailed(id, incarnation: incarnation, now: now)
    }

    /// At `address` a peer with a balancer's certificate answered that it reigns under `other`.
    package mutating func reignFound(_ other: Epoch, at address: BalancerAddress, now: Instant) {
        guard supersededBy == nil, other > epoch else { return }
        guard other <= epoch.reach else {
            note(.absurdReign(other, at: address))
            return
        }
        supersededBy = other
        effects.append(.fenced(other))
        note(.fenced(other))
    }

    /// Records that `claimant` claims the reign `seen`. A claim below the present epoch is ignored.
    mutating func hear(_ seen: Epoch, at address: BalancerAddress?, from claimant: NodeID?, now: Instant) {
        guard seen > epoch, !isOver else { return }
        let isLocal = claimant.flatMap { entries[$0] }.map { HostName.isLoopback($0.record.host) } ?? false
        // A peer of another host must not name an address that leads to this host.
        let place = address.flatMap { HostName.staysOnHost($0.host) && !isLocal ? nil : $0 }
        if inquiry.hear(at: place, from: claimant, now: now) {
            note(.laterReignClaimed(seen, by: claimant))
        }
        inquire(now: now)
    }

    /// Starts the questions about a claim, if there is one and the next round is due.
    mutating func inquire(now: Instant) {
        guard !isOver, let addresses = inquiry.take(now: now) else { return }
        effects.append(.checkFence)
        if !addresses.isEmpty { effects.append(.seek(addresses)) }
    }
}
