/// A worker's search for a balancer at another address.
///
/// The addresses are those of the worker's options, and the hosts of workers that may act across hosts, with the
/// cluster port. A member asks one of them at a time, now and then: after a partition two balancers may reign without
/// knowing of each other. A worker without a balancer asks all of them.
extension MemberCore {
    /// A balancer of `epoch` answered at `address`.
    package mutating func balancerFound(at address: BalancerAddress, epoch: Epoch, now: Instant) {
        latest = now
        guard address != balancerAddress, epoch >= highestEpoch, epoch <= highestEpoch.reach, !isStopping else {
            return
        }
        guard epoch > highestEpoch || isLost else { return }
        if epoch > highestEpoch { follow(epoch, now: now) }
        balancerShowedItself(now: now)
        move(to: address, now: now)
    }

    /// The present balancer does not answer, or does not have the highest epoch.
    var isLost: Bool {
        !isRegistered || watchedEpoch < highestEpoch || isBalancerDead || misses >= settings.watchMisses
    }

    mutating func discoverDue(now: Instant) {
        let others = balancerAddresses.filter { $0 != balancerAddress }
        guard !others.isEmpty, !isStopping else {
            discoverAt = nil
            return
        }
        let request = DiscoveryRequest(epochSeen: highestEpoch, reignsAt: reignAddress)
        if isLost {
            discoverAt = now.advanced(byMilliseconds: settings.lostDiscoveryMilliseconds)
            effects.append(.discover(others, request))
        } else {
            discoverAt = now.advanced(byMilliseconds: jittered(settings.discoveryMilliseconds))
            discoveryTurn = (discoveryTurn + 1) % others.count
            effects.append(.discover([others[discoveryTurn]], request))
        }
    }

    /// The balancer may have moved to another address. Usually its own lock domain has a successor at once.
    mutating func discoverSoon(now: Instant) {
        guard isStarted, !isStopping, balancerAddresses.count > 1 else { return }
        let soon = now.advanced(byMilliseconds: settings.lostDiscoveryMilliseconds)
        discoverAt = discoverAt.map { min($0, soon) } ?? soon
    }

    /// Moves this worker to the balancer at `address`, where it has to register.
    mutating func move(to address: BalancerAddress, now: Instant) {
        // The previous balancer gets the new address, so that it asks there and ends at once.
        var farewell = isRegistered ? makeWatch() : nil
        farewell?.reignsAt = address
        balancerAddress = address
        reachedHost = nil
        remember([address])
        note(.moved(address))
        effects.append(.move(to: address, farewell: farewell))
        isRegistered = false
        isRegistering = false
        isWatchOut = false
        watchAt = nil
        brokenWatches = 0
        registerAttempts = 0
        registerAt = isStopping ? nil : now
    }

    /// The address of the balancer with the highest epoch, as far as this worker knows. A past balancer can ask there.
    /// For an address that only this host can reach, it is this host's address.
    package var reignAddress: BalancerAddress? {
        guard isRegistered, watchedEpoch == highestEpoch, let balancerAddress else { return nil }
        // Another node may have no such name, or another address for it.
        let place = BalancerAddress(host: reachedHost ?? balancerAddress.host, port: balancerAddress.port)
        return HostName.isLoopback(place.host) ? ownAddress : place
    }

    /// The address of a balancer on this worker's own host.
    var ownAddress: BalancerAddress? {
        balancerAddress.map { BalancerAddress(host: record.host, port: $0.port) }
    }

    /// Records addresses where a successor of another lock domain may reign.
    mutating func rememberAddresses() {
        guard let port = balancerAddress?.port, let lockDomain = record.lockDomain else { return }
        remember(snapshot.addresses(outside: lockDomain, port: port))
    }

    /// Records the address that the store names; the last one has to make room for it.
    mutating func announce(_ address: BalancerAddress) {
        if balancerAddresses.count >= BalancerAddress.maximumCount, !balancerAddresses.contains(address) {
            balancerAddresses.removeLast()
        }
        remember([address])
    }

    private mutating func remember(_ more: [BalancerAddress]) {
        for address in more
        where balancerAddresses.count < BalancerAddress.maximumCount && !balancerAddresses.contains(address) {
            balancerAddresses.append(address)
        }
        if discoverAt == nil { discoverSoon(now: latest) }
    }
}
