import Testing

@testable import Connections

/// Time credit. Waiting uses it up, and bytes add to it.
@Suite struct MinimumRateDeadlineTests {
    private static let second: UInt64 = 1_000_000_000

    private func deadline() -> MinimumRateDeadline {
        var deadline = MinimumRateDeadline(patienceMilliseconds: 60_000, bytesPerSecond: 240)
        deadline.restart(now: 5 * Self.second)
        return deadline
    }

    @Test func silenceIsLateAfterTheLimit() {
        #expect(deadline().instant == 65 * Self.second)
    }

    @Test func bytesAddTimeUpToTheLimit() {
        var deadline = deadline()
        deadline.moved(240, now: 6 * Self.second)
        #expect(deadline.instant / Self.second == 65)
        deadline.moved(1_000_000, now: 10 * Self.second)
        #expect(deadline.instant == 70 * Self.second)
        deadline.moved(.max, now: 11 * Self.second)
        #expect(deadline.instant == 71 * Self.second)
    }

    @Test func aTrickleIsLateAndASlowConnectionIsNot() {
        var trickle = deadline()
        var slow = deadline()
        var lateAt: UInt64?
        for second in 5..<1000 as Range<UInt64> {
            let now = second * Self.second
            if lateAt == nil, trickle.instant < now { lateAt = second }
            #expect(slow.instant >= now)
            trickle.moved(1, now: now)
            slow.moved(300, now: now)
        }
        // 60 s, plus the time for one byte a second.
        #expect(lateAt.map { (65...67).contains($0) } == true, "\(String(describing: lateAt))")
    }

    @Test func absurdNumbersSaturate() {
        var deadline = MinimumRateDeadline(patienceMilliseconds: .max, bytesPerSecond: 0)
        deadline.moved(.max, now: .max)
        deadline.moved(-1, now: 0)
        #expect(deadline.instant <= .max)
    }
}
