import Testing

@testable import Cluster

@Suite struct TakeoverBackoffTests {
    private func pace() -> TakeoverBackoff {
        TakeoverBackoff(restMilliseconds: 1000, burst: 3, firstWaitMilliseconds: 100, longestWaitMilliseconds: 1500)
    }

    @Test func theFirstTakeoversHaveNoDelayAndEachLaterOneDoublesIt() {
        var pace = pace()
        var waits: [Int64] = []
        for _ in 0..<12 {
            pace.ended(afterLifeOf: 0)
            waits.append(pace.waitMilliseconds)
        }
        #expect(waits == [0, 0, 0, 100, 200, 400, 800, 1500, 1500, 1500, 1500, 1500])
    }

    @Test func signsOfLifeReduceTheDelay() {
        var pace = pace()
        for _ in 0..<5 { pace.ended(afterLifeOf: 0) }
        #expect(pace.waitMilliseconds == 200)
        pace.ended(afterLifeOf: 2000)
        #expect(pace.waitMilliseconds == 100)
        pace.ended(afterLifeOf: .max)
        #expect(pace.waitMilliseconds == 0)
        for _ in 0..<100 { pace.ended(afterLifeOf: 1000) }
        #expect(pace.waitMilliseconds == 0)
    }

    @Test func theLevelIsBounded() {
        var pace = pace()
        for _ in 0..<10_000 { pace.ended(afterLifeOf: -5) }
        pace.ended(afterLifeOf: 36_000)
        #expect(pace.waitMilliseconds == 0)
    }
}
