import Testing

@testable import Cluster

@Suite struct SuccessionTests {
    private let takeover = MemberEffect.takeOver(after: Epoch(1), killHolder: false)

    @Test(arguments: [WatchFailure.closed, .refused])
    func theFirstActsAtOnceOnCertainDeath(kind: WatchFailure) {
        var member = MemberConversation(member: 8001)
        member.core.watchFailed(kind, now: at(10))
        let effects = member.effects()
        #expect(effects.contains(takeover))
        #expect(!effects.contains { $0.isPrevote })
    }

    @Test(arguments: [(UInt16(8001), Int64(0)), (8002, 150), (8003, 300), (8004, 450)])
    func eachRankWaitsLonger(port: UInt16, delay: Int64) {
        var member = MemberConversation(member: port)
        member.now = at(10)
        member.core.balancerDied(now: at(10))
        let happened = member.pass(milliseconds: 1000)
        #expect(happened.first { $0.effect == takeover }?.instant == at(10 + delay))
        #expect(happened.filter(\.effect.isTakeOver).count == 1)
    }

    @Test func aRepeatedReportOfTheDeathHasNoEffect() {
        var member = MemberConversation(member: 8002)
        member.now = at(10)
        member.core.balancerDied(now: at(10))
        member.core.watchFailed(.closed, now: at(11))
        member.core.balancerDied(now: at(100))
        let happened = member.pass(milliseconds: 1000)
        #expect(happened.filter { $0.effect == takeover }.map(\.instant) == [at(160)])
        #expect(happened.filter { $0.effect == .event(.balancerDead) }.count == 1)
    }

    @Test func aWorkerThatSeesTheNewBalancerDoesNotAct() {
        var member = MemberConversation(member: 8002)
        member.now = at(10)
        member.core.balancerDied(now: at(10))
        let happened = member.pass(milliseconds: 2000, answering: answering(MemberConversation.snapshot(epoch: 2)))
        #expect(!happened.contains { $0.effect.isTakeOver })
        #expect(member.core.highestEpoch == Epoch(2))
    }

    @Test func aRequestUnderTheNewEpochEndsTheCandidacy() {
        var member = MemberConversation(member: 8002)
        member.core.balancerDied(now: at(10))
        #expect(member.core.requestSeen(epoch: Epoch(2)) == true)
        member.now = at(10)
        let happened = member.pass(milliseconds: 1000, answering: answering(MemberConversation.snapshot(epoch: 2)))
        #expect(!happened.contains { $0.effect.isTakeOver })
    }

    @Test func theDeathOfAPastBalancerIsNoNews() {
        var member = MemberConversation(member: 8001)
        #expect(member.core.requestSeen(epoch: Epoch(2)) == true)
        member.core.balancerDied(epoch: Epoch(1), now: at(10))
        member.core.watchFailed(.closed, now: at(11))
        #expect(!member.effects().contains { $0.isTakeOver })
        member.core.balancerDied(epoch: Epoch(2), now: at(12))
        #expect(member.effects().contains { $0.isTakeOver })
    }

    @Test func aWorkerThatMayNotStandInNeverActs() {
        let records = [record(8001, mayStandIn: false), record(8002)]
        var member = MemberConversation(8001, mayStandIn: false)
        member.core.registered(MemberConversation.snapshot(records), settings: nil, now: at(0))
        member.core.balancerDied(now: at(10))
        let happened = member.pass(milliseconds: 120_000) { core, effect, now in
            if effect.isWatch { core.watchFailed(.refused, now: now) }
        }
        #expect(!happened.contains { $0.effect.isTakeOver || $0.effect.isPrevote })
    }

    @Test func anUnlistedWorkerNeverActs() {
        var member = MemberConversation(8009, disk: MemberConversation.snapshot())
        let happened = member.pass(milliseconds: 120_000) { core, effect, now in
            if effect.isRegister { core.registrationUnreachable(isSilent: false, now: now) }
        }
        #expect(!happened.contains { $0.effect.isTakeOver || $0.effect.isPrevote })
    }

