import Cluster
import Testing

/// Ejection because of failed requests.
@Suite struct RequestFailureTests {
    private func fail(
        _ balancer: inout BalancerConversation, _ port: UInt16, _ fault: RequestFault = .response, times: Int
    ) {
        for _ in 0..<times {
            balancer.core.requestFailed(id("worker-\(port)"), incarnation: 1, fault, now: balancer.now)
        }
    }

    @Test func fiveInARowEjectForThirtySeconds() {
        var balancer = BalancerConversation(with: HealthTests.three)
        fail(&balancer, 8001, times: 4)
        #expect(balancer.state(record(8001)) == .ready)
        fail(&balancer, 8001, times: 1)
        #expect(balancer.state(record(8001)) == .ejected)
        balancer.pass(milliseconds: 29_900)
        #expect(balancer.state(record(8001)) == .ejected, "its probes pass, and yet")
        balancer.pass(milliseconds: 200)
        #expect(balancer.state(record(8001)) == .ready)
        #expect(balancer.core.workers.first?.requestFailures == 5)
        #expect(balancer.core.workers.first?.ejections == 1)
        #expect(balancer.core.counts.count(.responses) == 1)
    }

    /// A probe knows whether the worker takes connections. So a restart of an application costs its worker no longer than
    /// the restart takes.
    @Test func missingConnectionsEjectUntilTheProbesPass() {
        var balancer = BalancerConversation(with: HealthTests.three)
        fail(&balancer, 8001, .response, times: 4)
        fail(&balancer, 8001, .connection, times: 1)
        #expect(balancer.state(record(8001)) == .ejected)
        #expect(balancer.core.counts.count(.connections) == 1)
        balancer.pass(milliseconds: 800)
        #expect(balancer.state(record(8001)) == .ejected)
        balancer.pass(milliseconds: 2000)
        #expect(balancer.state(record(8001)) == .ready)
        // It does not count for the time of a later ejection.
        balancer.pass(milliseconds: 61_000)
        fail(&balancer, 8001, .response, times: 5)
        balancer.pass(milliseconds: 30_100)
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test func aSuccessBetweenBreaksTheRow() {
        var balancer = BalancerConversation(with: HealthTests.three)
        for _ in 0..<10 {
            fail(&balancer, 8001, times: 4)
            balancer.core.requestSucceeded(id("worker-8001"), incarnation: 1, now: balancer.now)
        }
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test func eachTimeItTakesLongerUpToFiveMinutes() {
        var balancer = BalancerConversation(with: HealthTests.three)
        for times in 1...12 {
            fail(&balancer, 8001, times: 5)
            let expected = min(Int64(times) * 30_000, 300_000)
            balancer.pass(milliseconds: expected - 100)
            #expect(balancer.state(record(8001)) == .ejected, "\(times)")
            balancer.pass(milliseconds: 200)
            #expect(balancer.state(record(8001)) == .ready, "\(times)")
        }
        balancer.pass(milliseconds: 300_000)
        fail(&balancer, 8001, times: 5)
        balancer.pass(milliseconds: 30_100)
        #expect(balancer.state(record(8001)) == .ready, "five good minutes clear the account")
    }

    @Test func `A worker that is ill at the end of a long ejection is not dropped at once`() {
        var balancer = BalancerConversation(with: HealthTests.three)
        for times in 1...10 {
            fail(&balancer, 8001, times: 5)
            if times < 10 { balancer.pass(milliseconds: min(Int64(times) * 30_000, 300_000) + 100) }
        }
        let refusing: (WorkerRecord) -> ProbeOutcome = { $0.port == 8001 ? .refusedConnection : .passed }
        balancer.pass(milliseconds: 300_000 + 290_000, answering: refusing)
        #expect(balancer.state(record(8001)) == .ejected)
        balancer.pass(milliseconds: 15_000, answering: refusing)
        #expect(balancer.state(record(8001)) == nil, "it was out of the rotation for 300 s after the ejection")
    }

    @Test func theLastWorkerIsNeverEjected() {
        var balancer = BalancerConversation(with: [record(8001)])
        fail(&balancer, 8001, times: 50)
        #expect(balancer.state(record(8001)) == .ready)
    }

    @Test func moreThanHalfTogetherMeansPanicMode() {
        var balancer = BalancerConversation(with: HealthTests.three + [record(8004), record(8005)])
        for port in UInt16(8001)...8005 { fail(&balancer, port, times: 5) }
        #expect(
            balancer.core.hostEntries.filter(\.isRoutable).count == 3, "two were ejected before it was the majority")
        fail(&balancer, 8003, times: 20)
        #expect(balancer.state(record(8003)) == .ready)
    }

    @Test func registeringAgainDoesNotLiftIt() {
        var balancer = BalancerConversation(with: HealthTests.three)
        fail(&balancer, 8001, times: 5)
        for _ in 0..<5 { balancer.admit(record(8001)) }
        #expect(balancer.state(record(8001)) == .ejected)
    }

    @Test func anotherIncarnationsFailureMeansNothing() {
        var balancer = BalancerConversation(with: HealthTests.three)
        for _ in 0..<10 { balancer.core.requestFailed(id("worker-8001"), incarnation: 9, now: at(0)) }
        #expect(balancer.state(record(8001)) == .ready)
    }
}
