/// How a worker finds the balancer when it reigns elsewhere than it did.
///
/// The seats are those that the worker was told of at its start, and the hosts of workers that may act across hosts,
/// with the cluster port. A member asks one of them at a time, now and then: after a partition two balancers may reign,
/// and neither knows of the other. A worker that is lost asks all of them.
extension MemberCore {
    /// At `seat` answers a balancer of `epoch`.
    package mutating func scouted(_ seat: Seat, epoch: Epoch, now: Instant) {
        latest = now
        guard seat != self.seat, epoch >= highestEpoch, epoch <= .ceiling, !isStopping else { return }
        guard epoch > highestEpoch || isLost else { return }
        if epoch > highestEpoch { follow(epoch, now: now) }
        balancerShowedItself(now: now)
        move(to: seat, now: now)
    }

    /// The present balancer does not answer, or is not of the highest epoch.
    private var isLost: Bool {
        !isRegistered || watchedEpoch < highestEpoch || isBalancerDead || misses >= settings.watchMisses
    }

    mutating func scoutDue(now: Instant) {
        let others = seats.filter { $0 != seat }
        guard !others.isEmpty, !isStopping else {
            scoutAt = nil
            return
        }
        let scouting = Scouting(epochSeen: highestEpoch)
        if isLost {
            scoutAt = now.advanced(byMilliseconds: settings.lostScoutMilliseconds)
            effects.append(.scout(others, scouting))
        } else {
            scoutAt = now.advanced(byMilliseconds: jittered(settings.scoutMilliseconds))
            scoutTurn = (scoutTurn + 1) % others.count
            effects.append(.scout([others[scoutTurn]], scouting))
        }
    }

    /// Something has happened after which the balancer may be elsewhere. As a rule its own home brings it back at once.
    mutating func scoutSoon(now: Instant) {
        guard isStarted, !isStopping, seats.count > 1 else { return }
        let soon = now.advanced(byMilliseconds: settings.lostScoutMilliseconds)
        scoutAt = scoutAt.map { min($0, soon) } ?? soon
    }

    /// From now on this worker belongs to the balancer at `seat`, and has to register there.
    mutating func move(to seat: Seat, now: Instant) {
        // Who reigned until now is told, if it can still be: then it steps down at once.
        let farewell = isRegistered ? makeWatch() : nil
        self.seat = seat
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

    /// Where this worker's own host would have a balancer.
    var ownSeat: Seat? {
        seat.map { Seat(host: record.host, port: $0.port) }
    }

    /// Notes where a successor of another home may come to reign.
    mutating func rememberSeats() {
        guard let port = seat?.port, let home = record.home else { return }
        remember(snapshot.seats(outside: home, port: port))
    }

    private mutating func remember(_ more: [Seat]) {
        for seat in more where seats.count < Seat.maximumCount && !seats.contains(seat) { seats.append(seat) }
        if scoutAt == nil { scoutSoon(now: latest) }
    }
}
