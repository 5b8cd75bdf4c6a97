import Testing

@testable import ControlPlane

@Suite struct IdentityRateLimiterTests {
    private let second: UInt64 = 1_000_000_000

    @Test func aBurstPassesAtOnceAndTheRestAtTheRate() {
        var pace = IdentityRateLimiter()
        let now = 5 * second
        for _ in 0..<IdentityRateLimiter.burst { #expect(pace.take("a", now: now) == now) }
        for number in 1...IdentityRateLimiter.perSecond {
            #expect(pace.take("a", now: now) == now + number * second / IdentityRateLimiter.perSecond)
        }
        #expect(pace.take("b", now: now) == now, "another identity has a bucket of its own")
    }

    @Test func aBucketFillsAgain() {
        var pace = IdentityRateLimiter()
        for _ in 0..<(2 * IdentityRateLimiter.burst) { _ = pace.take("a", now: second) }
        let later = second + 10 * second
        for _ in 0..<IdentityRateLimiter.burst { #expect(pace.take("a", now: later) == later) }
        #expect(pace.take("a", now: later) > later)
    }

    /// A worker sends ten requests in a second.
    @Test func aWorkerNeverWaits() {
        var pace = IdentityRateLimiter()
        for number in UInt64(0)..<1000 {
            let now = number * second / 10
            #expect(pace.take("a", now: now) == now)
        }
    }
}
