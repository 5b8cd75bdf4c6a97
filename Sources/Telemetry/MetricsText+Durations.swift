package import Connections

extension MetricsText {
    /// Adds one series of a histogram: cumulative buckets, the sum in seconds, and the count.
    package mutating func histogram(
        _ name: String, _ labels: [(String, String)], _ durations: DurationHistogram.Durations
    ) {
        let names = DurationHistogram.bounds.map { MetricsText.seconds($0) } + ["+Inf"]
        var count: UInt64 = 0
        for (bound, more) in zip(names, durations.counts) {
            count &+= more
            sample("\(name)_bucket", labels + [("le", bound)], count)
        }
        sample("\(name)_sum", labels, MetricsText.seconds(durations.nanoseconds))
        // From the buckets, so that the count always equals the last bucket.
        sample("\(name)_count", labels, count)
    }

    /// Seconds as a decimal number without an exponent.
    package static func seconds(_ nanoseconds: UInt64) -> String {
        let digits = String(nanoseconds % 1_000_000_000)
        let fraction = String(repeating: "0", count: 9 - digits.count) + digits
        let kept = fraction.reversed().drop { $0 == "0" }.reversed()
        let whole = "\(nanoseconds / 1_000_000_000)"
        return kept.isEmpty ? whole : "\(whole).\(String(kept))"
    }
}
