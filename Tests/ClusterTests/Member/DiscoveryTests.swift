import Cluster
import Testing

/// A worker finds a balancer that reigns at another address.
@Suite struct DiscoveryTests {
    private static let first = BalancerAddress(host: "10.0.0.1", port: 7000)
    private static let second = BalancerAddress(host: "10.0.0.2", port: 7000)
    private static let third = BalancerAddress(host: "10.0.0.3", port: 7000)
    private static let snapshot = Snapshot(
        epoch: Epoch(1), version: 5,
        workers: [record(8001).living(in: 1), record(8002).living(in: 2), record(8003).living(in: 3)],
        lockDomain: lockDomain("h1"))
    private static let later = Snapshot(
        epoch: Epoch(1 << 30), version: 1, workers: snapshot.workers, lockDomain: lockDomain("h2"))

    /// The worker on `port`, registered with the balancer of lock domain 1, without pending effects.
    private func member(_ port: UInt16 = 8003, addresses: [BalancerAddress] = [DiscoveryTests.first])
        -> MemberConversation
    {
        var member = MemberConversation(
            starting: MemberCore(
                record: Self.snapshot.worker(id("worker-\(port)")) ?? record(port), settings: steadySettings(),
                knowsStateDirectory: port == 8001, addresses: addresses, seed: 3, now: at(0)))
        member.core.registered(Self.snapshot, settings: nil, now: at(0))
        _ = member.effects()
        return member
    }

    private func discoveries(in happened: [(instant: Instant, effect: MemberEffect)]) -> [[BalancerAddress]] {
        happened.compactMap { if case .discover(let addresses, _) = $0.effect { addresses } else { nil } }
    }

    @Test func aMemberAsksTheOtherAddressesInTurn() {
        var member = member(addresses: [Self.first, BalancerAddress(host: "10.0.0.9", port: 7001)])
        let happened = member.pass(milliseconds: 6600, answering: answering(Self.snapshot))
        let asked = discoveries(in: happened)
        #expect(asked.allSatisfy { $0.count == 1 })
        #expect(Set(asked.joined()) == [BalancerAddress(host: "10.0.0.9", port: 7001), Self.second])
        #expect(asked.count == 4, "after half a second, then every two")
    }

    @Test func inAClusterOfOneHostNoAddressIsAsked() {
        var member = MemberConversation(
            starting: MemberCore(
                record: record(8001), settings: steadySettings(), addresses: [Self.first], seed: 3, now: at(0)))
        member.core.registered(MemberConversation.snapshot(), settings: nil, now: at(0))
        #expect(discoveries(in: member.pass(milliseconds: 60_000)).isEmpty)
    }

