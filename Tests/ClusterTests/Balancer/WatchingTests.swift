import Cluster
import Testing

@Suite struct WatchingTests {
    @Test func aWatchTellsWhetherTheSnapshotIsCurrent() {
        var balancer = BalancerConversation(with: [record(8001)])
        let snapshot = balancer.core.snapshot
        let current = (snapshot.epoch, snapshot.version)
        #expect(balancer.watch(watch(record(8001))) == .newer(snapshot))
        #expect(
            balancer.watch(watch(record(8001), holding: current)) == .unchanged(Epoch(1), version: snapshot.version))
        #expect(
            balancer.watch(watch(record(8001), holding: (Epoch(0), snapshot.version))) == .newer(snapshot),
            "the same version of another epoch is another snapshot"
        )
        balancer.admit(record(8002))
        #expect(balancer.watch(watch(record(8001), holding: current)) == .newer(balancer.core.snapshot))
    }

    @Test func onlyThisStartOfAMemberMayWatch() {
        var balancer = BalancerConversation(with: [record(8001, incarnation: 5)])
        #expect(balancer.watch(watch(record(8002))) == .registerAgain)
        #expect(balancer.watch(watch(record(8001, incarnation: 6))) == .registerAgain)
        #expect(balancer.watch(watch(record(8001, incarnation: 4))) == .refused(.olderIncarnation))
    }

    @Test func theEndOfTheWatchTakesTheWorkerOutAtOnce() {
        var balancer = BalancerConversation(with: [record(8001), record(8002)])
        balancer.core.watchLost(id("worker-8001"), incarnation: 7, now: at(10))
        #expect(balancer.state(record(8001)) == .ready, "another start's watch ended, not this one's")
        balancer.core.watchLost(id("worker-8001"), incarnation: 1, now: at(10))
        #expect(balancer.state(record(8001)) == .suspect)
        let effects = balancer.effects()
        #expect(effects.contains(.probe(record(8001, state: .suspect))))
        #expect(effects.last == .hostsChanged)
        balancer.probe(record(8001), .passed)
        #expect(balancer.state(record(8001)) == .ready, "it only lost its connection")
    }

    @Test func watchesThatEndTogetherLeaveHalfOfTheWorkersInRotation() {
        var balancer = BalancerConversation(with: [record(8001), record(8002), record(8003)])
        for port in [8001, 8002, 8003] as [UInt16] {
            balancer.core.watchLost(id("worker-\(port)"), incarnation: 1, now: at(10))
        }
        #expect([8001, 8002, 8003].map { balancer.state(record($0)) } == [.suspect, .ready, .ready])
        let probed = balancer.effects().filter { if case .probe = $0 { true } else { false } }
        #expect(probed.count == 3, "a probe asks each worker at once")
        balancer.probe(record(8002), .refusedConnection)
        #expect(balancer.state(record(8002)) == .ejected, "a worker that refuses connections is dead")
        balancer.probe(record(8001), .passed)
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test func theLastWorkerStaysUntilItsProbeIsRefused() {
        var balancer = BalancerConversation(with: [record(8001)])
        balancer.core.watchLost(id("worker-8001"), incarnation: 1, now: at(10))
        #expect(balancer.state(record(8001)) == .ready)
        balancer.probe(record(8001), .refusedConnection)
        #expect(balancer.state(record(8001)) == .ejected)
    }

    @Test func aProbeFromBeforeTheEndOfTheWatchProvesNothing() {
        var balancer = BalancerConversation(with: [record(8001), record(8002)])
        balancer.now = at(1000)
        balancer.core.tick(now: at(1000))
        #expect(balancer.effects() == [.checkFence, .probe(record(8001)), .probe(record(8002))])
        balancer.core.watchLost(id("worker-8001"), incarnation: 1, now: at(1001))
        #expect(!balancer.effects().contains { if case .probe = $0 { true } else { false } }, "one at a time")
        balancer.now = at(1002)
        balancer.probe(record(8001), .passed)
        #expect(balancer.state(record(8001)) == .suspect)
        #expect(balancer.effects() == [.probe(record(8001, state: .suspect))], "asked once more, at once")
        balancer.probe(record(8001), .passed)
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test func `A suspect worker is probed each second, however rare the probes of others are`() {
        var settings = ClusterSettings()
        settings.probeIntervalMilliseconds = 600_000
        settings.jitterPercent = 0
        var balancer = BalancerConversation(with: [record(8001), record(8002)], settings: settings)
        balancer.core.watchLost(id("worker-8001"), incarnation: 1, now: at(10))
        for second in 0..<3 as Range<Int64> {
            #expect(balancer.state(record(8001)) == .suspect, "after \(second) failures")
            balancer.now = at(10 + 1000 * second)
            balancer.core.tick(now: balancer.now)
            let probed = balancer.effects().filter { $0 == .probe(record(8001, state: .suspect)) }
            #expect(probed.count == 1, "probe \(second)")
            balancer.probe(record(8001), .failed("timed out"))
        }
        #expect(balancer.state(record(8001)) == .ejected)
    }

    @Test func aSilentWatchIsNotedButCostsNoPlace() {
        var balancer = BalancerConversation(with: [record(8001), record(8002)])
        balancer.now = at(5000)
        _ = balancer.watch(watch(record(8002)))
        balancer.now = at(0)
        balancer.pass(milliseconds: 14_000)
        #expect(balancer.events() == [.watchSilent(id("worker-8001"))])
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test func draining() {
        var balancer = BalancerConversation(with: [record(8001), record(8002)])
        let peer = worker("worker-8001")
        #expect(balancer.core.drain(id("worker-8001"), incarnation: 2, peer: peer, now: at(0)) == .unknown)
        #expect(
            balancer.core.drain(id("worker-8001"), incarnation: 1, peer: worker("worker-8002"), now: at(0))
                == .refused(.identityMismatch))
        for _ in 0..<2 {
            #expect(
                balancer.core.drain(id("worker-8001"), incarnation: 1, peer: peer, now: at(0)) == .accepted(Epoch(1)))
        }
        #expect(balancer.state(record(8001)) == .draining)
        #expect(balancer.core.hostEntries.map(\.isRoutable) == [false, true])
        balancer.pass(milliseconds: 5000)
        #expect(balancer.state(record(8001)) == .draining, "good probes don't bring it back")
        #expect(
            balancer.core.leave(id("worker-8001"), incarnation: 1, peer: peer, now: at(5000)) == .accepted(Epoch(1)))
        #expect(balancer.core.leave(id("worker-8001"), incarnation: 1, peer: peer, now: at(5000)) == .unknown)
        #expect(balancer.events() == [.draining(id("worker-8001")), .left(id("worker-8001"))])
        #expect(balancer.core.hostEntries.map(\.id) == [id("worker-8002")])
    }

    @Test func aDrainingWorkerThatEndsHasLeft() {
        var balancer = BalancerConversation(with: [record(8001)])
        _ = balancer.core.drain(id("worker-8001"), incarnation: 1, peer: worker("worker-8001"), now: at(0))
        balancer.core.watchLost(id("worker-8001"), incarnation: 1, now: at(10))
        #expect(balancer.core.snapshot.workers.isEmpty)
    }

    @Test func aDrainingWorkerMayComeBack() {
        var balancer = BalancerConversation(with: [record(8001)])
        _ = balancer.core.drain(id("worker-8001"), incarnation: 1, peer: worker("worker-8001"), now: at(0))
        balancer.admit(record(8001))
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test func anOperatorMayDrainAnyWorkerOfItsCluster() {
        var balancer = BalancerConversation(with: [record(8001)])
        let stranger = identity("ann", .operator, cluster: "elsewhere")
        #expect(
            balancer.core.drain(id("worker-8001"), incarnation: 1, peer: stranger, now: at(0))
                == .refused(.wrongCluster))
        let ann = identity("ann", .operator)
        #expect(balancer.core.drain(id("worker-8001"), incarnation: 1, peer: ann, now: at(0)) == .accepted(Epoch(1)))
    }

    @Test func theStatusShowsTheReportOfTheWatch() {
        var balancer = BalancerConversation(with: [record(8001)])
        balancer.now = at(300)
        _ = balancer.watch(watch(record(8001), inFlight: 17))
        #expect(balancer.core.workers.map(\.inFlightReported) == [17])
        #expect(balancer.core.workers.map(\.lastSeen) == [at(300)])
        _ = balancer.watch(watch(record(8001), inFlight: -4))
        #expect(balancer.core.workers.map(\.inFlightReported) == [0])
    }

    @Test func aDiscoveryRequestNeedsNoRegistration() {
        var balancer = BalancerConversation(with: [record(8001)])
        let request = DiscoveryRequest(epochSeen: Epoch(1))
        #expect(balancer.core.discover(request, peer: worker("worker-9"), now: at(0)) == .reigns(Epoch(1)))
        #expect(
            balancer.core.discover(request, peer: worker("worker-9", cluster: "other"), now: at(0))
                == .refused(.wrongCluster))
        #expect(balancer.core.discover(request, peer: nil, now: at(0)) == .refused(.wrongCluster))
        #expect(
            balancer.core.discover(request, peer: identity("ann", .operator), now: at(0)) == .refused(.wrongRole))
        let absurd = DiscoveryRequest(epochSeen: Epoch(.max))
        guard case .refused(.invalid) = balancer.core.discover(absurd, peer: worker("worker-9"), now: at(0)) else {
            Issue.record("an absurd epoch is believed")
            return
        }
        let effects = balancer.effects()
        #expect(balancer.core.snapshot.workers.count == 1 && effects.isEmpty)
    }
}
