/// Durations of one loop in fine buckets, from which percentiles can be read. Any thread may read the counts.
///
/// The buckets are log-linear, like those of HdrHistogram and of Envoy: from 1 us on each power of two has 16 buckets of equal
/// width, and below that they are 64 ns wide. So a bucket is at most a sixteenth as wide as the durations in it are long.
package final class LatencyHistogram: Sendable {
    /// The width of the first buckets is 2 to this power, in nanoseconds.
    private static let unitBits = 6
    /// A power of two has 2 to this power buckets.
    private static let stepBits = 4
    private static let steps = 1 << stepBits
    /// The buckets below 2^37 ns, which is 137 s. One more bucket takes everything above.
    package static let finiteCount = (37 - unitBits - stepBits + 1) * steps

    private let buckets = (0...LatencyHistogram.finiteCount).map { _ in Counter() }

    package init() {}

    /// Only the owning loop calls this.
    package func count(nanoseconds: UInt64) { buckets[LatencyHistogram.index(of: nanoseconds)].add(1) }

    /// The bucket of a duration.
    static func index(of nanoseconds: UInt64) -> Int {
        let units = nanoseconds >> unitBits
        guard units >= steps else { return Int(truncatingIfNeeded: units) }
        let power = 63 - units.leadingZeroBitCount
        let step = Int(truncatingIfNeeded: units >> UInt64(power - stepBits)) & (steps - 1)
        return min((power - stepBits + 1) * steps + step, finiteCount)
    }

    /// The least duration of a bucket, in nanoseconds. It ends the bucket before.
    package static func lowerBound(of index: Int) -> UInt64 {
        guard index >= steps else { return UInt64(index) << UInt64(unitBits) }
        return UInt64(steps + index % steps) << UInt64(index / steps - 1 + unitBits)
    }

    /// Adds the counts. Callable from any thread.
    package func add(to counts: inout Counts) {
        for index in buckets.indices { counts.buckets[index] &+= buckets[index].current }
    }

    /// The counts of several loops together.
    package struct Counts: Equatable, Sendable {
        package internal(set) var buckets = [UInt64](repeating: 0, count: LatencyHistogram.finiteCount + 1)

        package init() {}
    }
}