    @Test func aLostWorkerAsksAtAllAddressesTwiceASecond() {
        var member = member(addresses: [Self.first, Self.third])
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 900) { core, effect, now in
            if effect.isWatch { core.watchFailed(.refused, now: now) }
        }
        #expect(discoveries(in: happened) == [[Self.third, Self.second]])
    }

    @Test func aHigherEpochIsFollowedToItsAddress() throws {
        var member = member()
        member.core.balancerFound(at: Self.second, epoch: Self.later.epoch, now: at(10))
        let effects = member.effects()
        let farewell = try #require(
            effects.compactMap { effect -> Watch? in
                guard case .move(let address, let farewell) = effect, address == Self.second else { return nil }
                return farewell
            }.first)
        #expect(farewell.epochSeen == Self.later.epoch, "the past balancer learns of the present one")
        #expect(farewell.reignsAt == Self.second, "and where it can ask")
        #expect(!member.core.isRegistered)
        member.now = at(10)
        let happened = member.pass(milliseconds: 10)
        #expect(happened.contains { $0.effect.isRegister })
    }

    @Test(arguments: [Epoch(1), Epoch(0), Epoch(.max)])
    func aWorkerWithABalancerFollowsOnlyAHigherEpoch(epoch: Epoch) {
        var member = member()
        member.core.balancerFound(at: Self.second, epoch: epoch, now: at(10))
        #expect(member.effects().isEmpty)
        #expect(member.core.isRegistered)
    }

    @Test func aLostWorkerFollowsThePresentEpochToo() {
        var member = member()
        #expect(member.core.requestSeen(epoch: Self.later.epoch) == true)
        member.core.balancerFound(at: Self.second, epoch: Self.later.epoch, now: at(10))
        #expect(member.effects().contains { if case .move(Self.second, _) = $0 { true } else { false } })
        var other = self.member()
        #expect(other.core.requestSeen(epoch: Self.later.epoch) == true)
        other.core.balancerFound(at: Self.second, epoch: Epoch(2), now: at(10))
        #expect(!other.effects().contains { if case .move = $0 { true } else { false } })
    }

    @Test func aFoundBalancerEndsACandidacy() {
        var member = member(8002)
        member.core.watchFailed(.closed, now: at(0))
        member.pass(milliseconds: 600)
        member.core.balancerFound(at: Self.third, epoch: Self.later.epoch, now: at(600))
        let happened = member.pass(milliseconds: 5000, answering: answering(Self.later))
        #expect(!happened.contains { $0.effect.isTakeOver || $0.effect.isPrevote })
    }

    @Test func aWorkerThatTookOverRegistersOnItsOwnHost() {
        var member = member(8002)
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 2000) { core, effect, now in
            switch effect {
            case .prevote(let voters, _):
                for voter in voters {
                    let answer = PrevoteAnswer(agrees: true, lastGoodCheckMilliseconds: nil, epochSeen: Epoch(1))
                    core.prevoteAnswered(from: voter.id, answer, now: now)
                }
            case .takeOver(let after, _): core.takeoverFinished(.started(after.next), now: now)
            default: break
            }
        }
        #expect(happened.contains { if case .move(Self.second, _) = $0.effect { true } else { false } })
        #expect(happened.last?.effect.isRegister == true || happened.contains { $0.effect.isRegister })
    }

    @Test func aNeighbourFindsItsOwnHostsBalancerByTheHandover() {
        var member = member(8002)
        member.core.handoverReady(epoch: Self.later.epoch, now: at(10))
        #expect(member.effects().contains { if case .move(Self.second, _) = $0 { true } else { false } })
    }

    @Test func theListenersAreReleasedWhenTheReignHasGoneElsewhere() {
        var member = member(8001)
        member.core.handoverReady(epoch: Epoch(1), now: at(1))
        _ = member.effects()
        member.core.balancerFound(at: Self.second, epoch: Self.later.epoch, now: at(2))
        #expect(!member.effects().contains { $0 == .releaseListeners }, "not before it is known where the reign is")
        member.core.registered(Self.later, settings: nil, now: at(3))
        let effects = member.effects()
        #expect(effects.contains(.releaseListeners))
        #expect(effects.contains(.keepStandby(false)))
    }

    /// Another worker of this host may start the successor, which has to bind the ports.
    @Test func theListenersAreReleasedWhenTheDistantReignIsMissed() {
        var member = member(8001)
        member.core.handoverReady(epoch: Epoch(1), now: at(1))
        _ = member.core.requestSeen(epoch: Self.later.epoch)
        _ = member.effects()
        let happened = member.pass(milliseconds: 5000)
        #expect(happened.contains { $0.effect == .event(.balancerSuspected) })
        #expect(happened.count { $0.effect == .releaseListeners } == 1)
    }

    @Test func theListenersOfTheOwnLockDomainAreKept() {
        var member = member(8001)
        member.core.handoverReady(epoch: Epoch(1), now: at(1))
        _ = member.effects()
        let happened = member.pass(milliseconds: 5000)
        #expect(happened.contains { $0.effect == .event(.balancerSuspected) })
        #expect(!happened.contains { $0.effect == .releaseListeners })
    }

    /// A handover can be late: the balancer is dead, and this worker is registered elsewhere.
    @Test func listenersOfAnEarlierReignAreNotKept() {
        var member = member(8001)
        member.core.registered(Self.later, settings: nil, now: at(1))
        _ = member.effects()
        member.core.handoverReady(epoch: Epoch(1), now: at(2))
        #expect(member.effects().contains(.releaseListeners))
    }

    /// Once, two hosts had registries of their own workers only. Each took the other's reign for its own, in turn,
    /// without end.
    @Test func aWorkerThatKnowsAnotherAddressDoesNotTakeALaterTermForItsOwn() {
        let alone = Snapshot(
            epoch: Epoch(1), version: 6, workers: [record(8001).living(in: 1)], lockDomain: lockDomain("h1"))
        var member = member(8001, addresses: [Self.first, Self.second])
        member.core.watchAnswered(epoch: Epoch(1), newer: alone, now: at(1))
        member.core.handoverReady(epoch: Epoch(1), now: at(1))
        #expect(member.core.requestSeen(epoch: Self.later.epoch) == true)
        #expect(!member.core.sharesLockDomain)
        let happened = member.pass(milliseconds: 10_000) { core, effect, now in
            if effect.isWatch { core.watchFailed(.refused, now: now) }
        }
        #expect(!happened.contains { $0.effect.isTakeOver })
    }

    @Test(arguments: [(UInt64(1 << 30), false), (2, true)])
    func aReignOfALaterTermIsNotTheWorkersOwn(epoch: UInt64, mayGoOn: Bool) {
        var member = member(8001)
        member.core.handoverReady(epoch: Epoch(1), now: at(1))
        #expect(member.core.requestSeen(epoch: Epoch(epoch)) == true)
        member.core.watchFailed(.closed, now: at(2))
        let happened = member.pass(milliseconds: 4000) { core, effect, now in
            if effect.isWatch { core.watchFailed(.superseded, now: now) }
        }
        #expect(happened.contains { $0.effect.isTakeOver } == mayGoOn)
    }

    @Test func theListenersOfALaterTermMakeItTheWorkersOwn() {
        var member = member(8001)
        #expect(member.core.requestSeen(epoch: Self.later.epoch) == true)
        member.core.handoverReady(epoch: Self.later.epoch, now: at(1))
        member.core.balancerDied(epoch: Self.later.epoch, now: at(2))
        #expect(
            member.effects().contains {
                if case .takeOver(Self.later.epoch, _) = $0 { true } else { false }
            })
    }

    /// Once, a snapshot of an earlier reign in another lock domain excluded a worker in its own: it was in no list,
    /// never acted, and held the ports against its neighbours.
    @Test(arguments: [(UInt16(8002), 0), (8009, 1)])
    func theLatestListenersCountMoreThanTheSnapshot(port: UInt16, rank: Int) {
        var member = MemberConversation(
            starting: MemberCore(
                record: record(port).living(in: 2), settings: steadySettings(), snapshot: Self.snapshot,
                knowsStateDirectory: false, addresses: [Self.first], seed: 3, now: at(0)))
        #expect(member.core.requestSeen(epoch: Self.later.epoch) == true)
        #expect(!member.core.sharesLockDomain)
        _ = member.effects()
        member.core.handoverReady(epoch: Self.later.epoch, now: at(1))
        #expect(member.core.sharesLockDomain)
        #expect(member.core.rank == rank, "among those of its own lock domain")
        #expect(member.effects().contains { if case .move(Self.second, _) = $0 { true } else { false } })
        member.core.balancerDied(epoch: Self.later.epoch, now: at(2))
        let happened = member.pass(milliseconds: 200)
        #expect(happened.contains { $0.effect.isTakeOver })
        #expect(member.core.requestSeen(epoch: Self.later.epoch.next) == true)
        #expect(!member.core.sharesLockDomain, "of that reign it has neither listeners nor a list")
    }

    @Test func balancerAddressesAreBounded() {
        let workers = (1...200).map { record(UInt16(8000 + $0)).living(in: $0) }
        let large = Snapshot(epoch: Epoch(1), version: 6, workers: workers, lockDomain: lockDomain("h1"))
        var member = member()
        member.core.watchAnswered(epoch: Epoch(1), newer: large, now: at(1))
        member.core.watchFailed(.closed, now: at(2))
        let most = discoveries(in: member.pass(milliseconds: 3000)).map(\.count).max()
        #expect(most == 31)
    }
}
