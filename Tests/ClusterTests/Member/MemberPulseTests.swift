import Testing

@testable import Cluster

/// A balancer that does not answer at its cluster port, and its other signs of life.
@Suite struct MemberPulseTests {
    /// Advances the time in steps of 100 ms, with a sign of life after each.
    private func passMoving(
        _ member: inout MemberConversation, milliseconds: Int64,
        answering answer: (inout MemberCore, MemberEffect, Instant) -> Void = { _, _, _ in }
    ) -> [(instant: Instant, effect: MemberEffect)] {
        var happened: [(instant: Instant, effect: MemberEffect)] = []
        for _ in 0..<(milliseconds / 100) {
            happened += member.pass(milliseconds: 100, answering: answer)
            member.core.balancerMoved(now: member.now)
        }
        return happened
    }

    @Test(arguments: [WatchFailure.timedOut, .closed, .refused])
    func silenceAtTheClusterPortAloneIsNoTakeover(kind: WatchFailure) {
        var member = MemberConversation(member: 8001)
        member.attach()
        let happened = passMoving(&member, milliseconds: 60_000) { core, effect, now in
            if effect.isWatch { core.watchFailed(kind, now: now) }
        }
        #expect(!happened.contains { $0.effect.isPrevote || $0.effect.isTakeOver })
        #expect(happened.filter { $0.effect == .event(.balancerBusy) }.count == 1, "said once")
    }

    @Test func unansweredChecksAloneAreNoTakeover() {
        var member = MemberConversation(member: 8001)
        member.attach()
        #expect(!passMoving(&member, milliseconds: 60_000).contains { $0.effect.isPrevote || $0.effect.isTakeOver })
    }

    @Test func anUnregisteredWorkerAccusesNoLiveBalancer() {
        var member = MemberConversation(8001, disk: MemberConversation.snapshot())
        member.attach()
        let happened = passMoving(&member, milliseconds: 60_000) { core, effect, now in
            if effect.isRegister { core.registrationUnreachable(isSilent: true, now: now) }
        }
        #expect(!happened.contains { $0.effect.isPrevote || $0.effect.isTakeOver })
    }

