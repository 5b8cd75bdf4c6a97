import Connections
import Testing

@testable import Telemetry

@Suite struct MetricsTextTests {
    @Test func `The buckets of a histogram are cumulative, and times are seconds`() {
        let histogram = DurationHistogram()
        for nanoseconds: UInt64 in [1, 2_000_000, 61_000_000_000] {
            histogram.count(status: 200, nanoseconds: nanoseconds)
        }
        var durations = DurationHistogram.Durations()
        histogram.add(class: 0, to: &durations)
        var text = MetricsText()
        text.histogram("x", [("class", "2xx")], durations)
        let lines = text.text.split(separator: "\n")
        #expect(lines.first == "x_bucket{class=\"2xx\",le=\"0.001\"} 1")
        #expect(lines.dropFirst().first == "x_bucket{class=\"2xx\",le=\"0.0025\"} 2")
        #expect(
            lines.suffix(4) == [
                "x_bucket{class=\"2xx\",le=\"60\"} 2", "x_bucket{class=\"2xx\",le=\"+Inf\"} 3",
                "x_sum{class=\"2xx\"} 61.002000001", "x_count{class=\"2xx\"} 3",
            ])
        #expect(lines.count == DurationHistogram.bounds.count + 3)
    }
}
