import Cluster
import Testing

/// Before a worker asks the others, it looks whether a process holds the lock of its lock domain.
@Suite struct LockInspectionTests {
    private static func list(epoch: UInt64 = 1, in lockDomain: LockDomain? = lockDomain("h1")) -> Snapshot {
        Snapshot(
            epoch: Epoch(epoch), version: 5,
            workers: (UInt16(8001)...8003).map { record($0).living(in: 1, acrossHosts: false) }, lockDomain: lockDomain)
    }

    /// The registered worker of this port, in the lock domain `h1`, without pending effects.
    private func member(_ port: UInt16 = 8001, of list: Snapshot = list()) -> MemberConversation {
        var member = MemberConversation(
            starting: MemberCore(
                record: record(port).living(in: 1, acrossHosts: false), settings: steadySettings(), seed: 3, now: at(0))
        )
        member.core.registered(list, settings: nil, now: at(0))
        _ = member.effects()
        return member
    }

    /// The worker `worker-8001`, which misses the balancer and looks at the lock.
    private func inspector() -> MemberConversation {
        var member = member()
        let happened = member.pass(milliseconds: 400)
        #expect(happened.contains { $0.effect == .inspectLock })
        #expect(!happened.contains { $0.effect.isPrevote })
        return member
    }

    @Test func aFreeLockNeedsNoVoteAndNoKill() {
        var member = inspector()
        member.core.lockInspected(isFree: true, now: at(401))
        let effects = member.effects()
        #expect(effects.contains(.takeOver(after: Epoch(1), killHolder: false)))
        #expect(!effects.contains { $0.isPrevote })
    }

    @Test func withAHeldLockTheOthersVote() {
        var member = inspector()
        member.core.lockInspected(isFree: false, now: at(401))
        let effects = member.effects()
        #expect(effects.contains { $0.isPrevote })
        #expect(!effects.contains { $0.isTakeOver })
    }

    @Test func withoutAnAnswerTheOthersVote() {
        var member = inspector()
        #expect(member.pass(milliseconds: 100).contains { $0.effect.isPrevote })
    }

    @Test func aSignOfLifeEndsTheLook() {
        var member = member()
        member.attach()
        let happened = member.pass(milliseconds: 400)
        #expect(happened.contains { $0.effect == .inspectLock })
        member.core.balancerMoved(now: at(401))
        member.core.lockInspected(isFree: true, now: at(402))
        #expect(!member.effects().contains { $0.isTakeOver || $0.isPrevote })
    }

    /// The lock of the state directory is another one than the balancer's, or may be.
    @Test(arguments: [nil, lockDomain("h2")])
    func anotherLockProvesNothing(balancer: LockDomain?) {
        var member = member(of: LockInspectionTests.list(in: balancer))
        #expect(!member.pass(milliseconds: 60_000).contains { $0.effect == .inspectLock })
    }

    /// A worker stood still while its balancer was replaced, and the replacement died. Its own listeners keep the ports, so
    /// the dead balancer looks like a hung one. The others have restarted, know the later reign and object.
    @Test func `A worker that slept through a replacement takes over from the dead balancer against all votes`() {
        var member = member(8003)
        member.attach()
        member.core.feed(.lagged(milliseconds: 1200), now: at(1200))
        member.core.feed(.epochSeen(Epoch(2)), now: at(1200))
        member.core.feed(.handoverEnded(Epoch(1)), now: at(1200))
        member.now = at(1200)
        let happened = member.pass(milliseconds: 4000) { core, effect, now in
            switch effect {
            case .inspectLock: core.lockInspected(isFree: true, now: now)
            case .prevote(let others, _):
                let objection = PrevoteAnswer(agrees: false, lastGoodCheckMilliseconds: 1, epochSeen: Epoch(3))
                for other in others { core.prevoteAnswered(from: other.id, objection, now: now) }
            default: break
            }
        }
        #expect(happened.contains { $0.effect == .takeOver(after: Epoch(2), killHolder: false) })
    }
}
