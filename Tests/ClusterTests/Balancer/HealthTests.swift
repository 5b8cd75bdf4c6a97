import Cluster
import Testing

@Suite struct HealthTests {
    static let three: [WorkerRecord] = [record(8001), record(8002), record(8003)]

    /// Fails the probes of these workers and passes all others.
    static func failing(_ ports: UInt16...) -> (WorkerRecord) -> ProbeOutcome {
        { ports.contains($0.port) ? .failed("timed out") : .passed }
    }

    @Test func everyWorkerIsProbedOnceASecond() {
        var balancer = BalancerConversation(with: Self.three)
        var count = 0
        balancer.pass(milliseconds: 9000) { _ in
            count += 1
            return .passed
        }
        #expect(count == 27)
        #expect(balancer.events().isEmpty)
    }

    @Test func jitterKeepsProbesApart() {
        var settings = ClusterSettings()
        settings.jitterPercent = 10
        var balancer = BalancerConversation(with: (8001...8020).map { record($0) }, settings: settings)
        var times: Set<UInt64> = []
        while let next = balancer.core.nextDeadline, next < at(1200) {
            times.insert(next.nanoseconds)
            balancer.core.tick(now: next)
        }
        #expect(times.count > 15)
        #expect(times.allSatisfy { (at(900).nanoseconds...at(1100).nanoseconds).contains($0) })
    }

    @Test func threeFailuresEjectAndTwoPassesBringBack() {
        var balancer = BalancerConversation(with: Self.three)
        balancer.pass(milliseconds: 2500, answering: Self.failing(8002))
        #expect(balancer.state(record(8002)) == .ready)
        balancer.pass(milliseconds: 1000, answering: Self.failing(8002))
        #expect(balancer.state(record(8002)) == .ejected)
        #expect(balancer.core.workers.first { $0.record.port == 8002 }?.reason == "failed probes (timed out)")
        balancer.pass(milliseconds: 1000)
        #expect(balancer.state(record(8002)) == .ejected)
        balancer.pass(milliseconds: 1000)
        #expect(balancer.state(record(8002)) == .ready)
        #expect(balancer.core.workers.first { $0.record.port == 8002 }?.probeFailures == 3)
        #expect(balancer.core.counts.count(.probes) == 1 && balancer.core.counts.count(.failed) == 3)
    }

