import Testing

@testable import Connections

@Suite struct DurationHistogramTests {
    private let histogram = DurationHistogram(series: DurationHistogram.classes.count)

    private func durations(_ name: String) throws -> DurationHistogram.Durations {
        var durations = DurationHistogram.Durations()
        histogram.add(series: try #require(DurationHistogram.classes.firstIndex(of: name)), to: &durations)
        return durations
    }

    @Test func `A duration belongs to the first bucket whose bound is not less`() throws {
        for bound in DurationHistogram.bounds {
            histogram.count(status: 200, nanoseconds: bound)
            histogram.count(status: 200, nanoseconds: bound + 1)
        }
        let durations = try self.durations("2xx")
        #expect(durations.counts.first == 1)
        #expect(durations.counts.last == 1)
        #expect(durations.counts.dropFirst().dropLast().allSatisfy { $0 == 2 })
        let sum = DurationHistogram.bounds.reduce(0) { $0 + 2 * $1 + 1 }
        #expect(durations.nanoseconds == sum)
    }

    @Test func `The buckets reach from a millisecond to a minute, in ascending order`() {
        #expect(DurationHistogram.bounds.first == 1_000_000)
        #expect(DurationHistogram.bounds.last == 60_000_000_000)
        #expect(DurationHistogram.bounds == DurationHistogram.bounds.sorted())
    }

    @Test(arguments: [(200, "2xx"), (299, "2xx"), (304, "3xx"), (404, "4xx"), (599, "5xx")])
    func `Each class has its own durations`(status: UInt16, name: String) throws {
        histogram.count(status: status, nanoseconds: 7)
        for other in DurationHistogram.classes {
            #expect(try durations(other).nanoseconds == (other == name ? 7 : 0))
            #expect(try durations(other).counts.reduce(0, +) == (other == name ? 1 : 0))
        }
    }

    @Test(arguments: [0, 101, 199, 600, UInt16.max])
    func `Tunnels and requests without a response are not counted`(status: UInt16) throws {
        histogram.count(status: status, nanoseconds: 7)
        for name in DurationHistogram.classes { #expect(try durations(name) == DurationHistogram.Durations()) }
    }
}
