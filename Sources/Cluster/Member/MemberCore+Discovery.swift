/// A worker's search for a balancer at another address.
///
/// The addresses are those of the worker's options, and the hosts of workers that may act across hosts, with the
/// cluster port. A member asks one of them at a time, now and then: after a partition two balancers may reign without
/// knowing of each other. A worker without a balancer asks all of them.
extension MemberCore {
    /// A balancer of `epoch` answered at `seat`.
    package mutating func scouted(_ seat: BalancerAddress, epoch: Epoch, now: Instant) {
        latest = now
        guard seat != self.seat, epoch >= highestEpoch, epoch <= highestEpoch.reach, !isStopping else { return }
        guard epoch > highestEpoch || isLost else { return }
        if epoch > highestEpoch { follow(epoch, now: now) }
        balancerShowedItself(now: now)
        move(to: seat, now: now)
    }

    /// The present balancer does not answer, or does not have the highest epoch.
    private var isLost: Bool {
        !isRegistered || watchedEpoch < highestEpoch || isBalancerDead || misses >= settings.watchMisses
    }

    mutating func scoutDue(now: Instant) {
        let others = seats.filter { $0 != seat }
        guard !others.isEmpty, !isStopping else {
            scoutAt = nil
            return
        }
        let scouting = DiscoveryRequest(epochSeen: highestEpoch, reignsAt: seatOfReign)
        if isLost {
            scoutAt = now.advanced(byMilliseconds: settings.lostScoutMilliseconds)
            effects.append(.scout(others, scouting))
        } else {
            scoutAt = now.advanced(byMilliseconds: jittered(settings.scoutMilliseconds))
            scoutTurn = (scoutTurn + 1) % others.count
            effects.append(.scout([others[scoutTurn]], scouting))
        }
    }

    /// The balancer may have moved to another address. Usually its own lock domain has a successor at once.
    mutating func scoutSoon(now: Instant) {
        guard isStarted, !isStopping, seats.count > 1 else { return }
        let soon = now.advanced(byMilliseconds: settings.lostScoutMilliseconds)
        scoutAt = scoutAt.map { min($0, soon) } ?? soon
    }

    /// Moves this worker to the balancer at `seat`, where it has to register.
    mutating func move(to seat: BalancerAddress, now: Instant) {
        // The previous balancer gets the new address, so that it asks there and steps down at once.
        var farewell = isRegistered ? makeWatch() : nil
        farewell?.reignsAt = seat
        self.seat = seat
        hostOfSeat = nil
        remember([seat])
        note(.moved(seat))
        effects.append(.move(to: seat, farewell: farewell))
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
    package var seatOfReign: BalancerAddress? {
        guard isRegistered, watchedEpoch == highestEpoch, let seat else { return nil }
        // Another node may have no such name, or another address for it.
        let place = BalancerAddress(host: hostOfSeat ?? seat.host, port: seat.port)
        return HostName.isLoopback(place.host) ? ownSeat : place
    }

    /// The address of a balancer on this worker's own host.
    var ownSeat: BalancerAddress? {
        seat.map { BalancerAddress(host: record.host, port: $0.port) }
    }

    /// Records addresses where a successor of another lock domain may reign.
    mutating func rememberSeats() {
        guard let port = seat?.port, let home = record.home else { return }
        remember(snapshot.seats(outside: home, port: port))
    }

    private mutating func remember(_ more: [BalancerAddress]) {
        for seat in more where seats.count < BalancerAddress.maximumCount && !seats.contains(seat) {
            seats.append(seat)
        }
        if scoutAt == nil { scoutSoon(now: latest) }
    }
}
