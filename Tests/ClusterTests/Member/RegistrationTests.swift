import Cluster
import Testing

@Suite struct RegistrationTests {
    @Test func aWorkerRegistersFirst() {
        var member = MemberConversation(8001, highestEpoch: Epoch(7))
        #expect(member.effects() == [.register(registration(record(8001), seen: Epoch(7)))])
        member.core.start(now: at(1))
        #expect(member.effects().isEmpty, "starting twice is starting once")
    }

    @Test func anAcceptedRegistrationIsStoredAndReported() {
        var member = MemberConversation(8001)
        _ = member.effects()
        let snapshot = MemberConversation.snapshot()
        member.core.registered(snapshot, settings: nil, now: at(5))
        let effects = member.effects()
        #expect(effects.contains(.persist(snapshot)))
        #expect(effects.contains(.event(.registered(Epoch(1)))))
        #expect(effects.contains(.keepStandby(true)))
        #expect(member.core.isRegistered)
        #expect(member.core.snapshot == snapshot)
        #expect(member.core.highestEpoch == Epoch(1))
    }

    @Test func theBalancersSettingsAreTakenWithinBounds() {
        var member = MemberConversation(8001)
        var settings = ClusterSettings()
        settings.watchFastMilliseconds = 0
        settings.watchMisses = -3
        settings.rankDelayMilliseconds = .max
        member.core.registered(MemberConversation.snapshot(), settings: settings, now: at(5))
        #expect(member.core.settings.watchFastMilliseconds == 10)
        #expect(member.core.settings.watchMisses == 1)
        #expect(member.core.settings.rankDelayMilliseconds == 86_400_000)
    }

    @Test func registrationRetriesAreMoreAndMoreDelayed() {
        var member = MemberConversation(8001)
        let happened = member.pass(milliseconds: 60_000) { core, effect, now in
            if effect.isRegister { core.registrationUnreachable(isSilent: false, now: now) }
        }
        let times = happened.filter(\.effect.isRegister).map(\.instant)
        let gaps = zip(times, times.dropFirst()).map { $1.milliseconds(since: $0) }
        for (number, gap) in gaps.enumerated() {
            let expected = min(Int64(100) << Int64(min(number, 20)), 5000)
            #expect((expected / 2...expected * 3 / 2).contains(gap), "\(gaps)")
        }
    }

    @Test func aMissingAnswerTimesOut() {
        var member = MemberConversation(8001)
        let happened = member.pass(milliseconds: 9000)
        #expect(happened.filter(\.effect.isRegister).count == 2)
    }

    @Test func aLastingRefusalIsRetriedSlowlyAndLoggedOnce() {
        var member = MemberConversation(8001)
        var refusal = Refusal.nameTaken
        let refusing: (inout MemberCore, MemberEffect, Instant) -> Void = { core, effect, now in
            if effect.isRegister { core.registrationFailed(refusal, now: now) }
        }
        var happened = member.pass(milliseconds: 35_000, answering: refusing)
        #expect(happened.filter(\.effect.isRegister).map(\.instant) == [at(0), at(10_000), at(20_000), at(30_000)])
        #expect(happened.filter { $0.effect == .event(.registrationRefused(.nameTaken)) }.count == 1)
        refusal = .reservedPort
        happened = member.pass(milliseconds: 10_000, answering: refusing)
        #expect(happened.filter { $0.effect == .event(.registrationRefused(.reservedPort)) }.count == 1)
        happened = member.pass(milliseconds: 10_000, answering: answering(MemberConversation.snapshot()))
        #expect(member.core.isRegistered, "once the cause is gone it heals by itself")
    }

    @Test func aRefusalThatMayPassIsRetriedSoon() {
        var member = MemberConversation(8001)
        let happened = member.pass(milliseconds: 1000) { core, effect, now in
            if effect.isRegister { core.registrationFailed(.busy, now: now) }
        }
        #expect(happened.filter(\.effect.isRegister).count >= 3)
    }

    @Test func anOlderBalancerIsNotJoined() {
        var member = MemberConversation(8001, highestEpoch: Epoch(4))
        member.core.registered(MemberConversation.snapshot(epoch: 3), settings: nil, now: at(5))
        #expect(!member.core.isRegistered)
        #expect(member.core.highestEpoch == Epoch(4))
        #expect(member.core.snapshot == .empty)
        #expect(member.events().contains(.olderBalancerIgnored(Epoch(3))))
    }