    @Test func aBusyBalancerThatStopsMovingIsReplaced() {
        var member = MemberConversation(member: 8001)
        member.attach()
        _ = passMoving(&member, milliseconds: 5000)
        let stopped = member.now
        let happened = member.pass(milliseconds: 1000)
        let taken = happened.first { $0.effect.isTakeOver }
        #expect(taken.map { $0.instant.milliseconds(since: stopped) <= 500 } == true)
        #expect(
            taken?.effect == .takeOver(after: Epoch(1), killHolder: true))
    }

    @Test func movementEndsASuspicion() {
        var member = MemberConversation(member: 8001)
        member.attach()
        #expect(member.pass(milliseconds: 450).contains { $0.effect.isPrevote })
        member.core.balancerMoved(now: member.now)
        #expect(!member.pass(milliseconds: 290).contains { $0.effect.isTakeOver })
    }

    /// A worker that checks once a second excuses missed checks only with a pause of half a second.
    @Test(arguments: [0, 3], [150, 250, 350, 450, 550, 5000] as [Int64])
    func aPausedWorkerKillsNoLiveBalancer(fastRanks: Int, pause: Int64) {
        var settings = steadySettings()
        settings.watchFastRanks = fastRanks
        var member = MemberConversation(
            starting: MemberCore(
                record: record(8001), settings: settings, snapshot: nil, highestEpoch: .none,
                knowsStateDirectory: true, seed: 3, now: at(0)))
        member.core.registered(MemberConversation.snapshot(), settings: nil, now: at(0))
        member.attach()
        func silence(_ core: inout MemberCore, _ effect: MemberEffect, _ now: Instant) {
            if effect.isWatch { core.watchFailed(.timedOut, now: now) }
        }
        _ = passMoving(&member, milliseconds: 20_000, answering: silence)
        for _ in 0..<40 {
            member.now = member.now.advanced(byMilliseconds: pause)
            member.core.loopLagged(byMilliseconds: pause - 40, now: member.now)
            let happened =
                member.pass(milliseconds: 10, answering: silence)
                + passMoving(&member, milliseconds: 500, answering: silence)
            #expect(!happened.contains { $0.effect.isPrevote || $0.effect.isTakeOver })
        }
    }

    @Test func aWorkerThatIsOftenLateStillReplacesAHungBalancer() {
        var member = MemberConversation(member: 8001)
        member.attach()
        _ = passMoving(&member, milliseconds: 1000)
        var happened: [(instant: Instant, effect: MemberEffect)] = []
        for _ in 0..<40 {
            member.core.loopLagged(byMilliseconds: 20, now: member.now)
            happened += member.pass(milliseconds: 50)
        }
        #expect(happened.contains { $0.effect == .takeOver(after: Epoch(1), killHolder: true) })
    }

    @Test func aWorkerWithoutAChannelKillsNoProcess() {
        var member = MemberConversation(member: 8001)
        let happened = member.pass(milliseconds: 120_000) { core, effect, now in
            if effect.isTakeOver { core.takeoverFinished(.lockHeld, now: now) }
        }
        #expect(happened.contains { $0.effect.isTakeOver })
        for case .takeOver(_, let killHolder) in happened.map({ $0.effect }) { #expect(!killHolder) }
    }

    @Test func aClosedChannelAttachesNoProcess() {
        var member = MemberConversation(member: 8001)
        member.attach()
        member.core.handoverEnded(epoch: nil, now: at(10))
        let happened = member.pass(milliseconds: 1000)
        let taken = happened.first { $0.effect.isTakeOver }
        #expect(
            taken?.effect == .takeOver(after: Epoch(1), killHolder: false))
    }

    @Test func theEndOfTheChannelIsDeathAtOnce() {
        var member = MemberConversation(member: 8001)
        member.attach()
        member.core.watchFailed(.closed, now: at(10))
        #expect(!member.effects().contains { $0.isTakeOver }, "both ends may live")
        member.core.handoverEnded(epoch: Epoch(1), now: at(11))
        #expect(member.effects().contains { $0.isTakeOver })
    }

    /// In another PID namespace.
    @Test func aHungBalancerOutOfReachIsReportedOnceAndReplacedAtItsEnd() {
        var member = MemberConversation(member: 8001, of: MemberConversation.snapshot([record(8001)]))
        member.attach()
        let happened = member.pass(milliseconds: 60_000) { core, effect, now in
            if effect.isTakeOver { core.takeoverFinished(.holderOutOfReach, now: now) }
        }
        let attempts = happened.count { $0.effect.isTakeOver }
        #expect(attempts > 5 && attempts < 20, "\(attempts)")
        let events: [MemberEvent] = [.balancerSuspected, .takingOver(after: Epoch(1)), .holderOutOfReach]
        for event in events { #expect(happened.count { $0.effect == .event(event) } == 1, "\(event)") }
        #expect(MemberEvent.holderOutOfReach.isWarning)
        // Its container ends.
        member.core.handoverEnded(epoch: Epoch(1), now: member.now)
        #expect(member.effects().contains(.takeOver(after: Epoch(1), killHolder: false)))
    }

    @Test func aBalancerOutOfReachThatMovesAgainReigns() {
        var member = MemberConversation(member: 8001, of: MemberConversation.snapshot([record(8001)]))
        member.attach()
        member.pass(milliseconds: 8000) { core, effect, now in
            if effect.isTakeOver { core.takeoverFinished(.holderOutOfReach, now: now) }
        }
        member.core.watchAnswered(epoch: Epoch(1), newer: nil, now: member.now)
        let later = passMoving(&member, milliseconds: 8000)
        #expect(!later.contains { $0.effect.isTakeOver })
    }

    @Test func aVoterThatSeesSignsOfLifeObjects() {
        var member = MemberConversation(member: 8002)
        member.attach()
        _ = passMoving(&member, milliseconds: 5000)
        member.pass(milliseconds: 299)
        let prevote = Prevote(candidate: id("worker-8001"), epochSeen: Epoch(1))
        #expect(
            member.core.prevoteAsked(prevote, now: member.now)
                == PrevoteAnswer(agrees: false, lastGoodCheckMilliseconds: 299, epochSeen: Epoch(1)))
        member.pass(milliseconds: 1)
        #expect(member.core.prevoteAsked(prevote, now: member.now).agrees)
    }

    @Test func aPausedWorkerGivesTheBalancerItsTimeAgain() {
        var member = MemberConversation(member: 8001)
        member.attach()
        member.pass(milliseconds: 350)
        member.core.tick(now: at(5000))
        member.now = at(5000)
        _ = member.effects()
        #expect(!member.pass(milliseconds: 290).contains { $0.effect.isPrevote })
        #expect(member.pass(milliseconds: 300).contains { $0.effect.isTakeOver })
    }

    /// Every successor seems to hang, for any reason.
    @Test func repeatedKillsAreMoreAndMoreDelayed() {
        var member = MemberConversation(member: 8001, of: MemberConversation.snapshot([record(8001)]))
        member.attach()
        var epoch = Epoch(1)
        let happened = member.pass(milliseconds: 300_000) { core, effect, now in
            guard case .takeOver(_, killHolder: true) = effect else { return }
            core.handoverEnded(epoch: epoch, now: now)
            epoch = epoch.next
            core.takeoverFinished(.started(epoch), now: now)
            core.handoverReady(epoch: epoch, now: now)
        }
        let kills = happened.compactMap { happening -> Instant? in
            if case .takeOver(_, killHolder: true) = happening.effect { happening.instant } else { nil }
        }
        let gaps = zip(kills, kills.dropFirst()).map { $1.milliseconds(since: $0) }
        #expect(gaps.prefix(4).allSatisfy { $0 <= 600 }, "\(gaps)")
        #expect(zip(gaps.dropFirst(4), gaps.dropFirst(5)).allSatisfy { $0 <= $1 + 100 }, "\(gaps)")
        #expect(gaps.last.map { $0 > 30_000 } == true, "\(gaps)")
        #expect(kills.filter { $0 <= at(22_000) }.count <= 10)
    }

    /// A balancer hangs now and then, and each is replaced in the same time.
    @Test func anOccasionalHangCausesNoDelay() {
        var member = MemberConversation(member: 8001, of: MemberConversation.snapshot([record(8001)]))
        member.attach()
        for number in 1...20 {
            _ = passMoving(&member, milliseconds: 2000)
            let stopped = member.now
            let taken = member.pass(milliseconds: 600).first { $0.effect.isTakeOver }
            #expect(taken != nil, "hang \(number) after \(stopped)")
            member.core.handoverEnded(epoch: Epoch(UInt64(number)), now: member.now)
            member.core.takeoverFinished(.started(Epoch(UInt64(number + 1))), now: member.now)
            member.attach(epoch: UInt64(number + 1))
        }
    }

    /// Each balancer answers and dies a moment later.
    @Test func successorsOfBalancersThatDieSoonAreMoreAndMoreDelayed() {
        var member = MemberConversation(member: 8001, of: MemberConversation.snapshot([record(8001)]))
        member.attach()
        var times: [Instant] = []
        for number in 1...20 {
            let end = Epoch(UInt64(number))
            member.pass(milliseconds: 20)
            member.core.handoverEnded(epoch: end, now: member.now)
            let taken = member.pass(milliseconds: 6000).first { $0.effect.isTakeOver }
            times.append(taken?.instant ?? member.now)
            member.now = max(times.last ?? member.now, member.now)
            member.core.takeoverFinished(.started(end.next), now: member.now)
            member.attach(epoch: end.next.value)
            member.core.watchAnswered(epoch: end.next, newer: nil, now: member.now)
            _ = member.effects()
        }
        #expect(member.core.pulse.waitMilliseconds == 5000)
    }
}
