import Testing

@testable import Connections

@Suite struct LatencyHistogramTests {
    @Test func `A bucket contains its durations, and is at most a sixteenth of them wide`() {
        var previous = -1
        for shift in 0..<37 {
            for step in 0..<64 {
                let nanoseconds = (UInt64(1) << UInt64(shift)) + (UInt64(step) << UInt64(shift)) / 64
                let index = LatencyHistogram.index(of: nanoseconds)
                let (low, high) = (
                    LatencyHistogram.lowerBound(of: index), LatencyHistogram.lowerBound(of: index + 1)
                )
                #expect(low <= nanoseconds && nanoseconds < high, "\(nanoseconds)")
                #expect(high - low <= max(64, low / 16), "\(nanoseconds)")
                #expect(index >= previous, "\(nanoseconds)")
                previous = index
            }
        }
        #expect(previous == LatencyHistogram.finiteCount - 1)
    }

    @Test(arguments: [1 << 37, 1 << 40, UInt64.max]) func `The last bucket takes everything longer`(duration: UInt64) {
        #expect(LatencyHistogram.index(of: duration) == LatencyHistogram.finiteCount)
    }

    @Test func `Counts of several loops add up`() {
        let loops = [LatencyHistogram(), LatencyHistogram()]
        for loop in loops {
            for nanoseconds in [0, 63, 64, 5_000_000] { loop.count(nanoseconds: UInt64(nanoseconds)) }
        }
        var counts = LatencyHistogram.Counts()
        for loop in loops { loop.add(to: &counts) }
        #expect(counts.buckets[0] == 4)
        #expect(counts.buckets[1] == 2)
        #expect(counts.buckets[LatencyHistogram.index(of: 5_000_000)] == 2)
        #expect(counts.buckets.reduce(0, +) == 8)
    }
}
