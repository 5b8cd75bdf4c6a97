import Connections
import Testing

@testable import ControlPlane

@Suite struct TrafficWindowTests {
    private static let second: UInt64 = 1_000_000_000

    /// A window with one sample in each second.
    private static func window(
        requests: [UInt64], errors: [UInt64] = [], worker: [UInt64?] = [], durations: [DurationHistogram.Durations] = []
    ) -> TrafficWindow {
        var window = TrafficWindow()
        for (index, count) in requests.enumerated() {
            let sample = TrafficSample(
                requests: count, errors: index < errors.count ? errors[index] : 0,
                durations: index < durations.count ? durations[index] : DurationHistogram.Durations())
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

    @Test func `A latency is the bound of its bucket, from the window only`() throws {
        let histogram = DurationHistogram()
        func durations() -> DurationHistogram.Durations {
            var durations = DurationHistogram.Durations()
            histogram.add(to: &durations)
            return durations
        }
        for _ in 0..<1000 { histogram.count(nanoseconds: 40_000_000_000) }
        let before = durations()
        #expect(Self.window(requests: [0, 0], durations: [before, before]).latency(0.5) == nil)
        for _ in 0..<99 { histogram.count(nanoseconds: 3_000_000) }
        histogram.count(nanoseconds: 90_000_000)
        let window = Self.window(requests: [0, 0], durations: [before, durations()])
        #expect(window.latency(0.5) == LatencyBound(milliseconds: 5, isAbove: false))
        #expect(window.latency(0.99) == LatencyBound(milliseconds: 5, isAbove: false))
        #expect(window.latency(0.995) == LatencyBound(milliseconds: 100, isAbove: false))
        for _ in 0..<1000 { histogram.count(nanoseconds: 61_000_000_000) }
        let slow = Self.window(requests: [0, 0], durations: [before, durations()])
        #expect(slow.latency(0.99) == LatencyBound(milliseconds: 60_000, isAbove: true))
    }
}
