import Cluster
import Testing

/// The balancer lives in home 1. What the workers of other homes do when it falls silent.
@Suite struct AcrossHostsTests {
    /// One worker in the balancer's home, one in home 2, one in home 3.
    private static let three = Snapshot(
        epoch: Epoch(1), version: 5,
        workers: [record(8001).living(in: 1), record(8002).living(in: 2), record(8003).living(in: 3)],
        home: home("h1"))

    /// The worker on `port`, registered with the balancer of `snapshot`, its effects taken.
    private func member(
        _ port: UInt16 = 8002, of snapshot: Snapshot = AcrossHostsTests.three, needsQuorum: Bool = true
    ) -> MemberConversation {
        var member = MemberConversation(
            starting: MemberCore(
                record: snapshot.worker(id("worker-\(port)")) ?? record(port), settings: steadySettings(),
                knowsStateDirectory: false, needsQuorum: needsQuorum, seed: 3, now: at(0)))
        member.core.registered(snapshot, settings: nil, now: at(0))
        _ = member.effects()
        return member
    }

    /// Answers each prevote as `agrees` says, nil for those who can't be reached.
    private func voting(_ agrees: [UInt16: Bool]) -> (inout MemberCore, MemberEffect, Instant) -> Void {
        { core, effect, now in
            guard case .prevote(let voters, let prevote) = effect else { return }
            #expect(prevote.isAcrossHosts)
            for voter in voters {
                let answer = agrees[voter.port].map { agrees in
                    PrevoteAnswer(agrees: agrees, lastGoodCheckMilliseconds: 9, epochSeen: Epoch(1))
                }
                core.prevoteAnswered(from: voter.id, answer, now: now)
            }
        }
    }

    @Test(arguments: [WatchFailure.closed, .refused])
    func anEndedConnectionIsOnlySilence(kind: WatchFailure) throws {
        var member = member()
        member.now = at(10)
        member.core.watchFailed(kind, now: at(10))
        let happened = member.pass(milliseconds: 1500, answering: voting([8003: true]))
        #expect(happened.contains { $0.effect == .event(.balancerLost) })
        #expect(!happened.contains { $0.effect == .event(.balancerDead) })
        let asked = try #require(happened.first { $0.effect.isPrevote })
        #expect(asked.instant == at(1010), "the balancer's own home has a second more")
        let taken = try #require(happened.first { $0.effect.isTakeOver })
        guard case .takeOver(let after, let snapshot, let killHolder) = taken.effect else { return }
        #expect(after == Epoch(1), "the fence leaps over it")
        #expect(snapshot == Self.three && !killHolder)
    }

    @Test func silenceTakesThreeChecksAndTheGrace() {
        var member = member()
        let happened = member.pass(milliseconds: 6000, answering: voting([8003: true]))
        // Checked at 1000, unanswered at 2000, 3000 and 4000.
        #expect(happened.first { $0.effect.isPrevote }?.instant == at(5000))
        #expect(happened.first { $0.effect.isTakeOver }?.instant == at(5000))
    }

    @Test(arguments: [(Int64(400), Int64(5000)), (600, 7600)])
    func aPauseShortBesideTheIntervalOfTheChecksVoidsNothing(pause: Int64, asked: Int64) {
        var member = member()
        member.pass(milliseconds: 3600)
        member.core.loopLagged(byMilliseconds: pause, now: at(3600))
        let happened = member.pass(milliseconds: 6000, answering: voting([:]))
        #expect(happened.first { $0.effect.isPrevote }?.instant == at(asked))
    }

