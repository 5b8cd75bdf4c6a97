/// An event for the lease of a lock domain.
package enum LeaseEvent: Sendable, Equatable {
    // MARK: Orders of the reign

    /// Get the lock of the host, and the leader key under an epoch above `after`.
    case acquire(after: Epoch)
    /// The reign has ended, and nothing accepts any more.
    ///
    /// `expectsSuccessor` says that another process of this host may reign next, under the same lease.
    case release(expectsSuccessor: Bool)
    /// No other process of this host can reign next.
    case workersLeft
    /// Check now whether the reign still counts.
    case check

    // MARK: The host

    /// The host's lock is taken, with an epoch. `saved` is the lease that an earlier process of this host had, and `pledge` is
    /// the last pledge of this host.
    case hostLocked(Epoch, saved: SavedLease?, pledge: Pledge? = nil)
    case hostHeld(by: String)
    case hostFailed(String)
    /// The answer to `reserveEpoch`: the epoch is durable on this host.
    case epochReserved(Epoch)
    /// The answer to `relockHost`.
    case hostRelocked(Bool)
    /// The command before the release has ended, or has taken too long.
    case hookEnded

    // MARK: Other hosts

    /// The other lock domains whose workers may stand in, at present.
    case neighboursSeen([LockDomain])
    /// The answer to `askPledges` of this round.
    case pledged(LockDomain, round: UInt64)

    // MARK: The store

    case answered(StoreAnswer, number: UInt64)

    /// The deadline of `LeaseCore.nextDeadline` has come.
    case tick
}

/// An action of the shell for the lease.
package enum LeaseEffect: Sendable, Equatable {
    case answer(CoordinatorAnswer)

    // MARK: The host

    /// Take the host's lock and an epoch above `after`. Answer with `hostLocked`, `hostHeld` or `hostFailed`.
    case lockHost(after: Epoch)
    /// Make an epoch of a later term above `above` durable on this host. Answer with `epochReserved` or `hostFailed`.
    case reserveEpoch(above: Epoch)
    case unlockHost
    /// Take the lock again if it is free. Answer with `hostRelocked`.
    case relockHost
    /// Store the lease for successors on this host; nil when it is given back.
    case save(SavedLease?)
    /// Run the operator's command before the key can be free. Answer with `hookEnded`.
    case runReleaseHook(Epoch)
    /// Nothing of a release is under way any more.
    case settled

    // MARK: Other hosts

    /// Ask a worker of each lock domain for its pledge. Answer with `pledged` for each pledge that is given.
    case askPledges(of: [LockDomain], PledgeRequest, round: UInt64)

    // MARK: The store

    /// Ask this member. Answer with `answered` and the same number.
    case call(StoreCall, member: Int, number: UInt64)

    case note(LeaseNote)
}

/// An event for the log.
package enum LeaseNote: Sendable, Equatable {
    case claimed(Epoch)
    case continued(Epoch)
    /// The first failure after a counted renewal.
    case renewalFailed(String)
    case renewedAgain
    /// The leader key had gone, and this holder has put it back.
    case reclaimed
    case waitsInEmptyStore(milliseconds: Int64)
    case waitsInOldStore(milliseconds: Int64)
    case storeReplaced
    /// Every other host that may reign has pledged not to.
    case reignsByPledges(hosts: Int)
    /// The host has been up for less than one lifetime.
    case waitsAfterBoot(milliseconds: Int64)
    case revoked

    package var message: String {
        switch self {
        case .claimed(let epoch): "the store has granted the reign: epoch \(epoch.value)"
        case .continued(let epoch): "this host's lease of the store continues: epoch \(epoch.value)"
        case .renewalFailed(let reason): "the lease is not renewed: \(reason)"
        case .renewedAgain: "the lease is renewed again"
        case .reclaimed: "the leader key had gone from the store: it is there again"
        case .waitsInEmptyStore(let milliseconds):
            "the store has no epoch: waiting \(milliseconds) ms, in case a balancer of this cluster still reigns"
        case .waitsInOldStore(let milliseconds):
            "the store does not know the last reign: waiting \(milliseconds) ms, in case its balancer still reigns"
        case .storeReplaced: "every member of the store has other data than before: it was wiped or restored"
        case .reignsByPledges(let hosts):
            "the store is lost: this balancer goes on, because every other host that may reign has pledged not to (\(hosts))"
        case .waitsAfterBoot(let milliseconds):
            "this host has just started: waiting \(milliseconds) ms, because it may have pledged not to reign"
        case .revoked: "the lease is given back: another host may reign"
        }
    }

    package var isWarning: Bool {
        switch self {
        case .renewalFailed, .reclaimed, .storeReplaced, .waitsInOldStore, .reignsByPledges: true
        case .claimed, .continued, .renewedAgain, .waitsInEmptyStore, .waitsAfterBoot, .revoked: false
        }
    }
}
