import Cluster
import Testing

@Suite struct MemberWatchTests {
    @Test(arguments: [(UInt16(8001), 10), (8002, 10), (8003, 10), (8004, 1)])
    func theFirstThreeCheckTenTimesAsOften(port: UInt16, count: Int) {
        var member = MemberConversation(member: port)
        let snapshot = MemberConversation.snapshot()
        let happened = member.pass(milliseconds: 1000, answering: answering(snapshot))
        #expect(happened.filter(\.effect.isWatch).count == count)
    }

    @Test func aCheckNamesTheWorkersSnapshot() {
        var member = MemberConversation(member: 8001)
        let happened = member.pass(milliseconds: 100)
        #expect(happened.map(\.effect) == [.watch(watch(record(8001), seen: Epoch(1), holding: (Epoch(1), 5)))])
    }

    @Test func aNewerSnapshotIsKeptAndAnOlderIsNot() {
        var member = MemberConversation(member: 8001)
        let newer = MemberConversation.snapshot(version: 6, [record(8001), record(8007)])
        member.core.watchAnswered(epoch: Epoch(1), newer: newer, now: at(10))
        #expect(member.core.snapshot == newer)
        #expect(member.effects() == [.persist(newer)])
        for older in [MemberConversation.snapshot(version: 5), newer] {
            member.core.watchAnswered(epoch: Epoch(1), newer: older, now: at(20))
            #expect(member.core.snapshot == newer)
            #expect(member.effects().isEmpty)
        }
    }

    @Test func aHigherEpochIsFollowed() {
        var member = MemberConversation(member: 8001)
        let newer = MemberConversation.snapshot(epoch: 2, version: 1)
        member.core.watchAnswered(epoch: Epoch(2), newer: newer, now: at(10))
        #expect(member.core.highestEpoch == Epoch(2))
        #expect(member.core.snapshot == newer)
        #expect(member.events().contains(.newBalancer(Epoch(2))))
    }

    @Test func anOlderBalancersAnswerIsNoSignOfLife() {
        var member = MemberConversation(member: 8001)
        #expect(member.core.requestSeen(epoch: Epoch(2)) == true)
        _ = member.effects()
        let older = MemberConversation.snapshot(epoch: 1, version: 50)
        let happened = member.pass(milliseconds: 500) { core, effect, now in
            if effect.isWatch { core.watchAnswered(epoch: Epoch(1), newer: older, now: now) }
        }
        #expect(member.core.snapshot.version == 5)
        #expect(happened.filter { $0.effect == .event(.olderBalancerIgnored(Epoch(1))) }.count == 1)
        #expect(happened.contains { $0.effect == .event(.balancerSuspected) })
    }

    @Test func theFenceOfTheDataPath() {
        var member = MemberConversation(member: 8001)
        #expect(member.core.requestSeen(epoch: Epoch(1)) == true)
        #expect(member.core.requestSeen(epoch: Epoch(3)) == true)
        #expect(member.core.requestSeen(epoch: Epoch(2)) == false)
        #expect(member.core.requestSeen(epoch: Epoch(1)) == false)
        #expect(member.core.requestSeen(epoch: Epoch(3)) == true)
        #expect(member.core.highestEpoch == Epoch(3))
        let happened = member.pass(milliseconds: 1)
        #expect(happened.contains { $0.effect.isWatch }, "it asks the new balancer at once")
    }

    @Test func aLaterStartInTheOldListIsNotForgotten() {
        var member = MemberConversation(
            member: 8001, of: MemberConversation.snapshot([record(8001), record(8002, incarnation: 9)]))
        let stale = MemberConversation.snapshot(epoch: 2, version: 1, [record(8001), record(8002, incarnation: 3)])
        member.core.watchAnswered(epoch: Epoch(2), newer: stale, now: at(10))
        #expect(member.core.snapshot.epoch == Epoch(2))
        #expect(member.core.snapshot.worker(id("worker-8002")) == record(8002, incarnation: 9, state: .joining))
    }

    @Test func aBrokenConnectionIsRepeatedAtOnceThenQuicklyThenCalmly() {
        var member = MemberConversation(
            member: 8004, of: MemberConversation.snapshot([record(8001), record(8004, mayStandIn: false)]))
        let happened = member.pass(milliseconds: 10_000) { core, effect, now in
            if effect.isWatch { core.watchFailed(.refused, now: now) }
        }
        let times = happened.filter(\.effect.isWatch).map(\.instant)
        let gaps = zip(times, times.dropFirst()).map { $1.milliseconds(since: $0) }
        #expect(gaps.first == 0)
        #expect(gaps.dropFirst().prefix(9).allSatisfy { $0 == 100 }, "\(gaps)")
        #expect(gaps.dropFirst(10).allSatisfy { $0 == 1000 }, "\(gaps)")
    }

    @Test func onlyTheFirstWorkerKeepsAStandby() {
        for port in UInt16(8002)...8004 {
            var member = MemberConversation(port)
            member.core.registered(MemberConversation.snapshot(), settings: nil, now: at(1))
            #expect(!member.effects().contains(.keepStandby(true)))
        }
        var first = MemberConversation(member: 8001)
        let better = MemberConversation.snapshot(version: 6, [record(8000), record(8001)])
        first.core.watchAnswered(epoch: Epoch(1), newer: better, now: at(10))
        #expect(first.effects().contains(.keepStandby(false)), "another has come before it")
        first.core.watchAnswered(epoch: Epoch(1), newer: MemberConversation.snapshot(version: 7), now: at(20))
        #expect(first.effects().contains(.keepStandby(true)))
    }

    @Test func withoutTheStateDirectoryAStandbyNeedsTheListeners() {
        var member = MemberConversation(8001, knowsStateDirectory: false)
        member.core.registered(MemberConversation.snapshot(), settings: nil, now: at(1))
        #expect(!member.effects().contains(.keepStandby(true)))
        #expect(member.core.rank == nil)
        member.core.handoverReady(epoch: Epoch(1), now: at(2))
        #expect(member.effects() == [.keepStandby(true)])
        #expect(member.core.rank == 0)
    }
}
