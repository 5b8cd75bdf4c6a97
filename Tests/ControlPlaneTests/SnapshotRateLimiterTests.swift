import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(5))) struct SnapshotRateLimiterTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func smallListsAreNeverDelayed() {
        var pace = SnapshotRateLimiter()
        for step in 1...10_000 {
            let isAllowed = pace.allows(now: UInt64(step) * 1_000_000)
            #expect(isAllowed)
            pace.spend(60_000)
        }
    }

    @Test func largeListsAreDelayed() {
        var pace = SnapshotRateLimiter()
        var sent = 0
        // In each of ten seconds, five thousand workers request a megabyte each.
        for step in 1...50_000 where pace.allows(now: UInt64(step) * SnapshotRateLimiterTests.second / 5000) {
            sent += 1 << 20
            pace.spend(1 << 20)
        }
        #expect(sent >= 10 * SnapshotRateLimiter.bytesPerSecond)
        #expect(sent <= 11 * SnapshotRateLimiter.bytesPerSecond + 1 << 20)
    }

    @Test func debtsAreBounded() {
        var pace = SnapshotRateLimiter()
        pace.spend(.max / 2)
        var allowed: [Bool] = []
        for second in 1...12 { allowed.append(pace.allows(now: UInt64(second) * SnapshotRateLimiterTests.second)) }
        #expect(allowed == Array(repeating: false, count: 10) + [true, true])
    }
}
