import Testing

@testable import Cluster

/// The warning that no worker may start a successor.
@Suite struct SuccessionAlarmTests {
    /// The events of checks once a second.
    private func events(
        _ alarm: inout SuccessionAlarm, seconds: ClosedRange<Int64>, standIns: Int
    ) -> [ClusterEvent] {
        seconds.compactMap { alarm.check(standIns: standIns, now: at($0 * 1000)) }
    }

    @Test func `A balancer without workers waits for the first one`() {
        var alarm = SuccessionAlarm()
        #expect(events(&alarm, seconds: 0...100, standIns: 0) == [])
        alarm.workerStored()
        #expect(events(&alarm, seconds: 101...105, standIns: 0) == [])
        #expect(events(&alarm, seconds: 106...200, standIns: 0) == [.nobodyMayStandIn])
    }

    @Test func `A worker that proves its right in time raises no alarm`() {
        var alarm = SuccessionAlarm()
        alarm.workerStored()
        #expect(events(&alarm, seconds: 0...4, standIns: 0) == [])
        #expect(events(&alarm, seconds: 5...50, standIns: 1) == [])
        #expect(!alarm.isRaised)
    }

    @Test func `The alarm ends with the first worker that may stand in, and is raised again`() {
        var alarm = SuccessionAlarm()
        alarm.workerStored()
        #expect(events(&alarm, seconds: 0...10, standIns: 0) == [.nobodyMayStandIn])
        #expect(events(&alarm, seconds: 11...20, standIns: 1) == [.successionRestored])
        #expect(events(&alarm, seconds: 21...40, standIns: 0) == [.nobodyMayStandIn])
    }

    /// The counts of the registry: a worker that leaves, one that drains, and one that never claimed.
    @Test func `The registry warns when its last successor has gone`() {
        let able = record(8001)
        var balancer = BalancerConversation(with: [able, record(8002, mayStandIn: false)])
        balancer.pass(milliseconds: 20_000)
        #expect(!balancer.events().contains(.nobodyMayStandIn))
        _ = balancer.core.drain(
            able.id, incarnation: able.incarnation, peer: worker(able.id.text), now: balancer.now)
        balancer.pass(milliseconds: 10_000)
        #expect(balancer.events().filter { $0 == .nobodyMayStandIn }.count == 1)
        balancer.admit(record(8003))
        balancer.pass(milliseconds: 2000)
        #expect(balancer.events().contains(.successionRestored))
    }

    @Test func `The only worker comes and goes between two checks, and the registry warns`() {
        let only = record(8001)
        var balancer = BalancerConversation()
        balancer.pass(milliseconds: 1100)
        balancer.admit(only)
        balancer.pass(milliseconds: 300)
        _ = balancer.core.leave(only.id, incarnation: only.incarnation, peer: worker(only.id.text), now: balancer.now)
        #expect(balancer.core.workers.isEmpty)
        balancer.pass(milliseconds: 10_000)
        #expect(balancer.events().filter { $0 == .nobodyMayStandIn }.count == 1)
    }

    @Test func `A watch says whether its worker keeps a standby`() {
        let able = record(8001)
        var balancer = BalancerConversation(with: [able])
        let watch = Watch(
            id: able.id, incarnation: able.incarnation, epochSeen: Epoch(1), snapshotEpoch: Epoch(1),
            snapshotVersion: 1, inFlight: 0, hasStandby: true)
        #expect(balancer.core.workers.map(\.hasStandby) == [false])
        _ = balancer.watch(watch)
        #expect(balancer.core.workers.map(\.hasStandby) == [true])
    }
}