    @Test func failuresWithAPassBetweenAreForgiven() {
        var balancer = BalancerConversation(with: Self.three)
        var count = 0
        balancer.pass(milliseconds: 20_000) { record in
            guard record.port == 8001 else { return .passed }
            count += 1
            return count % 3 == 0 ? .passed : .failed("slow")
        }
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test(arguments: [ProbeOutcome.refusedConnection, .otherNode("worker-8009")])
    func certainEvidenceEjectsAtOnce(outcome: ProbeOutcome) {
        var balancer = BalancerConversation(with: [record(8001)])
        balancer.pass(milliseconds: 1000) { _ in outcome }
        #expect(balancer.state(record(8001)) == .ejected)
        let counts = balancer.core.counts
        if case .refusedConnection = outcome {
            #expect(counts.count(HealthCounts.Ejection.refused) == 1 && counts.count(HealthCounts.Probe.refused) == 1)
        } else {
            #expect(counts.count(HealthCounts.Ejection.otherNode) == 1)
            #expect(counts.count(HealthCounts.Probe.otherNode) == 1)
        }
    }

    @Test func anotherIncarnationsProbeMeansNothing() {
        var balancer = BalancerConversation(with: [record(8001), record(8002)])
        balancer.core.tick(now: at(1000))
        balancer.core.probeFinished(id("worker-8001"), incarnation: 0, .refusedConnection, now: at(1000))
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test func theLastWorkerStaysInTheRotation() {
        var balancer = BalancerConversation(with: [record(8001)])
        balancer.pass(milliseconds: 20_000, answering: Self.failing(8001))
        #expect(balancer.state(record(8001)) == .ready)
        let kept = balancer.events().filter { if case .keptInRotation = $0 { true } else { false } }
        #expect(kept == [.keptInRotation(id("worker-8001"), reason: "it is the last one")], "said once")
        #expect(balancer.core.counts.spared == 1 && balancer.core.counts.count(.probes) == 0)
    }

    @Test func moreThanHalfTogetherMeansPanicMode() {
        var balancer = BalancerConversation(with: Self.three)
        balancer.pass(milliseconds: 20_000, answering: Self.failing(8001, 8002))
        #expect(balancer.core.hostEntries.allSatisfy { $0.isRoutable })
        balancer.pass(milliseconds: 5000, answering: Self.failing(8001))
        #expect(balancer.state(record(8001)) == .ejected, "the others are well again: now it is this one")
        #expect(balancer.state(record(8002)) == .ready)
    }

    @Test func oneAfterTheOtherIsNotTogether() {
        var balancer = BalancerConversation(with: Self.three)
        balancer.pass(milliseconds: 5000, answering: Self.failing(8001))
        #expect(balancer.state(record(8001)) == .ejected)
        balancer.pass(milliseconds: 5000, answering: Self.failing(8001, 8002))
        #expect(balancer.state(record(8002)) == .ready, "two of three within ten seconds")
        balancer.pass(milliseconds: 6000, answering: Self.failing(8001, 8002))
        #expect(balancer.state(record(8002)) == .ejected, "one of two by now")
        balancer.pass(milliseconds: 30_000, answering: Self.failing(8001, 8002, 8003))
        #expect(balancer.state(record(8003)) == .ready, "the last one")
    }

    @Test func flappingDoublesTheRequiredPasses() {
        var balancer = BalancerConversation(with: Self.three)
        var passesNeeded: [Int] = []
        for _ in 0..<6 {
            balancer.pass(milliseconds: 3000, answering: Self.failing(8001))
            #expect(balancer.state(record(8001)) == .ejected)
            var passes = 0
            while balancer.state(record(8001)) == .ejected, passes < 100 {
                balancer.pass(milliseconds: 1000)
                passes += 1
            }
            passesNeeded.append(passes)
        }
        #expect(passesNeeded == [2, 4, 8, 16, 16, 16])
        balancer.pass(milliseconds: 61_000)
        balancer.pass(milliseconds: 3000, answering: Self.failing(8001))
        balancer.pass(milliseconds: 2000)
        #expect(balancer.state(record(8001)) == .ready, "a minute without failure is forgiven")
    }

    @Test func aProbeThatIsNeverReportedHasFailed() {
        var balancer = BalancerConversation(with: [record(8001), record(8002), record(8003)])
        var time: Int64 = 0
        while time < 10_000 {
            time += 100
            balancer.now = at(time)
            balancer.core.tick(now: at(time))
            for case .probe(let record) in balancer.effects() {
                if record.port == 8001 {
                    balancer.core.probeAsked(record.id, incarnation: record.incarnation, now: at(time))
                } else if record.port == 8002 {
                    balancer.probe(record, .passed)
                }
            }
        }
        #expect(balancer.state(record(8001)) == .ejected)
        #expect(balancer.state(record(8002)) == .ready)
        #expect(balancer.state(record(8003)) == .ready, "its probe waits for its turn")
    }

    @Test func aWorkerThatIsAwayTooLongIsDropped() {
        var balancer = BalancerConversation(with: [record(8001), record(8002)])
        let refusing: (WorkerRecord) -> ProbeOutcome = { $0.port == 8001 ? .refusedConnection : .passed }
        balancer.pass(milliseconds: 300_000, answering: refusing)
        #expect(balancer.core.snapshot.workers.count == 2)
        balancer.pass(milliseconds: 2000, answering: refusing)
        #expect(balancer.core.snapshot.workers.map(\.port) == [8002])
        #expect(balancer.events().contains(.dropped(id("worker-8001"))))
        #expect(balancer.watch(watch(record(8001))) == .registerAgain)
    }

    @Test func recoveryMeansSlowStart() {
        var balancer = BalancerConversation(with: Self.three)
        balancer.pass(milliseconds: 3000, answering: Self.failing(8001))
        balancer.pass(milliseconds: 2000)
        #expect(balancer.core.hostEntries.first?.slowStartBegan == at(5000))
    }

    @Test func aWorkerThatComesBackByRegistrationCountsOnePass() {
        var balancer = BalancerConversation(with: Self.three)
        balancer.pass(milliseconds: 3000, answering: Self.failing(8001))
        balancer.admit(record(8001))
        #expect(balancer.state(record(8001)) == .ejected)
        balancer.admit(record(8001))
        #expect(balancer.state(record(8001)) == .ready)
        balancer.pass(milliseconds: 3000, answering: Self.failing(8001))
        balancer.admit(record(8001, incarnation: 2))
        #expect(balancer.state(record(8001)) == .ready, "a new start has a clean record")
    }

    @Test func tenThousandWorkersAreKept() {
        var settings = ClusterSettings()
        settings.maximumWorkers = 10_000
        let records = (0..<10_000).map { number in
            WorkerRecord(
                id: id("w-\(number)"), host: "10.0.0.\(number % 200)", port: UInt16(10_000 + number), incarnation: 1,
                mayStandIn: false, state: .ready
            )
        }
        let hints = Snapshot(epoch: Epoch(1), version: 7, workers: records + records)
        var balancer = BalancerConversation(epoch: Epoch(2), settings: settings, hints: hints)
        balancer.pass(milliseconds: 1500)
        #expect(balancer.core.snapshot.workers == records)
        #expect(balancer.register(record(8001)) == .refused(.tooManyWorkers))
    }
}
