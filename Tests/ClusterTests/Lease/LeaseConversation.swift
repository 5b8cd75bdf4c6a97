import Cluster

/// One process's lease, a clock, and the last call that it sent.
final class LeaseConversation {
    static let lockDomain = LockDomain("home-a")!
    static let address = BalancerAddress(host: "10.0.0.1", port: 7000)
    static let rival = LeaderRecord(
        lockDomain: LockDomain("home-b")!, epoch: Epoch(9 << 24), address: BalancerAddress(host: "10.0.0.2", port: 7000)
    )

    private(set) var core: LeaseCore
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var call: (call: StoreCall, member: Int, number: UInt64)?
    /// The last saved lease.
    private(set) var saved: SavedLease?
    var term: UInt64 = 2
    var revision: Int64 = 10
    var cluster: UInt64 = 77

    init(members: Int = 3, isByHand: Bool = true, policy: StoreLossPolicy = .stop) {
        core = LeaseCore(
            claimant: LeaseCore.Claimant(
                lockDomain: LeaseConversation.lockDomain, address: LeaseConversation.address, isByHand: isByHand,
                policy: policy),
            memberCount: members)
    }

    /// A balancer that holds the leader key at revision 11, with lease 5, under the first epoch of term 4.
    static func holding(members: Int = 3, policy: StoreLossPolicy = .stop) -> LeaseConversation {
        let process = LeaseConversation(members: members, policy: policy)
        if policy == .failsafe { process.wait(10_000) }
        process.feed(.acquire(after: .none))
        process.feed(.hostLocked(Epoch(1), saved: nil))
        process.read(leader: nil, epoch: Epoch(3 << 24))
        process.feed(.epochReserved(process.epoch))
        process.granted(lease: 5)
        process.claimed(true)
        return process
    }

    let epoch = Epoch(4 << 24 + 1)
    var header: StoreHeader { StoreHeader(cluster: cluster, term: term, revision: revision) }
    var own: StoreContent.LeaderKey {
        StoreContent.LeaderKey(
            record: LeaderRecord(
                lockDomain: LeaseConversation.lockDomain, epoch: epoch, address: LeaseConversation.address),
            lease: ownLease,
            revision: ownRevision)
    }
    private var ownLease: Int64 = 5
    private var ownRevision: Int64 = 11

    @discardableResult
    func feed(_ event: LeaseEvent) -> [LeaseEffect] {
        core.feed(event, now: now)
        let effects = core.takeEffects()
        for effect in effects {
            if case .call(let call, let member, let number) = effect, number > 0 { self.call = (call, member, number) }
            if case .save(let lease) = effect { saved = lease }
        }
        return effects
    }

    @discardableResult
    func answer(_ answer: StoreAnswer) -> [LeaseEffect] {
        guard let call = call.take() else { return [] }
        return feed(.answered(answer, number: call.number))
    }

    @discardableResult
    func read(
        leader: StoreContent.LeaderKey?, epoch: Epoch?, successors: StoreContent.SuccessorsKey? = nil
    ) -> [LeaseEffect] {
        let key = epoch.map { StoreContent.EpochKey(epoch: $0, revision: 3) }
        return answer(.content(header, StoreContent(leader: leader, epoch: key, successors: successors)))
    }

    @discardableResult
    func granted(lease: Int64) -> [LeaseEffect] { answer(.granted(header, lease: lease, seconds: 5)) }

    @discardableResult
    func claimed(_ succeeded: Bool) -> [LeaseEffect] {
        if succeeded { revision += 1 }
        return answer(.claimed(header, succeeded: succeeded))
    }

    /// One whole renewal.
    @discardableResult
    func renew(successors: StoreContent.SuccessorsKey? = nil) -> [LeaseEffect] {
        _ = answer(.keptAlive(header, isAlive: true))
        return read(leader: own, epoch: epoch, successors: successors)
    }

    /// The first renewal in another raft term, which moves the key to the lease 6.
    func renewInLaterTerm() {
        renew()
        granted(lease: 6)
        claimed(true)
        (ownLease, ownRevision) = (6, revision)
    }

    /// Moves the clock to the next deadline.
    @discardableResult
    func tick() -> [LeaseEffect] {
        guard let deadline = core.nextDeadline else { return [] }
        now = max(now, deadline)
        return feed(.tick)
    }

    func wait(_ milliseconds: Int64) { now = now.advanced(byMilliseconds: milliseconds) }

    var isReadAsked: Bool { call?.call == .read }
}

extension [LeaseEffect] {
    var answers: [CoordinatorAnswer] {
        compactMap { if case .answer(let answer) = $0 { answer } else { nil } }
    }

    var isLost: Bool { answers.contains { if case .lost = $0 { true } else { false } } }
}
