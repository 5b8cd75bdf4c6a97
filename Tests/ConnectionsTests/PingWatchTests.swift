import Testing

@testable import Connections

/// The rules of PING for connections to HTTP/2 applications, with given instants.
@Suite struct PingWatchTests {
    private static let second: UInt64 = 1_000_000_000

    /// Asks at each instant, in seconds, that the watch names, up to an end. Returns the steps with their instants.
    private func steps(of watch: inout PingWatch, until end: UInt64, answers: Bool) -> [String] {
        var steps: [String] = []
        while watch.nextAt <= end * PingWatchTests.second {
            let now = watch.nextAt
            switch watch.next(now: now) {
            case .nothing: steps.append("unanswered \(now / PingWatchTests.second)")
            case .ping:
                steps.append("ping \(now / PingWatchTests.second)")
                if answers { watch.heard(now: now) }
            case .dead:
                steps.append("dead \(now / PingWatchTests.second)")
                return steps
            }
        }
        return steps
    }

    @Test func `An application that does not answer a PING gets no requests, and then is dead`() {
        var watch = PingWatch(limits: UpstreamLimits())
        watch.begin(now: 5 * PingWatchTests.second)
        #expect(!watch.isUnanswered)
        let steps = steps(of: &watch, until: 1_000, answers: false)
        #expect(steps == ["ping 15", "unanswered 17", "dead 45"])
        #expect(watch.isUnanswered)
    }

    /// gRPC servers allow two PINGs too many, within five minutes each.
    @Test func `An application that answers PINGs gets few of them`() {
        var watch = PingWatch(limits: UpstreamLimits())
        watch.begin(now: 0)
        #expect(steps(of: &watch, until: 999, answers: true) == ["ping 10", "ping 70", "ping 380", "ping 690"])
        #expect(!watch.isUnanswered)
    }

    @Test func `A response makes the next PING an early one`() {
        var watch = PingWatch(limits: UpstreamLimits())
        watch.begin(now: 0)
        #expect(steps(of: &watch, until: 60, answers: true) == ["ping 10"])
        watch.gotResponse()
        watch.heard(now: 60 * PingWatchTests.second)
        #expect(steps(of: &watch, until: 71, answers: true) == ["ping 70"])
    }

    @Test func `Bytes postpone the PING, and answer it`() {
        var watch = PingWatch(limits: UpstreamLimits())
        watch.begin(now: 0)
        watch.heard(now: 9 * PingWatchTests.second)
        #expect(watch.next(now: 10 * PingWatchTests.second) == .nothing)
        #expect(!watch.isUnanswered)
        #expect(steps(of: &watch, until: 25, answers: false) == ["ping 19", "unanswered 21"])
        watch.heard(now: 25 * PingWatchTests.second)
        #expect(!watch.isUnanswered)
    }

    @Test func `An idle time says nothing about the application`() {
        var watch = PingWatch(limits: UpstreamLimits())
        watch.begin(now: 0)
        watch.begin(now: 100 * PingWatchTests.second)
        #expect(steps(of: &watch, until: 111, answers: false) == ["ping 110"])
    }
}
