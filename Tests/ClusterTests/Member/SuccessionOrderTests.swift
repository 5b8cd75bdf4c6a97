import Cluster
import Testing

@Suite struct SuccessionOrderTests {
    private func order(_ records: [WorkerRecord], host: String = "127.0.0.1") -> [UInt16] {
        SuccessionOrder(of: Snapshot(epoch: Epoch(1), version: 1, workers: records), seenBy: record(8000, host: host))
            .candidates.map(\.port)
    }

    @Test func theSmallestPortIsFirst() {
        #expect(order([record(8003), record(8001), record(8002)]) == [8001, 8002, 8003])
    }

    @Test func thenHostThenName() {
        var a = record(8001)
        a.host = "localhost"
        var b = record(8001)
        b.host = "127.0.0.9"
        let snapshot = Snapshot(epoch: Epoch(1), version: 1, workers: [a, b, record(8001)])
        let hosts = SuccessionOrder(of: snapshot, seenBy: record(8000, host: "::1")).candidates.map(\.host)
        #expect(hosts == ["127.0.0.1", "127.0.0.9", "localhost"])
    }

    @Test func onlyWorkersThatMayStandInAreListed() {
        #expect(order([record(8001, mayStandIn: false), record(8002), record(8003, state: .draining)]) == [8002])
    }

    @Test func theReadyComeBeforeTheOthers() {
        let records = [record(8001, state: .suspect), record(8002), record(8003, state: .ejected), record(8004)]
        #expect(order(records) == [8002, 8004, 8001, 8003])
    }

    @Test func onlyWorkersOfTheSameMachineAreCandidates() {
        let records = [record(8001, host: "10.0.0.5"), record(8002), record(8003, host: "localhost")]
        #expect(order(records) == [8002, 8003])
        #expect(order(records, host: "10.0.0.5") == [8001])
        #expect(order(records, host: "127.example.com").isEmpty)
    }

    @Test func deadWorkersAreSkipped() {
        let snapshot = MemberConversation.snapshot()
        let order = SuccessionOrder(of: snapshot, seenBy: record(8000, host: "127.0.0.1"))
        #expect(order.rank(of: id("worker-8003")) == 2)
        #expect(order.rank(of: id("worker-8003"), without: [id("worker-8001")]) == 1)
        #expect(order.rank(of: id("worker-8009")) == nil)
    }

    @Test(
        arguments: [
            (UInt16(8001), [], [8002, 8003]), (8002, [], [8001, 8003]), (8005, [], [8001, 8002, 8003]),
            (8001, [8002], [8003]), (8001, [8002, 8003], [8004, 8005]), (8001, [8002, 8003, 8004, 8005], []),
        ] as [(UInt16, [UInt16], [UInt16])])
    func theFrequentWatchersAreTheElectors(port: UInt16, dead: [UInt16], asked: [UInt16]) {
        let snapshot = MemberConversation.snapshot((8001...8005).map { record($0) })
        let order = SuccessionOrder(of: snapshot, seenBy: record(8000, host: "127.0.0.1"))
        let electors = order.electors(
            for: id("worker-\(port)"), without: Set(dead.map { id("worker-\($0)") }), count: 3)
        #expect(electors.map(\.port) == asked)
    }

    /// The balancer lives in lock domain 1. It has two workers there, three in domain 2, one in domain 3, and one that
    /// may not stand in.
    private static let spread = Snapshot(
        epoch: Epoch(1), version: 1,
        workers: [
            record(8001).living(in: 1), record(8002).living(in: 1, acrossHosts: false), record(8003).living(in: 2),
            record(8004).living(in: 3), record(8005).living(in: 2), record(8006).living(in: 2, acrossHosts: false),
            record(8007, state: .draining).living(in: 3),
        ], lockDomain: lockDomain("h1"))

    @Test func theBalancersLockDomainPrecedesTheDistantWorkers() {
        for viewer in Self.spread.workers {
            let order = SuccessionOrder(of: Self.spread, seenBy: viewer)
            #expect(order.sharesLockDomain == (viewer.lockDomain == lockDomain("h1")))
            #expect(order.candidates.map(\.port) == [8001, 8002])
            #expect(order.distant.map(\.port) == [8003, 8004, 8005])
        }
    }

    @Test(
        arguments: [
            (UInt16(8003), [], SuccessionOrder.Turn(domainsBefore: 0, rank: 0)),
            (8004, [], SuccessionOrder.Turn(domainsBefore: 1, rank: 0)),
            (8005, [], SuccessionOrder.Turn(domainsBefore: 1, rank: 1)),
            (8005, [8004], SuccessionOrder.Turn(domainsBefore: 0, rank: 1)),
            (8004, [8003], SuccessionOrder.Turn(domainsBefore: 0, rank: 0)), (8001, [], nil), (8006, [], nil),
        ] as [(UInt16, [UInt16], SuccessionOrder.Turn?)])
    func aLockDomainCostsTheOthersOneTurn(port: UInt16, dead: [UInt16], turn: SuccessionOrder.Turn?) {
        let order = SuccessionOrder(of: Self.spread, seenBy: record(8004).living(in: 3))
        #expect(order.turn(of: id("worker-\(port)"), without: Set(dead.map { id("worker-\($0)") })) == turn)
    }

    @Test func neighboursAreKnownByTheirLockDomain() {
        var elsewhere = record(8002).living(in: 1)
        elsewhere.host = "127.0.0.1"
        let snapshot = Snapshot(
            epoch: Epoch(1), version: 1, workers: [record(8001).living(in: 1), elsewhere], lockDomain: lockDomain("h1"))
        #expect(SuccessionOrder(of: snapshot, seenBy: elsewhere).candidates.map(\.port) == [8001, 8002])
    }

    @Test func withoutALockDomainTheAddressDecides() {
        let old = record(8002, host: "10.0.0.1")
        let workers = [record(8001).living(in: 1), old, record(8003).living(in: 2)]
        let new = Snapshot(epoch: Epoch(1), version: 1, workers: workers, lockDomain: lockDomain("h1"))
        #expect(SuccessionOrder(of: new, seenBy: workers[0]).candidates.map(\.port) == [8001, 8002])
        #expect(SuccessionOrder(of: new, seenBy: workers[2]).candidates.map(\.port) == [8001])
        let ofOldBalancer = Snapshot(epoch: Epoch(1), version: 1, workers: workers)
        #expect(SuccessionOrder(of: ofOldBalancer, seenBy: workers[0]).candidates.map(\.port) == [8001, 8002])
        #expect(SuccessionOrder(of: ofOldBalancer, seenBy: workers[2]).candidates.map(\.port) == [8003])
    }
}
