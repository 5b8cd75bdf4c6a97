import Cluster
import Testing

@Suite struct PrevoteTests {
    private func answer(_ agrees: Bool, seen: Epoch = Epoch(1)) -> PrevoteAnswer {
        PrevoteAnswer(agrees: agrees, lastGoodCheckMilliseconds: 1, epochSeen: seen)
    }

    /// The candidate `worker-8001`, which has just asked 8002 and 8003.
    private func candidate() -> MemberConversation {
        var member = MemberConversation(member: 8001)
        member.pass(milliseconds: 400)
        return member
    }

    /// The candidate `worker-8004`, which has just asked 8001, 8002 and 8003.
    private func fourth() -> MemberConversation {
        var member = MemberConversation(member: 8004)
        member.pass(milliseconds: 4450)
        return member
    }

    @Test(arguments: [
        ([true, true, true], true), ([true, true, false], true), ([true, false, false], false),
        ([false, false, false], false), ([true, nil, false], true), ([true, nil, nil], true),
        ([false, nil, nil], false), ([nil, nil, nil], true), ([true, true, nil], true), ([false, false, nil], false),
    ])
    func moreMustAgreeThanObjectTheCandidateIncluded(answers: [Bool?], isCarried: Bool) {
        var member = fourth()
        for (port, agrees) in zip(UInt16(8001)...8003, answers) {
            member.core.prevoteAnswered(from: id("worker-\(port)"), agrees.map { answer($0) }, now: at(4455))
        }
        let effects = member.effects()
        #expect(effects.contains(where: \.isTakeOver) == isCarried)
        #expect(effects.contains(.event(.outvoted)) == !isCarried)
    }

    @Test func theTimeIsLimited() {
        var member = candidate()
        member.core.prevoteAnswered(from: id("worker-8002"), answer(true), now: at(405))
        #expect(member.effects().isEmpty)
        #expect(member.pass(milliseconds: 100).contains { $0.effect.isTakeOver })
    }

    @Test func repeatedAndUnrequestedVotesDoNotCount() {
        var member = candidate()
        member.core.prevoteAnswered(from: id("worker-8002"), answer(false), now: at(405))
        for _ in 0..<5 {
            member.core.prevoteAnswered(from: id("worker-8002"), answer(true), now: at(405))
            member.core.prevoteAnswered(from: id("worker-8009"), answer(true), now: at(405))
        }
        let happened = member.pass(milliseconds: 100)
        #expect(happened.contains { $0.effect == .event(.outvoted) })
    }

    @Test func anOutvotedCandidateAsksAgainAfterTheNextMiss() {
        var member = candidate()
        for port in UInt16(8002)...8003 {
            member.core.prevoteAnswered(from: id("worker-\(port)"), answer(false), now: at(405))
        }
        let happened = member.pass(milliseconds: 110)
        #expect(happened.first { $0.effect.isPrevote }?.instant == at(500))
    }

    /// One of three workers lies: it always objects.
    @Test func oneObjectionOfTwoIsNotEnough() {
        var member = candidate()
        member.core.prevoteAnswered(from: id("worker-8003"), answer(false), now: at(405))
        member.core.prevoteAnswered(from: id("worker-8002"), answer(true), now: at(405))
        #expect(member.effects().contains { $0.isTakeOver })
    }

    @Test(arguments: [nil, -1, 3001, .max, .min] as [Int64?])
    func anObjectionWithoutARecentCheckIsNone(age: Int64?) {
        var member = candidate()
        let objection = PrevoteAnswer(agrees: false, lastGoodCheckMilliseconds: age, epochSeen: Epoch(1))
        for port in 8002...8003 {
            member.core.prevoteAnswered(from: id("worker-\(port)"), objection, now: at(405))
        }
        #expect(member.effects().contains { $0.isTakeOver })
    }

    /// Two workers of one host: the candidate has met a later reign, the voters follow an earlier one that still answers
    /// elsewhere.
    @Test(arguments: [(Epoch(1), true), (Epoch(2), false), (Epoch(3), false)])
    func anObjectionAboutAnEarlierReignDoesNotCount(seen: Epoch, isCarried: Bool) {
        var member = MemberConversation(member: 8001)
        _ = member.core.requestSeen(epoch: Epoch(2))
        // The epoch makes the worker check at once: it has asked after 300 ms.
        member.pass(milliseconds: 350)
        for port in 8002...8003 {
            member.core.prevoteAnswered(from: id("worker-\(port)"), answer(false, seen: seen), now: at(355))
        }
        #expect(member.effects().contains { $0.isTakeOver } == isCarried)
    }

    @Test(arguments: [Epoch(2), Epoch(1 << 40), .ceiling, Epoch(.max)])
    func anEpochInAnAnswerIsOnlyAClaim(seen: Epoch) {
        var member = candidate()
        member.core.prevoteAnswered(from: id("worker-8002"), answer(false, seen: seen), now: at(405))
        #expect(member.core.highestEpoch == Epoch(1))
        #expect(member.events() == [])
        member.core.prevoteAnswered(from: id("worker-8003"), answer(true, seen: seen), now: at(406))
        #expect(member.effects().contains { $0.isTakeOver }, "and the vote is a vote")
        #expect(member.core.highestEpoch == Epoch(1))
    }

