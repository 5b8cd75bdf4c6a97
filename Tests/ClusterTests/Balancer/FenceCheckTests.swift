import Cluster
import Testing

/// A balancer checks that it still holds the fence. Without workers, no peer would show it a higher epoch.
@Suite struct FenceCheckTests {
    @Test func theFenceIsCheckedOnceASecond() {
        var balancer = BalancerConversation()
        var checks: [Instant] = []
        while let next = balancer.core.nextDeadline, next <= at(5000) {
            balancer.now = next
            balancer.core.tick(now: next)
            if balancer.effects().contains(.checkFence) { checks.append(next) }
            balancer.core.fenceChecked(.held, now: next)
        }
        #expect(checks == (1...5).map { at($0 * 1000) })
    }

    /// After a pause longer than its lease, a balancer must not send a probe or admit a worker before this check.
    @Test func afterAPauseTheFenceIsCheckedFirst() {
        var balancer = BalancerConversation(with: [record(8001)])
        balancer.core.tick(now: at(60_000))
        #expect(balancer.effects().first == .checkFence)
    }

    @Test func withoutTheFenceTheReignIsOver() {
        let member = record(8001)
        var balancer = BalancerConversation(with: [member])
        balancer.core.fenceChecked(.lost("the lease ended"), now: at(1000))
        #expect(balancer.effects() == [.fenceLost(reason: "the lease ended")])
        #expect(balancer.register(record(8002)) == .refused(.steppingDown))
        #expect(balancer.watch(watch(member)) == .refused(.steppingDown))
        let verdict = balancer.core.discover(
            DiscoveryRequest(epochSeen: .none), peer: worker("worker-8002"), now: at(1000))
        #expect(verdict == .refused(.steppingDown))
        balancer.core.fenceChecked(.lost("the lease ended"), now: at(2000))
        balancer.core.tick(now: at(9000))
        let later = balancer.effects()
        #expect(!later.contains { $0 == .checkFence || $0 == .fenceLost(reason: "the lease ended") }, "once is enough")
    }

    @Test func aConnectBackInProgressAdmitsNoWorkerAfterTheEnd() {
        var balancer = BalancerConversation()
        guard case .connectBack(let ticket) = balancer.register(record(8001)) else {
            Issue.record("no ticket")
            return
        }
        balancer.core.fenceChecked(.lost("the lease ended"), now: balancer.now)
        let verdict = balancer.core.connectBackFinished(ticket, .sameNode, now: balancer.now)
        #expect(verdict == .refused(.steppingDown))
    }
}
