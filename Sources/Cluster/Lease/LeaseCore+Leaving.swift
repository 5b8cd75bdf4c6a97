/// The step that the end of a reign has reached.
enum LeaseLeaving: Sendable {
    /// A process of this host may take the free lock, and with it the lease.
    case awaitingSuccessor(until: Instant)
    /// The operator's command runs.
    case preparing(until: Instant)
    case revoking(triesLeft: Int)

    var deadline: Instant? {
        switch self {
        case .awaitingSuccessor(let until), .preparing(let until): until
        case .revoking: nil
        }
    }
}

extension LeaseCore {
    /// The lock is free before the lease is: a successor on this host continues the lease. Without one the lease is given
    /// back, under the lock, so that another host need not wait for its end.
    mutating func release(expectsSuccessor: Bool, now: Instant) {
        // A second release changes nothing, and waits for the answers of the first one.
        switch phase {
        case .idle, .leaving: return
        case .locking, .claiming, .lost, .holding: forget()
        }
        switch phase {
        case .idle, .leaving: return
        case .locking:
            phase = .idle
            perform(.unlockHost)
            perform(.settled)
        case .claiming(let claim):
            var leases: [Int64] = []
            if case .taking(let taken, _) = claim.step { leases.append(taken.lease) }
            if let unknown = claim.unknown { leases.append(unknown.claim.lease) }
            for lease in leases { perform(.call(.revoke(lease: lease), member: member, number: 0)) }
            phase = .idle
            perform(.unlockHost)
            perform(.settled)
        case .lost(let tenure):
            // The command runs since the loss.
            phase = .leaving(tenure, .revoking(triesLeft: 1))
            send(.revoke(lease: tenure.lease), now: now)
        case .holding(let tenure):
            if expectsSuccessor {
                let until = now.advanced(byMilliseconds: timing.successorMilliseconds)
                phase = .leaving(tenure, .awaitingSuccessor(until: until))
                perform(.unlockHost)
            } else {
                prepare(tenure, now: now)
            }
        }
    }

    private mutating func prepare(_ tenure: LeaseTenure, now: Instant) {
        phase = .leaving(tenure, .preparing(until: now.advanced(byMilliseconds: timing.hookMilliseconds)))
        perform(.runReleaseHook(tenure.epoch))
    }

    mutating func leavingDue(now: Instant) {
        guard case .leaving(_, let leaving) = phase else { return }
        switch leaving {
        case .awaitingSuccessor: perform(.relockHost)
        case .preparing: hookEnded(now: now)
        case .revoking: break
        }
    }

    mutating func hostRelocked(_ isLocked: Bool, now: Instant) {
        guard case .leaving(let tenure, .awaitingSuccessor) = phase else { return }
        if isLocked { return prepare(tenure, now: now) }
        // A successor has the lock and the lease.
        phase = .idle
        perform(.settled)
    }

    mutating func hookEnded(now: Instant) {
        guard case .leaving(let tenure, .preparing) = phase else { return }
        phase = .leaving(tenure, .revoking(triesLeft: min(memberCount, 2)))
        perform(.save(nil))
        send(.revoke(lease: tenure.lease), now: now)
    }

    mutating func revokeFailed(now: Instant) {
        guard case .leaving(let tenure, .revoking(let triesLeft)) = phase else { return }
        guard triesLeft > 1 else { return settle() }
        phase = .leaving(tenure, .revoking(triesLeft: triesLeft - 1))
        useNextMember(now: now)
    }

    mutating func revoked(now: Instant) {
        perform(.note(.revoked))
        settle()
    }

    private mutating func settle() {
        forget()
        phase = .idle
        perform(.unlockHost)
        perform(.settled)
    }
}
