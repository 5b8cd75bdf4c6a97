internal import Connections

/// The rates of the last seconds, from samples of counts that only rise.
///
/// A successor begins with an empty window. So its counts, which begin at 0, make no negative rate and no jump.
struct TrafficWindow {
    /// The samples of ten seconds, and the one before.
    static let maximumSamples = 11

    private struct Entry {
        let nanoseconds: UInt64
        let sample: TrafficSample
        let workers: [String: WorkerCounts]
    }

    struct WorkerCounts: Equatable {
        var requests: UInt64
        var failures: UInt64
    }

    private var entries: [Entry] = []

    /// - Parameter workers: the counts of each worker, by id.
    mutating func add(_ sample: TrafficSample, workers: [String: WorkerCounts], at nanoseconds: UInt64) {
        if entries.count == TrafficWindow.maximumSamples { entries.removeFirst() }
        entries.append(Entry(nanoseconds: nanoseconds, sample: sample, workers: workers))
    }

    mutating func removeAll() { entries = [] }

    /// Requests in a second, between the last two samples; nil before there are two.
    var rate: Double? { perSecond { $0.sample.requests } }
    /// Responses of class 5xx in a second.
    var errorRate: Double? { perSecond { $0.sample.errors } }

    /// Requests of a worker in a second; nil before the second sample with this worker. A worker that registers again has
    /// new counts.
    func rate(of worker: String) -> Double? {
        guard entries.count > 1, entries[entries.count - 2].workers[worker] != nil else { return nil }
        return perSecond { $0.workers[worker]?.requests ?? 0 }
    }

    /// Failures of a worker in the window.
    func recentFailures(of worker: String) -> UInt64 {
        guard let first = entries.first?.workers[worker], let last = entries.last?.workers[worker] else { return 0 }
        return TrafficWindow.growth(from: first.failures, to: last.failures)
    }

    /// Requests and 5xx responses in the window.
    var recent: (requests: UInt64, errors: UInt64) {
        guard let first = entries.first?.sample, let last = entries.last?.sample else { return (0, 0) }
        return (
            TrafficWindow.growth(from: first.requests, to: last.requests),
            TrafficWindow.growth(from: first.errors, to: last.errors)
        )
    }

    /// The duration that `share` of the requests in the window do not exceed; nil if there are none. Requests are counted in
    /// buckets, and those of a bucket are taken as evenly spread, as Prometheus and Envoy do. So it differs from the exact value by
    /// a sixteenth at most, which is the width of a bucket.
    func latency(_ share: Double) -> Latency? {
        guard let first = entries.first?.sample.latencies.buckets, let last = entries.last?.sample.latencies.buckets
        else { return nil }
        let counts = zip(first, last).map { TrafficWindow.growth(from: $0, to: $1) }
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        let wanted = max(1, share * Double(total))
        var before = 0.0
        for (index, count) in counts.enumerated() where count > 0 {
            let part = (wanted - before) / Double(count)
            before += Double(count)
            guard part <= 1 else { continue }
            let low = LatencyHistogram.lowerBound(of: index)
            guard index < LatencyHistogram.finiteCount else { return Latency(nanoseconds: Double(low), isAbove: true) }
            let width = Double(LatencyHistogram.lowerBound(of: index + 1) - low)
            return Latency(nanoseconds: Double(low) + part * width, isAbove: false)
        }
        return nil
    }

    private func perSecond(_ count: (Entry) -> UInt64) -> Double? {
        guard entries.count > 1 else { return nil }
        let (before, last) = (entries[entries.count - 2], entries[entries.count - 1])
        let seconds = Double(last.nanoseconds &- before.nanoseconds) / 1e9
        guard seconds > 0 else { return nil }
        return Double(TrafficWindow.growth(from: count(before), to: count(last))) / seconds
    }

    /// A count that has become smaller began again at 0.
    private static func growth(from earlier: UInt64, to later: UInt64) -> UInt64 {
        later >= earlier ? later - earlier : later
    }
}

/// A percentile of durations: this long, or longer than this.
struct Latency: Codable, Equatable {
    /// To the microsecond.
    var milliseconds: Double
    /// The duration is beyond the last bucket with an end.
    var isAbove: Bool

    init(nanoseconds: Double, isAbove: Bool) {
        milliseconds = (nanoseconds / 1_000).rounded() / 1_000
        self.isAbove = isAbove
    }

    private enum CodingKeys: String, CodingKey {
        case milliseconds = "ms"
        case isAbove = "is_above"
    }
}
