import Connections
import Glibc
import Testing

@testable import Telemetry

@Suite struct MetricsTextTests {
    @Test func `The buckets of a histogram are cumulative, and times are seconds`() {
        let histogram = DurationHistogram(series: 4)
        for nanoseconds: UInt64 in [1, 2_000_000, 61_000_000_000] {
            histogram.count(status: 200, nanoseconds: nanoseconds)
        }
        var durations = DurationHistogram.Durations()
        histogram.add(series: 0, to: &durations)
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

    @Test func `The series of a metric are bounded`() {
        var text = MetricsText()
        text.metric("x", "gauge", "X.")
        for number in 0..<(MetricsText.maximumSeries + 3) { text.sample("x", [("y", "\(number)")], 1) }
        text.single("z", "gauge", "Z.", 2)
        text.addOmitted()
        let lines = text.text.split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("x{") } == MetricsText.maximumSeries)
        #expect(lines.contains("z 2") && lines.last == "understudy_metrics_omitted_series 3")
    }

    @Test func `The metrics of the process agree with the kernel's numbers`() throws {
        func samples() -> [Substring: Double] {
            var text = MetricsText()
            text.addProcess()
            let lines = text.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
            return Dictionary(uniqueKeysWithValues: lines.map { ($0[0], Double($0[1]) ?? .nan) })
        }
        let first = samples()
        let names: Set<Substring> = [
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
            "process_start_time_seconds",
        ]
        #expect(Set(first.keys) == names)
        #expect(first.values.allSatisfy { $0 > 0 })
        let now = Double(time(nil))
        let start = try #require(first["process_start_time_seconds"])
        #expect(start > now - Double(secondsSinceBoot()) && start <= now + 1)
        #expect(try #require(samples()["process_cpu_seconds_total"]) > (first["process_cpu_seconds_total"] ?? 0))
    }

    private func secondsSinceBoot() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return time.tv_sec + 1
    }
}