    @Test func threeMissedChecksAskTheOthersFirst() {
        var member = MemberConversation(member: 8001)
        member.attach()
        let happened = member.pass(milliseconds: 1000)
        let asked = happened.first { $0.effect.isPrevote }
        // Checked at 100; unanswered at 200, 300 and 400.
        #expect(asked?.instant == at(400))
        let prevote = Prevote(candidate: id("worker-8001"), epochSeen: Epoch(1))
        #expect(asked?.effect == .prevote(to: [record(8002), record(8003)], prevote))
        #expect(happened.filter(\.effect.isWatch).count == 1, "one check at a time")
        // Without answers there is no objection. The holder of the lock hangs and may be killed.
        let taken = happened.first { $0.effect.isTakeOver }
        #expect(taken?.instant == at(500))
        #expect(
            taken?.effect == .takeOver(after: Epoch(1), killHolder: true))
    }

    /// The balancer refuses this worker, but it answers. A refusal is no reason to kill it.
    @Test func aRefusedWorkerKillsNoProcess() {
        var member = MemberConversation(member: 8001)
        let happened = member.pass(milliseconds: 120_000) { core, effect, now in
            switch effect {
            case .watch: core.watchFailed(.rejected, now: now)
            case .register: core.registrationUnreachable(isSilent: false, now: now)
            case .takeOver: core.takeoverFinished(.lockHeld, now: now)
            default: break
            }
        }
        #expect(happened.contains { $0.effect.isTakeOver }, "there may be none any more")
        for case .takeOver(_, let killHolder) in happened.map({ $0.effect }) { #expect(!killHolder) }
    }

    @Test func aMissIsCountedOnceThoughTheShellReportsItToo() {
        var member = MemberConversation(member: 8001)
        // Checked at 100, counted as missed at 200. The shell reports the timeout at 250.
        member.pass(milliseconds: 250)
        member.core.watchFailed(.timedOut, now: at(250))
        // Checked again at once, because the next check was due; unanswered at 350 and 450.
        let happened = member.pass(milliseconds: 1000)
        #expect(happened.first { $0.effect == .event(.balancerSuspected) }?.instant == at(450))
    }

    /// Once, a worker with a check each second got each timeout just after the next check was due. So it counted a miss
    /// every two seconds only. If it alone held the listeners, no other worker could act meanwhile.
    @Test func aCheckWithALateTimeoutIsRepeatedAtOnce() {
        var member = MemberConversation(member: 8004)
        var happened = member.pass(milliseconds: 1000)
        #expect(happened.last?.effect.isWatch == true)
        for second in 2...4 {
            // Another check is due, and the last one is unanswered. 10 ms later the shell reports the timeout.
            happened += member.pass(milliseconds: 1000)
            #expect(happened.filter(\.effect.isWatch).count == second - 1)
            member.core.watchFailed(.timedOut, now: member.now)
            happened += member.pass(milliseconds: 10)
        }
        #expect(happened.filter(\.effect.isWatch).map(\.instant) == [at(1000), at(2000), at(3010), at(4020)])
        #expect(happened.first { $0.effect == .event(.balancerSuspected) }?.instant == at(4010))
    }

    @Test func aTimeoutOfTheShellIsAMiss() {
        var member = MemberConversation(member: 8004)
        let happened = member.pass(milliseconds: 10_000) { core, effect, now in
            if effect.isWatch { core.watchFailed(.timedOut, now: now) }
        }
        #expect(happened.first { $0.effect == .event(.balancerSuspected) }?.instant == at(3000))
    }

    @Test func aGoodCheckInBetweenForgivesTheMisses() {
        var member = MemberConversation(member: 8001)
        var count = 0
        let happened = member.pass(milliseconds: 10_000) { core, effect, now in
            guard effect.isWatch else { return }
            count += 1
            if count % 3 == 0 {
                core.watchAnswered(epoch: Epoch(1), newer: nil, now: now)
            } else {
                core.watchFailed(.timedOut, now: now)
            }
        }
        #expect(!happened.contains { $0.effect == .event(.balancerSuspected) })
    }

    @Test func certainDeathShortensTheSuspicion() {
        var member = MemberConversation(member: 8002)
        member.pass(milliseconds: 410)
        #expect(member.core.nextDeadline == at(500))
        member.core.watchFailed(.closed, now: at(410))
        let happened = member.pass(milliseconds: 1000)
        let taken = happened.first { $0.effect.isTakeOver }
        #expect(taken?.instant == at(560))
        #expect(taken?.effect == takeover, "there is nobody left to kill")
    }

    @Test func aPausedWorkerAccusesNoBalancer() {
        var member = MemberConversation(member: 8001)
        member.pass(milliseconds: 350)
        member.core.tick(now: at(5000))
        let happened = member.effects()
        #expect(!happened.contains { $0.isPrevote || $0.isTakeOver })
        #expect(happened.contains { if case .event(.ownLoopLagged) = $0 { true } else { false } })
        member.now = at(5000)
        let later = member.pass(milliseconds: 290)
        #expect(!later.contains { $0.effect.isPrevote }, "it counts anew")
        #expect(member.pass(milliseconds: 200).contains { $0.effect.isPrevote })
    }

    @Test func aShellMayKnowOfItsLagBetter() {
        var member = MemberConversation(member: 8002)
        member.pass(milliseconds: 450)
        #expect(member.core.nextDeadline != nil)
        member.core.loopLagged(byMilliseconds: 300, now: at(460))
        let happened = member.pass(milliseconds: 200)
        #expect(!happened.contains { $0.effect.isPrevote || $0.effect.isTakeOver })
    }

    @Test func lagDoesNotUndoADeath() {
        var member = MemberConversation(member: 8002)
        member.core.balancerDied(now: at(10))
        member.core.tick(now: at(5000))
        #expect(member.effects().contains(takeover))
    }

    @Test func aWorkerThatTookOverFollowsItsOwnBalancer() {
        var member = MemberConversation(member: 8001)
        member.core.balancerDied(now: at(10))
        _ = member.effects()
        member.core.takeoverFinished(.started(Epoch(2)), now: at(15))
        #expect(member.core.highestEpoch == Epoch(2))
        member.now = at(15)
        let happened = member.pass(milliseconds: 500, answering: answering(MemberConversation.snapshot(epoch: 2)))
        #expect(happened.contains { $0.effect == .event(.tookOver(Epoch(2))) })
        #expect(happened.contains { $0.effect == .keepStandby(true) }, "the old standby is the balancer now")
        #expect(happened.first { $0.effect.isWatch }?.instant == at(15), "it looks at once whether it answers")
        #expect(!happened.contains { $0.effect.isTakeOver })
    }

    @Test func theEndOfTheOldConnectionIsNotTheNewBalancersDeath() {
        var member = MemberConversation(member: 8001)
        member.pass(milliseconds: 100)
        member.core.balancerDied(now: at(110))
        member.core.takeoverFinished(.started(Epoch(2)), now: at(115))
        _ = member.effects()
        member.core.watchFailed(.closed, now: at(116))
        #expect(!member.effects().contains { $0.isTakeOver })
    }

    @Test func aBalancerThatDiesAtOnceIsStartedMoreAndMoreSlowly() {
        var member = MemberConversation(member: 8001)
        member.core.balancerDied(now: at(0))
        var epoch = Epoch(1)
        let happened = member.pass(milliseconds: 60_000) { core, effect, now in
            guard effect.isTakeOver else { return }
            epoch = epoch.next
            core.takeoverFinished(.started(epoch), now: now)
            core.balancerDied(epoch: epoch, now: now)
        }
        let times = happened.filter(\.effect.isTakeOver).map(\.instant)
        let gaps = zip(times, times.dropFirst()).map { $1.milliseconds(since: $0) }
        #expect(gaps.prefix(6) == [300, 600, 1200, 2400, 4800, 5000])
    }

    @Test func aWorkerThatLostTheRaceTriesAgainOnlyWithoutABalancer() {
        var member = MemberConversation(member: 8001)
        member.core.balancerDied(now: at(0))
        _ = member.effects()
        member.core.takeoverFinished(.lockHeld, now: at(5))
        #expect(member.events() == [.takeoverLostToAnother])
        var unanswered = member
        unanswered.now = at(5)
        let happened = unanswered.pass(milliseconds: 1000)
        #expect(happened.first { $0.effect.isPrevote }?.instant == at(305))
        #expect(happened.first { $0.effect.isTakeOver }?.instant == at(405))
        member.now = at(5)
        let answered = member.pass(milliseconds: 5000, answering: answering(MemberConversation.snapshot(epoch: 2)))
        #expect(!answered.contains { $0.effect.isPrevote || $0.effect.isTakeOver })
    }

    @Test func aFailedTakeoverIsReportedAndRepeated() {
        var member = MemberConversation(member: 8001)
        member.core.balancerDied(now: at(0))
        _ = member.effects()
        member.core.takeoverFinished(.failed("no certificate"), now: at(5))
        #expect(member.events() == [.takeoverFailed("no certificate")])
        member.now = at(5)
        #expect(member.pass(milliseconds: 1000).contains { $0.effect.isTakeOver })
    }

    @Test func aTakeoverThatIsNeverReportedHasFailed() {
        var member = MemberConversation(member: 8001)
        member.core.balancerDied(now: at(0))
        let happened = member.pass(milliseconds: 12_000)
        #expect(happened.contains { $0.effect == .event(.takeoverFailed("no result")) })
        #expect(happened.filter(\.effect.isTakeOver).count == 2)
    }

    @Test func aLateReportOfSuccessStillCounts() {
        var member = MemberConversation(member: 8001)
        member.core.balancerDied(now: at(0))
        member.pass(milliseconds: 10_100)
        member.core.takeoverFinished(.started(Epoch(2)), now: at(10_200))
        #expect(member.core.highestEpoch == Epoch(2))
    }

    /// A worker without a handover knows no process that it could kill.
    @Test(arguments: [true, false])
    func anUnregisteredWorkerReplacesAMissingBalancer(isSilent: Bool) {
        var member = MemberConversation(8002, disk: MemberConversation.snapshot(epoch: 7))
        #expect(member.core.highestEpoch == Epoch(7))
        let happened = member.pass(milliseconds: 20_000) { core, effect, now in
            if effect.isRegister { core.registrationUnreachable(isSilent: isSilent, now: now) }
            if case .prevote(let electors, _) = effect {
                for elector in electors { core.prevoteAnswered(from: elector.id, nil, now: now) }
            }
        }
        let taken = happened.first { $0.effect.isTakeOver }
        #expect(taken?.instant == at(5150), "after the time of an orphan, and its rank")
        #expect(
            taken?.effect
                == .takeOver(after: Epoch(7), killHolder: false))
    }

    @Test func aWorkerThatIsRefusedIsNoOrphan() {
        var member = MemberConversation(8001, disk: MemberConversation.snapshot())
        let happened = member.pass(milliseconds: 60_000) { core, effect, now in
            if effect.isRegister { core.registrationFailed(.nameTaken, now: now) }
        }
        #expect(!happened.contains { $0.effect.isPrevote || $0.effect.isTakeOver })
    }

    @Test func withoutListenersAndStateDirectoryNoWorkerActs() {
        var member = MemberConversation(member: 8001, knowsStateDirectory: false)
        member.core.balancerDied(now: at(10))
        #expect(!member.effects().contains { $0.isTakeOver })
        var other = MemberConversation(member: 8001, knowsStateDirectory: false)
        other.core.handoverReady(epoch: Epoch(1), now: at(5))
        other.core.balancerDied(now: at(10))
        #expect(other.effects().contains { $0.isTakeOver })
    }

    /// Once, a worker on a host without an earlier balancer got the listeners of one that died. It then heard of the
    /// next balancer, but did not get that one's listeners, and waited at the ports for good.
    @Test func aWorkerThatEverGotListenersKnowsTheLock() {
        var member = MemberConversation(member: 8001, knowsStateDirectory: false)
        member.core.handoverReady(epoch: Epoch(1), now: at(5))
        #expect(member.core.requestSeen(epoch: Epoch(2)) == true)
        member.core.balancerDied(epoch: Epoch(2), now: at(10))
        #expect(member.effects().contains { $0.isTakeOver })
    }

    @Test func aHandoverNamesTheReign() {
        var member = MemberConversation(member: 8001)
        member.core.handoverReady(epoch: Epoch(4), now: at(5))
        #expect(member.core.highestEpoch == Epoch(4))
        #expect(member.effects().contains(.event(.newBalancer(Epoch(4)))))
    }

    /// Once, a balancer died between the handover and the registration. The worker kept its ports open, was in no list
    /// and did not act. Clients connected and waited without end.
    @Test func anUnlistedHolderOfTheListenersActs() {
        var member = MemberConversation(8001)
        _ = member.effects()
        #expect(member.core.rank == nil)
        member.core.handoverReady(epoch: Epoch(3), now: at(10))
        #expect(member.core.rank == 0)
        member.core.balancerDied(epoch: Epoch(3), now: at(20))
        #expect(member.effects().contains { $0.isTakeOver })
        var other = MemberConversation(8009, disk: MemberConversation.snapshot())
        other.core.handoverReady(epoch: Epoch(1), now: at(10))
        #expect(other.core.rank == 4, "those who are listed come first")
    }

    /// The watch broke although both ends lived, and the takeover found the lock held. Once, the worker took that as
    /// evidence against the balancer, although the balancer had answered meanwhile, and killed it if there was no other
    /// voter. A takeover that fails for another reason is no evidence either: its process was killed, or did not start.
    @Test(arguments: [TakeoverOutcome.lockHeld, .failed("the balancer process ended")])
    func aBalancerThatShowedItselfIsNotSuspectForHoldingItsLock(outcome: TakeoverOutcome) {
        let alone = MemberConversation.snapshot([record(8001)])
        var member = MemberConversation(member: 8001, of: alone)
        member.core.watchFailed(.closed, now: at(100))
        #expect(member.effects().contains { $0.isTakeOver })
        member.core.watchAnswered(epoch: alone.epoch, newer: nil, now: at(150))
        member.core.takeoverFinished(outcome, now: at(200))
        #expect(!member.effects().contains { $0.isTakeOver })
        #expect(member.core.phase == .idle)
    }

    @Test(arguments: [TakeoverOutcome.lockHeld, .failed("no memory")])
    func aBalancerThatShowedItselfAndDiedMeanwhileIsMissed(outcome: TakeoverOutcome) {
        var member = MemberConversation(member: 8001)
        member.core.watchFailed(.closed, now: at(100))
        member.core.watchAnswered(epoch: Epoch(1), newer: nil, now: at(150))
        member.core.balancerDied(epoch: Epoch(1), now: at(160))
        _ = member.effects()
        member.core.takeoverFinished(outcome, now: at(200))
        member.now = at(200)
        #expect(member.pass(milliseconds: 500).contains { $0.effect.isTakeOver })
    }
}