    @Test func aClaimInAnAnswerMakesTheCandidateLook() {
        let addresses = [BalancerAddress(host: "10.0.0.1", port: 7000), BalancerAddress(host: "10.0.0.2", port: 7000)]
        var member = MemberConversation(
            starting: MemberCore(
                record: record(8001), settings: steadySettings(), addresses: addresses, seed: 3, now: at(0)))
        member.core.registered(MemberConversation.snapshot(), settings: nil, now: at(0))
        _ = member.effects()
        member.now = at(0)
        member.pass(milliseconds: 600, answering: answering(MemberConversation.snapshot()))
        let asked = Prevote(candidate: id("worker-8002"), epochSeen: Epoch(9))
        _ = member.core.prevoteAsked(asked, now: at(600))
        let happened = member.pass(milliseconds: 600, answering: answering(MemberConversation.snapshot()))
        #expect(happened.contains { if case .discover = $0.effect { true } else { false } })
    }

    @Test func unreachableWorkersAreSkipped() {
        var member = MemberConversation(member: 8003)
        member.pass(milliseconds: 700)
        member.core.prevoteAnswered(from: id("worker-8001"), nil, now: at(705))
        #expect(member.core.rank == 1)
        member.core.watchAnswered(epoch: Epoch(1), newer: nil, now: at(706))
        #expect(member.core.rank == 2, "a balancer that answers gives everybody their place back")
    }

    @Test func aSingleWorkerAsksNoOther() {
        var member = MemberConversation(member: 8001, of: MemberConversation.snapshot([record(8001)]))
        let happened = member.pass(milliseconds: 450)
        #expect(!happened.contains { $0.effect.isPrevote })
        let taken = happened.first { $0.effect.isTakeOver }
        #expect(taken?.instant == at(400))
    }

    @Test func inALargeClusterOnlyAFewAreAsked() {
        let records = (8001...8050).map { record($0) }
        var member = MemberConversation(member: 8002, of: MemberConversation.snapshot(records))
        let happened = member.pass(milliseconds: 600)
        for case .prevote(let electors, _) in happened.map(\.effect) {
            #expect(electors.map(\.port) == [8001, 8003])
        }
        #expect(happened.contains { $0.effect.isPrevote })
    }

    static let asked = Prevote(candidate: id("worker-8001"), epochSeen: Epoch(1))

    @Test func aVoterThatSawTheBalancerObjectsWithTheTime() {
        var member = MemberConversation(member: 8002)
        member.core.watchAnswered(epoch: Epoch(1), newer: nil, now: at(100))
        #expect(
            member.core.prevoteAsked(Self.asked, now: at(399))
                == PrevoteAnswer(agrees: false, lastGoodCheckMilliseconds: 299, epochSeen: Epoch(1)))
        #expect(
            member.core.prevoteAsked(Self.asked, now: at(400))
                == PrevoteAnswer(agrees: true, lastGoodCheckMilliseconds: 300, epochSeen: Epoch(1)))
    }

    @Test func aVoterThatSawTheDeathAgrees() {
        var member = MemberConversation(member: 8002)
        member.core.balancerDied(now: at(10))
        #expect(member.core.prevoteAsked(Self.asked, now: at(11)).agrees)
    }

    @Test func aVoterThatNeverSawTheBalancerAgrees() {
        var member = MemberConversation(8002, disk: MemberConversation.snapshot())
        let answer = member.core.prevoteAsked(Self.asked, now: at(11))
        #expect(answer == PrevoteAnswer(agrees: true, lastGoodCheckMilliseconds: nil, epochSeen: Epoch(1)))
    }

    @Test func anAnswerTellsACandidateThatItIsBehind() {
        var member = MemberConversation(8002, highestEpoch: Epoch(5))
        let answer = member.core.prevoteAsked(Self.asked, now: at(11))
        #expect(answer == PrevoteAnswer(agrees: false, lastGoodCheckMilliseconds: nil, epochSeen: Epoch(5)))
    }

    /// A candidate's claim is no reason to agree. Only this worker's own checks count.
    @Test(arguments: [Epoch(2), .ceiling, Epoch(.max)]) func aClaimedEpochConvincesNoVoter(seen: Epoch) {
        var member = MemberConversation(member: 8002)
        let ahead = Prevote(candidate: id("worker-8001"), epochSeen: seen)
        #expect(!member.core.prevoteAsked(ahead, now: at(1)).agrees)
        #expect(member.core.highestEpoch == Epoch(1), "a candidate's word is no balancer")
        #expect(member.core.prevoteAsked(ahead, now: at(400)).agrees, "it misses the balancer too")
    }
}
