import Cluster
import Testing

/// The worker's reactions to the news of a store of several hosts.
@Suite struct StoreNewsTests {
    private static let now = Instant(nanoseconds: 1_000_000_000)
    private static let here = LockDomain("home-b")!
    private static let there = LockDomain("home-a")!

    private static func worker(_ id: String, port: UInt16, lockDomain: LockDomain) -> WorkerRecord {
        var record = WorkerRecord(
            id: NodeID(id)!, host: lockDomain == here ? "10.0.0.2" : "10.0.0.1", port: port, incarnation: 5,
            mayStandIn: true,
            lockDomain: lockDomain, acrossHosts: true)
        record.state = .ready
        return record
    }

    /// A member of another lock domain than the balancer's. `rank` workers of its own lock domain come before it.
    private static func member(rank: Int = 0, usesStore: Bool = true) -> MemberCore {
        var standbyEffects: [MemberEffect] = []
        return member(rank: rank, usesStore: usesStore, &standbyEffects)
    }

    private static func member(
        rank: Int = 0, usesStore: Bool = true, _ standbyEffects: inout [MemberEffect]
    ) -> MemberCore {
        let own = worker("b-own", port: 8001 + UInt16(rank), lockDomain: here)
        let others = (0..<rank).map { worker("b-\($0)", port: 8001 + UInt16($0), lockDomain: here) }
        let snapshot = Snapshot(
            epoch: Epoch(5 << 24), version: 3, workers: [worker("a-1", port: 8001, lockDomain: there), own] + others,
            lockDomain: there)
        var core = MemberCore(
            record: own, snapshot: snapshot, addresses: [BalancerAddress(host: "10.0.0.1", port: 7000)],
            usesStore: usesStore, seed: 1, now: now)
        core.feed(.started, now: now)
        core.feed(.registered(snapshot, settings: nil), now: now)
        standbyEffects = core.takeEffects().filter { if case .keepStandby = $0 { true } else { false } }
        return core
    }

    private func takesOver(_ effects: [MemberEffect]) -> Bool {
        effects.contains { if case .takeOver = $0 { true } else { false } }
    }

    @Test func `The first worker of another host takes over at once when the leader key is free`() {
        var core = StoreNewsTests.member()
        core.feed(.leaderGone, now: StoreNewsTests.now)
        #expect(takesOver(core.takeEffects()))
    }

    @Test func `The first worker of another host keeps a standby, if a store decides`() {
        var effects: [MemberEffect] = []
        #expect(StoreNewsTests.member(&effects).keepsDistantStandby)
        #expect(effects == [.keepStandby(true)])
        _ = StoreNewsTests.member(rank: 1, &effects)
        #expect(effects == [], "the second worker of the same host")
        #expect(!StoreNewsTests.member(usesStore: false, &effects).keepsDistantStandby)
        #expect(effects == [])
    }

    @Test func `A later worker waits for its turn`() {
        var core = StoreNewsTests.member(rank: 2)
        core.feed(.leaderGone, now: StoreNewsTests.now)
        #expect(!takesOver(core.takeEffects()))
        core.feed(.tick, now: StoreNewsTests.now.advanced(byMilliseconds: 299))
        #expect(!takesOver(core.takeEffects()))
        core.feed(.tick, now: StoreNewsTests.now.advanced(byMilliseconds: 300))
        #expect(takesOver(core.takeEffects()))
    }

    @Test func `A worker without a store ignores its news`() {
        var core = StoreNewsTests.member(usesStore: false)
        core.feed(.leaderGone, now: StoreNewsTests.now)
        core.feed(.balancerAnnounced(BalancerAddress(host: "10.0.0.3", port: 7000)), now: StoreNewsTests.now)
        #expect(core.takeEffects() == [])
    }

    @Test func `Silence of a balancer on another host is no reason to take over`() {
        var core = StoreNewsTests.member()
        var now = StoreNewsTests.now
        for _ in 0..<200 {
            now = max(now, core.nextDeadline ?? now)
            core.feed(.tick, now: now)
            for effect in core.takeEffects() {
                if case .watch = effect { core.feed(.watchFailed(.timedOut), now: now) }
                if case .register = effect { core.feed(.registrationUnreachable(isSilent: true), now: now) }
                #expect(!takesOver([effect]))
                if case .prevote = effect { Issue.record("it asks the other workers") }
            }
        }
    }

    @Test func `A worker without a balancer asks at once where the store says`() {
        var core = StoreNewsTests.member()
        core.feed(.watchUnknown, now: StoreNewsTests.now)
        _ = core.takeEffects()
        let address = BalancerAddress(host: "10.0.0.3", port: 7000)
        core.feed(.balancerAnnounced(address), now: StoreNewsTests.now)
        core.feed(.tick, now: StoreNewsTests.now)
        let asks = core.takeEffects().contains {
            if case .discover(let addresses, _) = $0 { addresses.contains(address) } else { false }
        }
        #expect(asks)
    }
}
