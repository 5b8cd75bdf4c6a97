import Testing

@testable import Telemetry

@Suite struct LineLimiterTests {
    private static let example = LineLimiter.Example(level: "warning", label: "balancer", message: "refused")

    private func key(_ peer: Int, reason: Int = 0) -> LineLimiter.Key {
        LineLimiter.Key(peer: "\(peer)", reason: "\(reason)")
    }

    @Test func `A peer has ten lines for a reason in a window, and one line counts the rest`() {
        var limiter = LineLimiter(maximumKeys: 100, maximumLines: 1000)
        for reason in 0..<2 {
            let allowed = (0..<322).count { _ in limiter.admit(key(1, reason: reason), example: Self.example).isWritten
            }
            #expect(allowed == 10)
        }
        let isOtherAllowed = limiter.admit(key(2), example: Self.example).isWritten
        #expect(isOtherAllowed)
        let summaries = limiter.endWindow()
        #expect(summaries.map(\.count) == [312, 312])
        #expect(summaries.allSatisfy { $0.peer == "1" && $0.example.message == "refused" })
        #expect(limiter.isIdle)
        let isAllowedAgain = limiter.admit(key(1), example: Self.example).isWritten
        #expect(isAllowedAgain)
        let later = limiter.endWindow()
        #expect(later.isEmpty)
    }

    @Test func `The lines of many peers together are limited`() {
        var limiter = LineLimiter(maximumKeys: 10_000, maximumLines: 300)
        let allowed = (0..<1000).count { limiter.admit(key($0), example: Self.example).isWritten }
        #expect(allowed == 300)
        let summaries = limiter.endWindow()
        #expect(summaries.count == LineLimiter.maximumSummaries)
        #expect(summaries.reduce(0) { $0 + $1.count } == 700)
        #expect(summaries.last?.peer == LineLimiter.others)
    }

    @Test func `Peers beyond the table count as one`() {
        var limiter = LineLimiter(maximumKeys: 100, maximumLines: 100_000)
        let allowed = (0..<10_000).count { limiter.admit(key($0), example: Self.example).isWritten }
        #expect(allowed == 100 + LineLimiter.linesPerKey)
        let summaries = limiter.endWindow()
        #expect(summaries.map(\.peer) == [LineLimiter.others])
        #expect(summaries.first?.count == 10_000 - allowed)
    }

    @Test func `A line that is said once has no repetition and no summary in its window`() {
        var limiter = LineLimiter(maximumKeys: 10, maximumLines: 100)
        let key = LineLimiter.Key(peer: "a certificate", reason: "here", isSaidOnce: true)
        let example = LineLimiter.Example(level: "warning", label: "test", message: "revoked")
        for _ in 0..<3 {
            let written = (0..<100).count { _ in limiter.admit(key, example: example).isWritten }
            #expect(written == 1)
            let summaries = limiter.endWindow()
            #expect(summaries.isEmpty)
        }
    }

    @Test func `The last line before a gap announces it`() {
        var limiter = LineLimiter(maximumKeys: 100, maximumLines: 15)
        let ofOne = (0..<12).map { _ in limiter.admit(key(1), example: Self.example) }
        #expect(ofOne == Array(repeating: .write, count: 9) + [.writeLastOfKey, .count, .count])
        let ofAll = (2..<8).map { limiter.admit(key($0), example: Self.example) }
        #expect(ofAll == [.write, .write, .write, .write, .writeLastOfAll, .count])
    }
}
