/// Histograms of durations on one loop, with the same buckets. Any thread may read them.
package final class DurationHistogram: Sendable {
    /// The classes of status, in the order of the series for `count(status:nanoseconds:)`.
    package static let classes = ["2xx", "3xx", "4xx", "5xx"]
    /// The inclusive upper bounds of the buckets, in nanoseconds, ascending. One more bucket takes everything above.
    package static let bounds: [UInt64] = [
        1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000,
    ].map { UInt64($0 * 1_000_000) }

    private let bounds = DurationHistogram.bounds
    /// All buckets of the first series, then those of the next.
    private let buckets: [Counter]
    /// The sums of the durations in nanoseconds, for each series.
    private let sums: [Counter]

    package init(series: Int = 1) {
        buckets = (0..<series * (bounds.count + 1)).map { _ in Counter() }
        sums = (0..<series).map { _ in Counter() }
    }

    /// Counts a request in the series of its class. Tunnels and requests without a response are not counted: the client
    /// decides how long they take.
    ///
    /// - Returns: true if it counted.
    @discardableResult
    package func count(status: UInt16, nanoseconds: UInt64) -> Bool {
        count(series: Int(status) / 100 - 2, nanoseconds: nanoseconds)
    }

    /// Only the owning loop calls this. A series that does not exist counts nothing.
    @discardableResult
    package func count(series: Int = 0, nanoseconds: UInt64) -> Bool {
        guard sums.indices.contains(series) else { return false }
        var column = 0
        while column < bounds.count && nanoseconds > bounds[column] { column += 1 }
        buckets[series * (bounds.count + 1) + column].add(1)
        sums[series].add(nanoseconds)
        return true
    }

    /// Adds the counts of one series. Callable from any thread.
    package func add(series: Int = 0, to durations: inout Durations) {
        for column in durations.counts.indices {
            durations.counts[column] &+= buckets[series * (bounds.count + 1) + column].current
        }
        durations.nanoseconds &+= sums[series].current
    }

    /// The sum over several loops.
    package struct Durations: Equatable {
        /// The durations in each bucket alone, without the buckets below it.
        package internal(set) var counts = [UInt64](repeating: 0, count: DurationHistogram.bounds.count + 1)
        package internal(set) var nanoseconds: UInt64 = 0

        package init() {}
    }
}
