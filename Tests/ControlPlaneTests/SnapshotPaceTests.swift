import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct SnapshotPaceTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func whatIsSmallIsNeverHeldBack() {
        var pace = SnapshotPace()
        for step in 1...10_000 {
            let isAllowed = pace.allows(now: UInt64(step) * 1_000_000)
            #expect(isAllowed)
            pace.spend(60_000)
        }
    }

    @Test func whatIsLargeComesLater() {
        var pace = SnapshotPace()
        var sent = 0
        // Five thousand workers ask in each of ten seconds for a megabyte.
        for step in 1...50_000 where pace.allows(now: UInt64(step) * SnapshotPaceTests.second / 5000) {
            sent += 1 << 20
            pace.spend(1 << 20)
        }
        #expect(sent >= 10 * SnapshotPace.bytesPerSecond)
        #expect(sent <= 11 * SnapshotPace.bytesPerSecond + 1 << 20)
    }

    @Test func debtsAreBounded() {
        var pace = SnapshotPace()
        pace.spend(.max / 2)
        var allowed: [Bool] = []
        for second in 1...12 { allowed.append(pace.allows(now: UInt64(second) * SnapshotPaceTests.second)) }
        #expect(allowed == Array(repeating: false, count: 10) + [true, true])
    }
}