    @Test(arguments: [Epoch(Epoch(4).reach.value + 1), .leapCeiling, .ceiling, Epoch(.max)])
    func anAbsurdEpochIsNotBelieved(epoch: Epoch) {
        var member = MemberConversation(8001, highestEpoch: Epoch(4))
        member.core.registered(MemberConversation.snapshot(epoch: epoch.value), settings: nil, now: at(5))
        #expect(!member.core.isRegistered)
        #expect(member.events().contains(.absurdEpochIgnored(epoch)))
        #expect(member.core.requestSeen(epoch: epoch) == false)
        member.core.watchAnswered(epoch: epoch, newer: nil, now: at(6))
        member.core.balancerFound(at: BalancerAddress(host: "10.0.0.9", port: 7000), epoch: epoch, now: at(6))
        member.core.handoverReady(epoch: epoch, now: at(6))
        member.core.takeoverFinished(.started(epoch), now: at(6))
        #expect(member.core.highestEpoch == Epoch(4))
        #expect(member.events().filter { $0 == .absurdEpochIgnored(epoch) }.isEmpty, "said once")
    }

    @Test func aForgottenWorkerRegistersAgain() {
        var member = MemberConversation(member: 8001)
        member.core.watchUnknown(now: at(100))
        #expect(!member.core.isRegistered)
        let happened = member.pass(milliseconds: 200)
        #expect(happened.contains { $0.effect == .event(.forgotten) })
        #expect(happened.contains { $0.effect.isRegister })
    }

    @Test func aRefusedWatchMeansToRegisterAgain() {
        var member = MemberConversation(member: 8001)
        member.core.watchFailed(.rejected, now: at(100))
        #expect(member.pass(milliseconds: 200).contains { $0.effect.isRegister })
    }

    @Test func aStoppingMemberDrainsAndRegistersNoMore() {
        var member = MemberConversation(member: 8001)
        member.core.stop(now: at(50))
        #expect(member.effects() == [.keepStandby(false), .drain])
        member.core.stop(now: at(60))
        #expect(member.effects().isEmpty)
        member.core.watchUnknown(now: at(100))
        member.core.balancerDied(now: at(100))
        let happened = member.pass(milliseconds: 60_000)
        #expect(!happened.contains { $0.effect.isRegister || $0.effect.isTakeOver || $0.effect.isPrevote })
    }

    @Test func anUnregisteredWorkerStopsAtOnce() {
        var member = MemberConversation(8001, disk: MemberConversation.snapshot())
        member.core.stop(now: at(50))
        member.core.registrationUnreachable(isSilent: false, now: at(60))
        #expect(!member.pass(milliseconds: 60_000).contains { $0.effect.isTakeOver })
        #expect(member.core.nextDeadline == nil)
    }

    /// The wall clock was set back, or the worker was moved. Its incarnation would be below the registered one, and the
    /// worker would be excluded until its removal.
    @Test func aClockThatWasSetBackDoesNotMakeAnEarlierStart() {
        let before = MemberConversation.snapshot([record(8001, incarnation: 900), record(8002, incarnation: 901)])
        var late = MemberConversation(8001, disk: before)
        guard case .register(let registration)? = late.effects().first(where: \.isRegister) else {
            Issue.record("it does not register")
            return
        }
        #expect(registration.incarnation == 901)
        #expect(late.core.record.incarnation == 901)
        let later = MemberCore(
            record: record(8002, incarnation: 1000), snapshot: before, seed: 1, now: at(0))
        #expect(later.record.incarnation == 1000)
    }

    /// Once, the clock was set back and the snapshot was lost. The probes passed, so the earlier start stayed
    /// registered and excluded the worker for good.
    @Test func aWorkerCountsOnFromAnEarlierStartThatTheBalancerKnows() {
        var member = MemberConversation(8001)
        _ = member.effects()
        member.core.registrationFailed(.laterStartKnown(900), now: at(1))
        #expect(member.core.record.incarnation == 901)
        let happened = member.pass(milliseconds: 50)
        #expect(
            happened.contains { if case .register(let claim) = $0.effect { claim.incarnation == 901 } else { false } })
        // If two workers shared an id, each would raise the other's number without end.
        for earlier in UInt64(1001)...1020 {
            member.core.registrationFailed(.laterStartKnown(earlier), now: at(60))
        }
        #expect(member.core.record.incarnation == 1008)
    }
}
