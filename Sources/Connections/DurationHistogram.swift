/// The durations of one loop's requests, by class of status. Any thread may read them.
///
/// Tunnels and requests without a response are not counted: the client decides how long they take.
package final class DurationHistogram: Sendable {
    /// The classes of status, in the order of the counters.
    package static let classes = ["2xx", "3xx", "4xx", "5xx"]
    /// The inclusive upper bounds of the buckets, in nanoseconds, ascending. One more bucket takes everything above.
    package static let bounds: [UInt64] = [
        1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000,
    ].map { UInt64($0 * 1_000_000) }

    private let bounds = DurationHistogram.bounds
    /// All buckets of the first class, then those of the next.
    private let buckets: [Counter]
    /// The sums of the durations in nanoseconds, for each class.
    private let sums: [Counter]

    package init() {
        buckets = (0..<DurationHistogram.classes.count * (bounds.count + 1)).map { _ in Counter() }
        sums = DurationHistogram.classes.map { _ in Counter() }
    }

    /// Only the owning loop calls this.
    package func count(status: UInt16, nanoseconds: UInt64) {
        let row = Int(status) / 100 - 2
        guard sums.indices.contains(row) else { return }
        var column = 0
        while column < bounds.count && nanoseconds > bounds[column] { column += 1 }
        buckets[row * (bounds.count + 1) + column].add(1)
        sums[row].add(nanoseconds)
    }

    /// Adds the counts of one class. Callable from any thread.
    ///
    /// - Parameter row: the index of the class in `classes`.
    package func add(class row: Int, to durations: inout Durations) {
        for column in durations.counts.indices {
            durations.counts[column] &+= buckets[row * (bounds.count + 1) + column].current
        }
        durations.nanoseconds &+= sums[row].current
    }

    /// The sum over several loops.
    package struct Durations: Equatable {
        /// The durations in each bucket alone, without the buckets below it.
        package internal(set) var counts = [UInt64](repeating: 0, count: DurationHistogram.bounds.count + 1)
        package internal(set) var nanoseconds: UInt64 = 0

        package init() {}
    }
}
