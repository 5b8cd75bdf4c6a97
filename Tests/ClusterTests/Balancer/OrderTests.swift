import Cluster
import Testing

/// Orders of an operator about workers.
@Suite struct OrderTests {
    private static let one = id("worker-8001")

    /// The record of worker-8001 under an operator's drain.
    private static var drained: WorkerRecord {
        var drained = record(8001, state: .draining)
        drained.isDrained = true
        return drained
    }

    @Test func aDrainNeedsNoIncarnationAndLastsUntilItsEnd() {
        var balancer = BalancerConversation(with: [record(8001, incarnation: 77), record(8002)])
        guard case .changed(let changed) = balancer.core.drain(Self.one, now: balancer.now) else {
            Issue.record("not drained")
            return
        }
        #expect(changed.isDrained && changed.state == .draining && changed.incarnation == 77)
        #expect(balancer.core.drain(Self.one, now: balancer.now) == .unchanged(changed))
        balancer.pass(milliseconds: 5000)
        #expect(balancer.core.hostEntries.map(\.isRoutable) == [false, true])
        #expect(balancer.core.workers.first?.reason == "drained by an operator")
        guard case .changed(let back) = balancer.core.undrain(Self.one, now: balancer.now) else {
            Issue.record("still drained")
            return
        }
        #expect(back.state == .ready && !back.isDrained)
        #expect(balancer.core.hostEntries.map(\.isRoutable) == [true, true])
        #expect(balancer.core.undrain(Self.one, now: balancer.now) == .unchanged(back))
        #expect(balancer.events() == [.draining(Self.one), .undrained(Self.one)])
    }

    @Test func anUnknownWorkerIsNeitherDrainedNorUndrained() {
        var balancer = BalancerConversation(with: [record(8001)])
        #expect(balancer.core.drain(id("worker-9"), now: at(0)) == .unknown)
        #expect(balancer.core.undrain(id("worker-9"), now: at(0)) == .unknown)
    }

    @Test func aWorkerThatLeavesIsNotTheOperators() {
        var balancer = BalancerConversation(with: [record(8001)])
        _ = balancer.core.drain(Self.one, incarnation: 1, peer: worker("worker-8001"), now: at(0))
        #expect(balancer.core.drain(Self.one, now: at(0)) == .leaving)
        #expect(balancer.core.undrain(Self.one, now: at(0)) == .leaving)
        let ann = identity("ann", .operator)
        _ = balancer.core.drain(Self.one, incarnation: 1, peer: ann, now: at(0))
        balancer.core.watchLost(Self.one, incarnation: 1, now: at(10))
        #expect(balancer.core.snapshot.workers.isEmpty)
    }

    @Test func aDrainedWorkerMayLeave() {
        var balancer = BalancerConversation(with: [record(8001)])
        _ = balancer.core.drain(Self.one, now: at(0))
        _ = balancer.core.drain(Self.one, incarnation: 1, peer: worker("worker-8001"), now: at(0))
        #expect(balancer.core.snapshot.worker(Self.one)?.isLeaving == true)
        balancer.core.watchLost(Self.one, incarnation: 1, now: at(10))
        #expect(balancer.core.snapshot.workers.isEmpty)
    }

    @Test func theDrainSurvivesTheWorkersConnectionAndItsRegistrationAndEndsWithItsProcess() {
        var balancer = BalancerConversation(with: [record(8001), record(8002)])
        _ = balancer.core.drain(Self.one, now: at(0))
        balancer.core.watchLost(Self.one, incarnation: 1, now: at(10))
        #expect(balancer.core.snapshot.worker(Self.one) == Self.drained)
        balancer.now = at(20)
        balancer.admit(record(8001))
        #expect(balancer.core.snapshot.worker(Self.one)?.isDrained == true)
        balancer.pass(milliseconds: 5000)
        #expect(balancer.state(record(8001)) == .draining)
        balancer.admit(record(8001, incarnation: 2))
        #expect(balancer.core.snapshot.worker(Self.one)?.isDrained == false)
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test func aSuccessorKeepsTheDrainAndCanEndIt() {
        let hints = Snapshot(epoch: Epoch(4), version: 1, workers: [Self.drained, record(8002)])
        var balancer = BalancerConversation(epoch: Epoch(5), hints: hints)
        balancer.pass(milliseconds: 5000)
        #expect(balancer.core.hostEntries.map(\.isRoutable) == [false, true])
        _ = balancer.watch(watch(record(8001), seen: Epoch(4)))
        #expect(balancer.core.snapshot.worker(Self.one)?.isDrained == true)
        _ = balancer.core.undrain(Self.one, now: balancer.now)
        #expect(balancer.state(record(8001)) == .ready)
    }

    /// The balancer does not know whether the worker serves, so a probe has to show it.
    @Test func withoutAGoodProbeTheWorkerWaitsForOne() {
        var balancer = BalancerConversation(
            epoch: Epoch(5), hints: Snapshot(epoch: Epoch(4), version: 1, workers: [Self.drained]))
        balancer.probe(record(8001), .failed("status 503"))
        _ = balancer.effects()
        _ = balancer.core.undrain(Self.one, now: balancer.now)
        #expect(balancer.state(record(8001)) == .joining)
        #expect(balancer.effects().contains { if case .probe = $0 { true } else { false } })
        balancer.probe(record(8001), .passed)
        #expect(balancer.state(record(8001)) == .ready)
    }

    /// Otherwise a drain of the only worker would leave the cluster without a successor.
    @Test func aDrainedWorkerMayStandInAndALeavingOneNot() {
        let leaving = record(8002, state: .draining)
        let snapshot = Snapshot(epoch: Epoch(1), version: 1, workers: [Self.drained, leaving])
        #expect(SuccessionOrder(of: snapshot, seenBy: Self.drained).candidates.map(\.port) == [8001])
    }

    @Test func aReignThatIsOverTakesNoOrders() {
        var balancer = BalancerConversation(with: [record(8001)])
        balancer.core.fenceChecked(.lost("the lock is gone"), now: at(0))
        #expect(balancer.core.drain(Self.one, now: at(0)) == .over)
        #expect(balancer.core.undrain(Self.one, now: at(0)) == .over)
    }
}
