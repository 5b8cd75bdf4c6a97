import Cluster
import Testing

/// A balancer's treatment of its predecessor's list.
@Suite struct HintTests {
    static let hints = Snapshot(
        epoch: Epoch(4), version: 99,
        workers: [record(8001), record(8002, state: .ejected), record(8003, state: .suspect)]
    )

    @Test func hintsAreProbedAtOnceAndGetNothingBefore() {
        var balancer = BalancerConversation(epoch: Epoch(5), hints: Self.hints)
        let probes = balancer.effects().compactMap { if case .probe(let record) = $0 { record.port } else { nil } }
        #expect(probes.sorted() == [8001, 8002, 8003])
        #expect(balancer.core.hostEntries.allSatisfy { $0.state == .joining && !$0.isRoutable })
        #expect(balancer.core.snapshot.supersedes(Self.hints))
    }

    @Test func oneGoodProbeIsEnoughAndNeedsNoSlowStart() {
        var balancer = BalancerConversation(epoch: Epoch(5), hints: Self.hints)
        balancer.probe(record(8002), .passed)
        #expect(balancer.state(record(8002)) == .ready)
        #expect(balancer.core.hostEntries.first { $0.port == 8002 }?.slowStartBegan == nil)
        #expect(balancer.events().contains(.joined(id("worker-8002"))))
    }

    @Test func aHintThatFailsIsEjectedAndLaterRemoved() {
        var balancer = BalancerConversation(epoch: Epoch(5), hints: Self.hints)
        balancer.probe(record(8001), .refusedConnection)
        #expect(balancer.state(record(8001)) == .ejected)
        balancer.pass(milliseconds: 301_000) { _ in .refusedConnection }
        #expect(balancer.core.snapshot.workers.isEmpty)
    }

    @Test func aWatchOfAHintIsMembershipAndAsksForAProbe() {
        var balancer = BalancerConversation(epoch: Epoch(5), hints: Self.hints)
        balancer.probe(record(8001), .failed("timed out"))
        _ = balancer.effects()
        balancer.now = at(10)
        let verdict = balancer.watch(watch(record(8001), seen: Epoch(4)))
        #expect(verdict == .newer(balancer.core.snapshot))
        #expect(balancer.effects() == [.probe(record(8001, state: .joining))])
    }

    @Test func aWatchOfAnotherStartThanTheHintMustRegister() {
        var balancer = BalancerConversation(epoch: Epoch(5), hints: Self.hints)
        #expect(balancer.watch(watch(record(8001, incarnation: 2), seen: Epoch(4))) == .registerAgain)
        balancer.admit(record(8001, incarnation: 2))
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test func aDrainingHintKeepsDraining() {
        let hints = Snapshot(epoch: Epoch(4), version: 1, workers: [record(8001, state: .draining)])
        var balancer = BalancerConversation(epoch: Epoch(5), hints: hints)
        balancer.pass(milliseconds: 5000)
        #expect(balancer.state(record(8001)) == .draining)
    }

    /// A worker started three times with one incarnation, because its clock was set back. A balancer that took over with an old
    /// list kept it out for good.
    @Test func `The drain of an earlier start with the same incarnation ends when the present start registers`() {
        let drained = record(8001, state: .draining).started(1)
        let present = record(8001).started(2)
        var balancer = BalancerConversation(
            epoch: Epoch(5), hints: Snapshot(epoch: Epoch(4), version: 1, workers: [drained]))
        #expect(balancer.watch(watch(present, seen: Epoch(4))) == .registerAgain)
        balancer.admit(present)
        #expect(balancer.state(present) == .ready)
        #expect(balancer.watch(watch(present, seen: Epoch(5))) == .newer(balancer.core.snapshot))
        // A late message of the earlier start.
        let peer = worker("worker-8001")
        #expect(balancer.core.drain(present.id, incarnation: 1, startMark: 1, peer: peer, now: at(0)) == .unknown)
        #expect(balancer.core.leave(present.id, incarnation: 1, startMark: 1, peer: peer, now: at(0)) == .unknown)
        #expect(balancer.state(present) == .ready)
    }

    /// - Parameter mark: nil for a worker of an earlier version.
    @Test(arguments: [1, nil] as [UInt32?])
    func anOperatorsDrainSurvivesATakeover(mark: UInt32?) {
        var present = record(8001)
        present.startMark = mark
        var first = BalancerConversation(with: [present, record(8002)])
        let person = identity("alice", .operator)
        #expect(first.core.drain(present.id, incarnation: 1, peer: person, now: at(0)) == .accepted(Epoch(1)))
        var second = BalancerConversation(epoch: Epoch(2), hints: first.core.snapshot)
        #expect(second.watch(watch(present)) == .newer(second.core.snapshot))
        second.pass(milliseconds: 5000)
        #expect(second.state(present) == .draining)
        #expect(second.state(record(8002)) == .ready)
    }

    /// A balancer of an earlier version has left the marks out of its list.
    @Test func aHintWithoutAMarkIsOfTheStartThatWatches() {
        var balancer = BalancerConversation(epoch: Epoch(5), hints: Self.hints)
        #expect(balancer.watch(watch(record(8001).started(7), seen: Epoch(4))) == .newer(balancer.core.snapshot))
    }

    @Test func nonsenseIsLeftOut() {
        var tooHeavy = record(8004)
        tooHeavy.offer.capacity = .max
        tooHeavy.offer.maximumRequests = -1
        var sameAddress = record(8005)
        sameAddress.port = 8004
        let hints = Snapshot(
            epoch: Epoch(4), version: 1,
            workers: [
                record(0), record(8000), record(7000), record(8001, host: "a b"), tooHeavy, sameAddress, record(8004),
            ])
        let balancer = BalancerConversation(epoch: Epoch(5), hints: hints)
        #expect(balancer.core.snapshot.workers.map(\.port) == [8004])
        #expect(balancer.core.snapshot.workers.map(\.offer.capacity) == [16])
        #expect(balancer.core.snapshot.workers.map(\.offer.maximumRequests) == [0])
    }
}