    @Test func theSecondHomeWaitsLonger() {
        var member = member(8003)
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 3000, answering: voting([8002: true]))
        #expect(happened.first { $0.effect.isPrevote }?.instant == at(2000))
    }

    @Test func aBalancerThatComesBackIsLetBe() {
        var member = member()
        member.core.watchFailed(.closed, now: at(0))
        let back = Snapshot(epoch: Epoch(2), version: 1, workers: Self.three.workers, home: home("h1"))
        let happened = member.pass(milliseconds: 5000, answering: answering(back))
        #expect(!happened.contains { $0.effect.isPrevote || $0.effect.isTakeOver })
    }

    @Test func whoDoesNotActAcrossHostsOnlyWaits() {
        let workers = [record(8001).living(in: 1), record(8002).living(in: 2, acrossHosts: false)]
        let snapshot = Snapshot(epoch: Epoch(1), version: 1, workers: workers, home: home("h1"))
        var member = member(of: snapshot, needsQuorum: false)
        member.core.watchFailed(.closed, now: at(0))
        #expect(!member.pass(milliseconds: 60_000).contains { $0.effect.isPrevote || $0.effect.isTakeOver })
    }

    // MARK: The quorum

    /// Home 1 has the balancer and worker 8001; the candidate is 8002 in home 2.
    @Test(
        arguments: [
            // Where the others live, who answers what, whether it is enough.
            ([1, 2, 3], [8003: true], true),
            ([1, 2, 3], [8003: false], false),
            ([1, 2, 3], [:], false),
            ([1, 2, 3], [8001: true], true),
            ([1, 2], [:], false),
            ([1, 2], [8001: true], true),
            // Half is not more than half.
            ([1, 2, 3, 4], [8003: true], false),
            ([1, 2, 3, 4], [8003: true, 8004: true], true),
            ([1, 2, 3, 4], [8001: false, 8003: true, 8004: true], true),
            // All of one home agree as soon as that host is cut off.
            ([1, 2, 2, 2], [8003: true, 8004: true], false),
            ([1, 2, 2, 3], [8003: true, 8004: true], true),
        ] as [([Int], [UInt16: Bool], Bool)])
    func moreThanHalfOfTheRegisteredFromTwoHomes(homes: [Int], answers: [UInt16: Bool], isEnough: Bool) {
        let workers = homes.enumerated().map { record(UInt16(8001 + $0.offset)).living(in: $0.element) }
        var member = member(of: Snapshot(epoch: Epoch(1), version: 1, workers: workers, home: home("h1")))
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 10_000, answering: voting(answers))
        #expect(happened.contains { $0.effect.isTakeOver } == isEnough)
        let defeats = happened.count { if case .event(.noQuorum) = $0.effect { true } else { false } }
        #expect(defeats == (isEnough ? 0 : 1), "what stays the same is said once")
    }

    @Test func aSingleRegisteredWorkerIsNoQuorum() {
        let alone = Snapshot(epoch: Epoch(1), version: 1, workers: [record(8002).living(in: 2)], home: home("h1"))
        var member = member(of: alone)
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 60_000)
        #expect(!happened.contains { $0.effect.isTakeOver })
        #expect(happened.contains { $0.effect == .event(.noQuorum(agreed: 1, registered: 1)) })
    }

    @Test(
        arguments: [
            ([:], true), ([8003: true], true), ([8003: false], false), ([8001: true, 8003: true], true),
            // One who still sees it is enough, however many do not.
            ([8001: true, 8003: true, 8004: false], false),
        ] as [([UInt16: Bool], Bool)])
    func withoutQuorumOnlyThoseWhoAnswerCount(answers: [UInt16: Bool], isEnough: Bool) {
        let workers = [1, 2, 3, 3].enumerated().map { record(UInt16(8001 + $0.offset)).living(in: $0.element) }
        let snapshot = Snapshot(epoch: Epoch(1), version: 1, workers: workers, home: home("h1"))
        var member = member(of: snapshot, needsQuorum: false)
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 3000, answering: voting(answers))
        #expect(happened.contains { $0.effect.isPrevote })
        #expect(happened.contains { $0.effect.isTakeOver } == isEnough)
    }

    @Test func aLargeClusterIsAskedByAndBy() {
        let workers = (1...1000).map { record(UInt16(8000 + $0)).living(in: $0 % 3 + 1) }
        let snapshot = Snapshot(epoch: Epoch(1), version: 1, workers: workers, home: home("h1"))
        var member = member(8001, of: snapshot)
        member.core.watchFailed(.closed, now: at(0))
        var awaited: Set<NodeID> = []
        var most = 0
        let happened = member.pass(milliseconds: 1500) { core, effect, now in
            guard case .prevote(let voters, _) = effect else { return }
            awaited.formUnion(voters.map(\.id))
            most = max(most, awaited.count)
            // A third of them is gone: their answers come last.
            for voter in voters where voter.home != home("h1") || awaited.count > 32 {
                awaited.remove(voter.id)
                let answer = PrevoteAnswer(agrees: true, lastGoodCheckMilliseconds: 9, epochSeen: Epoch(1))
                core.prevoteAnswered(from: voter.id, voter.home == home("h1") ? nil : answer, now: now)
            }
        }
        #expect(most <= 64)
        #expect(happened.contains { $0.effect.isTakeOver })
    }

    // MARK: Promises

    private func ask(_ port: UInt16) -> Prevote {
        Prevote(candidate: id("worker-\(port)"), epochSeen: Epoch(1), acrossHosts: true)
    }

    @Test func nobodySupportsTwoAtATime() {
        var member = member(8001)
        member.core.balancerDied(now: at(0))
        #expect(member.core.prevoteAsked(ask(8002), now: at(1)).agrees)
        #expect(!member.core.prevoteAsked(ask(8003), now: at(2)).agrees)
        #expect(member.core.prevoteAsked(ask(8002), now: at(3)).agrees)
        #expect(member.core.prevoteAsked(ask(8003), now: at(5003)).agrees, "a promise has an end")
    }

    @Test func aQuestionWithinOneHomeBindsNobody() {
        var member = member(8001)
        member.core.balancerDied(now: at(0))
        let within = Prevote(candidate: id("worker-8002"), epochSeen: Epoch(1))
        #expect(member.core.prevoteAsked(within, now: at(1)).agrees)
        #expect(member.core.prevoteAsked(ask(8003), now: at(2)).agrees)
    }

    @Test func whoHasPromisedDoesNotStand() {
        var member = member()
        member.core.watchFailed(.closed, now: at(0))
        _ = member.effects()
        #expect(member.core.prevoteAsked(ask(8003), now: at(500)).agrees)
        #expect(!member.pass(milliseconds: 1500).contains { $0.effect.isPrevote })
    }

    @Test func whoStandsPromisesNobody() {
        var member = member()
        member.core.watchFailed(.closed, now: at(0))
        #expect(member.pass(milliseconds: 1000).contains { $0.effect.isPrevote })
        #expect(!member.core.prevoteAsked(ask(8003), now: at(1001)).agrees)
    }

    @Test func aBalancerThatAnswersFreesFromPromises() {
        var member = member(8001)
        member.core.balancerDied(now: at(0))
        #expect(member.core.prevoteAsked(ask(8002), now: at(1)).agrees)
        member.core.watchAnswered(epoch: Epoch(1), newer: nil, now: at(2))
        member.core.balancerDied(now: at(3))
        #expect(member.core.prevoteAsked(ask(8003), now: at(4)).agrees)
    }
}
