import Cluster
import Testing

@Suite struct SuccessionOrderTests {
    private func order(_ records: [WorkerRecord], host: String = "127.0.0.1") -> [UInt16] {
        SuccessionOrder(of: Snapshot(epoch: Epoch(1), version: 1, workers: records), onMachineOf: host)
            .candidates.map(\.port)
    }

    @Test func smallestPortFirstWhateverTheListsOrder() {
        #expect(order([record(8003), record(8001), record(8002)]) == [8001, 8002, 8003])
    }

    @Test func thenHostThenName() {
        var a = record(8001)
        a.host = "localhost"
        var b = record(8001)
        b.host = "127.0.0.9"
        let snapshot = Snapshot(epoch: Epoch(1), version: 1, workers: [a, b, record(8001)])
        let hosts = SuccessionOrder(of: snapshot, onMachineOf: "::1").candidates.map(\.host)
        #expect(hosts == ["127.0.0.1", "127.0.0.9", "localhost"])
    }

    @Test func onlyThoseThatMay() {
        #expect(order([record(8001, mayStandIn: false), record(8002), record(8003, state: .draining)]) == [8002])
    }

    @Test func theReadyComeBeforeTheOthers() {
        let records = [record(8001, state: .suspect), record(8002), record(8003, state: .ejected), record(8004)]
        #expect(order(records) == [8002, 8004, 8001, 8003])
    }

    @Test func onlyThoseOnTheSameMachine() {
        let records = [record(8001, host: "10.0.0.5"), record(8002), record(8003, host: "localhost")]
        #expect(order(records) == [8002, 8003])
        #expect(order(records, host: "10.0.0.5") == [8001])
        #expect(order(records, host: "127.example.com").isEmpty)
    }

    @Test func theDeadArePassedOver() {
        let snapshot = MemberConversation.snapshot()
        let order = SuccessionOrder(of: snapshot, onMachineOf: "127.0.0.1")
        #expect(order.rank(of: id("worker-8003")) == 2)
        #expect(order.rank(of: id("worker-8003"), without: [id("worker-8001")]) == 1)
        #expect(order.rank(of: id("worker-8009")) == nil)
    }

    @Test(
        arguments: [
            (UInt16(8001), [], [8002, 8003]), (8002, [], [8001, 8003]), (8005, [], [8001, 8002, 8003]),
            (8001, [8002], [8003]), (8001, [8002, 8003], [8004, 8005]), (8001, [8002, 8003, 8004, 8005], []),
        ] as [(UInt16, [UInt16], [UInt16])])
    func thoseWhoWatchCloselyAreAsked(port: UInt16, dead: [UInt16], asked: [UInt16]) {
        let snapshot = MemberConversation.snapshot((8001...8005).map { record($0) })
        let order = SuccessionOrder(of: snapshot, onMachineOf: "127.0.0.1")
        let electors = order.electors(
            for: id("worker-\(port)"), without: Set(dead.map { id("worker-\($0)") }), count: 3)
        #expect(electors.map(\.port) == asked)
    }
}
