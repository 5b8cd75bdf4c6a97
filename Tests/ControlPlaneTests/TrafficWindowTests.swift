import Connections
import Testing

@testable import ControlPlane

@Suite struct TrafficWindowTests {
    private static let second: UInt64 = 1_000_000_000

    /// A window with one sample in each second.
    private static func window(
        requests: [UInt64], errors: [UInt64] = [], worker: [UInt64?] = [], latencies: [LatencyHistogram.Counts] = []
    ) -> TrafficWindow {
        var window = TrafficWindow()
        for (index, count) in requests.enumerated() {
            let sample = TrafficSample(
                requests: count, errors: index < errors.count ? errors[index] : 0,
                latencies: index < latencies.count ? latencies[index] : LatencyHistogram.Counts())
            var workers: [String: TrafficWindow.WorkerCounts] = [:]
            if index < worker.count, let count = worker[index] {
                workers["w"] = TrafficWindow.WorkerCounts(requests: count, failures: count / 10)
            }
            window.add(sample, workers: workers, at: UInt64(index) * second)
        }
        return window
    }

    @Test func `There is no rate before the second sample`() {
        #expect(Self.window(requests: []).rate == nil)
        #expect(Self.window(requests: [900]).rate == nil)
        #expect(Self.window(requests: [900], worker: [900]).rate(of: "w") == nil)
        #expect(Self.window(requests: [900, 905]).rate == 5)
    }

    @Test func `A rate is that of the last interval, and errors are those of the window`() {
        let window = Self.window(requests: [0, 100, 103], errors: [0, 4, 5])
        #expect(window.rate == 3)
        #expect(window.errorRate == 1)
        #expect(window.recent == (103, 5))
    }

    @Test func `The window keeps ten seconds`() {
        let window = Self.window(requests: (0..<30).map { $0 * 7 })
        #expect(window.recent.requests == 70)
        #expect(window.rate == 7)
    }

    /// A worker that registers again has new counts.
    @Test func `A count that begins again at zero makes no jump`() {
        #expect(Self.window(requests: [0, 0], worker: [1_000_000, 3]).rate(of: "w") == 3)
        #expect(Self.window(requests: [0, 0], worker: [1_000_000, 3]).recentFailures(of: "w") == 0)
        #expect(Self.window(requests: [0, 0], worker: [nil, 3]).rate(of: "w") == nil)
        #expect(Self.window(requests: [0, 0, 0], worker: [50, 60, 90]).recentFailures(of: "w") == 4)
    }

    private static func counts(of histogram: LatencyHistogram) -> LatencyHistogram.Counts {
        var counts = LatencyHistogram.Counts()
        histogram.add(to: &counts)
        return counts
    }

    /// Durations from a curve, so that every share has another value.
    @Test(arguments: [0.01, 0.25, 0.5, 0.9, 0.99, 1]) func `A percentile is within a sixteenth of the exact one`(
        share: Double
    ) throws {
        let histogram = LatencyHistogram()
        let durations = (1...2000).map { UInt64($0 * $0) * 1_000 }
        for nanoseconds in durations { histogram.count(nanoseconds: nanoseconds) }
        let window = Self.window(requests: [0, 0], latencies: [LatencyHistogram.Counts(), Self.counts(of: histogram)])
        let latency = try #require(window.latency(share))
        let exact = Double(durations[Int(share * 2000) - 1]) / 1_000_000
        #expect(abs(latency.milliseconds - exact) <= exact / 16, "\(latency), exact \(exact)")
        #expect(!latency.isAbove)
    }

    @Test func `A percentile is that of the window only, and beyond two minutes it is a bound`() throws {
        let histogram = LatencyHistogram()
        for _ in 0..<1000 { histogram.count(nanoseconds: 40_000_000_000) }
        let before = Self.counts(of: histogram)
        #expect(Self.window(requests: [0, 0], latencies: [before, before]).latency(0.5) == nil)
        for _ in 0..<99 { histogram.count(nanoseconds: 3_000_000) }
        histogram.count(nanoseconds: 90_000_000)
        let window = Self.window(requests: [0, 0], latencies: [before, Self.counts(of: histogram)])
        for share in [0.5, 0.99] {
            let latency = try #require(window.latency(share))
            #expect((2.8...3.2).contains(latency.milliseconds), "\(latency)")
        }
        #expect((84...96).contains(try #require(window.latency(0.995)).milliseconds))
        for _ in 0..<1000 { histogram.count(nanoseconds: 200_000_000_000) }
        let slow = Self.window(requests: [0, 0], latencies: [before, Self.counts(of: histogram)])
        #expect(slow.latency(0.99) == Latency(nanoseconds: 137_438_953_472, isAbove: true))
    }
}
