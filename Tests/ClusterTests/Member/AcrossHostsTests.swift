import Cluster
import Testing

/// The balancer lives in lock domain 1. The workers of other lock domains react to its silence.
@Suite struct AcrossHostsTests {
    /// One worker in the balancer's lock domain, one in domain 2, one in domain 3.
    private static let three = Snapshot(
        epoch: Epoch(1), version: 5,
        workers: [record(8001).living(in: 1), record(8002).living(in: 2), record(8003).living(in: 3)],
        lockDomain: lockDomain("h1"))

    /// The worker on `port`, registered with the balancer of `snapshot`, without pending effects.
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

    /// Answers each prevote as `agrees` says; nil for unreachable workers.
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
        #expect(asked.instant == at(1010), "the balancer's own lock domain has a second more")
        let taken = try #require(happened.first { $0.effect.isTakeOver })
        guard case .takeOver(let after, let killHolder) = taken.effect else { return }
        #expect(after == Epoch(1), "the fence leaps over it")
        #expect(!killHolder)
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

    @Test func theSecondLockDomainWaitsLonger() {
        var member = member(8003)
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 3000, answering: voting([8002: true]))
        #expect(happened.first { $0.effect.isPrevote }?.instant == at(2000))
    }

    @Test func aBalancerThatReturnsIsNotReplaced() {
        var member = member()
        member.core.watchFailed(.closed, now: at(0))
        let back = Snapshot(epoch: Epoch(2), version: 1, workers: Self.three.workers, lockDomain: lockDomain("h1"))
        let happened = member.pass(milliseconds: 5000, answering: answering(back))
        #expect(!happened.contains { $0.effect.isPrevote || $0.effect.isTakeOver })
    }

    @Test func aWorkerWithoutAcrossHostsOnlyWaits() {
        let workers = [record(8001).living(in: 1), record(8002).living(in: 2, acrossHosts: false)]
        let snapshot = Snapshot(epoch: Epoch(1), version: 1, workers: workers, lockDomain: lockDomain("h1"))
        var member = member(of: snapshot, needsQuorum: false)
        member.core.watchFailed(.closed, now: at(0))
        #expect(!member.pass(milliseconds: 60_000).contains { $0.effect.isPrevote || $0.effect.isTakeOver })
    }

    // MARK: The quorum

    /// Lock domain 1 has the balancer and worker 8001. The candidate is 8002 in domain 2.
    @Test(
        arguments: [
            // The lock domains of the other workers, their answers, and the expected result.
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
            // All workers of one lock domain agree as soon as that host is cut off.
            ([1, 2, 2, 2], [8003: true, 8004: true], false),
            ([1, 2, 2, 3], [8003: true, 8004: true], true),
        ] as [([Int], [UInt16: Bool], Bool)])
    func moreThanHalfOfTheRegisteredFromTwoLockDomains(domains: [Int], answers: [UInt16: Bool], isEnough: Bool) {
        let workers = domains.enumerated().map { record(UInt16(8001 + $0.offset)).living(in: $0.element) }
        var member = member(of: Snapshot(epoch: Epoch(1), version: 1, workers: workers, lockDomain: lockDomain("h1")))
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 10_000, answering: voting(answers))
        #expect(happened.contains { $0.effect.isTakeOver } == isEnough)
        let defeats = happened.count { if case .event(.noQuorum) = $0.effect { true } else { false } }
        #expect(defeats == (isEnough ? 0 : 1), "what stays the same is said once")
    }

    @Test func aSingleRegisteredWorkerIsNoQuorum() {
        let alone = Snapshot(
            epoch: Epoch(1), version: 1, workers: [record(8002).living(in: 2)], lockDomain: lockDomain("h1"))
        var member = member(of: alone)
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 60_000)
        #expect(!happened.contains { $0.effect.isTakeOver })
        #expect(happened.contains { $0.effect == .event(.noQuorum(agreed: 1, registered: 1)) })
    }

    @Test(
        arguments: [
            ([:], true), ([8003: true], true), ([8003: false], false), ([8001: true, 8003: true], true),
            // One worker that still sees the balancer prevents the takeover, however many do not.
            ([8001: true, 8003: true, 8004: false], false),
        ] as [([UInt16: Bool], Bool)])
    func withoutQuorumOnlyAnswersCount(answers: [UInt16: Bool], isEnough: Bool) {
        let workers = [1, 2, 3, 3].enumerated().map { record(UInt16(8001 + $0.offset)).living(in: $0.element) }
        let snapshot = Snapshot(epoch: Epoch(1), version: 1, workers: workers, lockDomain: lockDomain("h1"))
        var member = member(of: snapshot, needsQuorum: false)
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 3000, answering: voting(answers))
        #expect(happened.contains { $0.effect.isPrevote })
        #expect(happened.contains { $0.effect.isTakeOver } == isEnough)
    }

    @Test func aLargeClusterIsAskedInParts() {
        let workers = (1...1000).map { record(UInt16(8000 + $0)).living(in: $0 % 3 + 1) }
        let snapshot = Snapshot(epoch: Epoch(1), version: 1, workers: workers, lockDomain: lockDomain("h1"))
        var member = member(8001, of: snapshot)
        member.core.watchFailed(.closed, now: at(0))
        var awaited: Set<NodeID> = []
        var most = 0
        let happened = member.pass(milliseconds: 1500) { core, effect, now in
            guard case .prevote(let voters, _) = effect else { return }
            awaited.formUnion(voters.map(\.id))
            most = max(most, awaited.count)
            // A third of them is dead: their answers come last.
            for voter in voters where voter.lockDomain != lockDomain("h1") || awaited.count > 32 {
                awaited.remove(voter.id)
                let answer = PrevoteAnswer(agrees: true, lastGoodCheckMilliseconds: 9, epochSeen: Epoch(1))
                core.prevoteAnswered(from: voter.id, voter.lockDomain == lockDomain("h1") ? nil : answer, now: now)
            }
        }
        #expect(most <= 64)
        #expect(happened.contains { $0.effect.isTakeOver })
    }

    // MARK: Promises

    private func ask(_ port: UInt16) -> Prevote {
        Prevote(candidate: id("worker-\(port)"), epochSeen: Epoch(1), acrossHosts: true)
    }

    @Test func aWorkerSupportsOneCandidateAtATime() {
        var member = member(8001)
        member.core.balancerDied(now: at(0))
        #expect(member.core.prevoteAsked(ask(8002), now: at(1)).agrees)
        #expect(!member.core.prevoteAsked(ask(8003), now: at(2)).agrees)
        #expect(member.core.prevoteAsked(ask(8002), now: at(3)).agrees)
        #expect(member.core.prevoteAsked(ask(8003), now: at(5003)).agrees, "a promise has an end")
    }

    @Test func aPrevoteWithinOneLockDomainBindsNoVoter() {
        var member = member(8001)
        member.core.balancerDied(now: at(0))
        let within = Prevote(candidate: id("worker-8002"), epochSeen: Epoch(1))
        #expect(member.core.prevoteAsked(within, now: at(1)).agrees)
        #expect(member.core.prevoteAsked(ask(8003), now: at(2)).agrees)
    }

    @Test func aWorkerWithAPromiseIsNoCandidate() {
        var member = member()
        member.core.watchFailed(.closed, now: at(0))
        _ = member.effects()
        #expect(member.core.prevoteAsked(ask(8003), now: at(500)).agrees)
        #expect(!member.pass(milliseconds: 1500).contains { $0.effect.isPrevote })
    }

    @Test func aCandidatePromisesNoOtherSupport() {
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

    /// A candidate that keeps asking without success must not prevent others from trying.
    @Test func aCandidateThatBringsNoBalancerLetsTheOthersTry() {
        var member = member(8001)
        member.core.balancerDied(now: at(0))
        #expect(member.core.prevoteAsked(ask(8002), now: at(1)).agrees)
        #expect(member.core.prevoteAsked(ask(8002), now: at(4000)).agrees)
        #expect(!member.core.prevoteAsked(ask(8002), now: at(5002)).agrees, "asking again makes a promise no longer")
        #expect(member.core.prevoteAsked(ask(8003), now: at(5003)).agrees)
    }

    /// A worker that the balancer has not listed as able to reign gets no support. So it blocks no other candidate.
    @Test func aCandidateThatMayNotReignGetsNoPromise() {
        var workers = Self.three.workers
        workers[1].mayStandIn = false
        let snapshot = Snapshot(epoch: Epoch(1), version: 5, workers: workers, lockDomain: lockDomain("h1"))
        var member = member(8001, of: snapshot)
        member.core.balancerDied(now: at(0))
        #expect(!member.core.prevoteAsked(ask(8002), now: at(1)).agrees)
        #expect(!member.core.prevoteAsked(ask(8009), now: at(1)).agrees, "nor one that is not listed")
        #expect(member.core.prevoteAsked(ask(8003), now: at(2)).agrees)
    }

    @Test func `A worker of another lock domain that may not act across hosts says so once`() {
        var distant = record(8002).living(in: 2)
        distant.acrossHosts = false
        for (own, expected) in [(distant, 1), (record(8002).living(in: 2), 0), (record(8002).living(in: 1), 0)] {
            var member = MemberConversation(
                starting: MemberCore(record: own, settings: steadySettings(), seed: 3, now: at(0)))
            for _ in 0..<2 { member.core.registered(Self.three, settings: nil, now: at(0)) }
            #expect(member.events().count { $0 == .balancerTooDistant } == expected)
        }
    }

    /// The lock domain is the worker's claim. The balancer has verified the address.
    @Test func aClaimedLockDomainAtTheSameAddressIsNoSecondHost() {
        var liar = record(8003).living(in: 2)
        liar.lockDomain = lockDomain("made-up")
        let workers = [record(8001).living(in: 1), record(8002).living(in: 2), liar]
        var member = member(of: Snapshot(epoch: Epoch(1), version: 1, workers: workers, lockDomain: lockDomain("h1")))
        member.core.watchFailed(.closed, now: at(0))
        let happened = member.pass(milliseconds: 10_000, answering: voting([8003: true]))
        #expect(!happened.contains { $0.effect.isTakeOver })
    }

    @Test func aWorkerShowsEachDistantBalancerItsCertificateOnce() {
        var member = MemberConversation(
            starting: MemberCore(
                record: record(8002).living(in: 2), settings: steadySettings(), knowsStateDirectory: false, seed: 3,
                now: at(0)))
        member.core.registered(Self.three, settings: nil, now: at(0))
        let proof = MemberEffect.proveStandIn(incarnation: 1)
        #expect(member.effects().count { $0 == proof } == 1)
        member.core.watchAnswered(epoch: Epoch(1), newer: nil, now: at(5000))
        #expect(!member.effects().contains(proof))
        var unproven = Self.three
        unproven.version += 1
        unproven.workers[1].mayStandIn = false
        member.core.watchAnswered(epoch: Epoch(1), newer: unproven, now: at(6000))
        #expect(member.effects().contains(proof), "the balancer's list does not tell of it")
        let own = Snapshot(epoch: Epoch(2), version: 1, workers: Self.three.workers, lockDomain: lockDomain("h2"))
        member.core.watchAnswered(epoch: Epoch(2), newer: own, now: at(7000))
        #expect(!member.effects().contains(proof), "in its lock domain the handover connection is the proof")
    }
}
