import Balancing
import Connections
import Proxy
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct RateLimiterTests {
    private static let second: UInt64 = 1_000_000_000

    private func limiter(_ text: String, maximumSources: Int = 65_536) throws -> RateLimiter {
        RateLimiter(try #require(RateLimiter.Rate(text)), maximumSources: maximumSources)
    }

    private func source(_ host: String) throws -> SourceKey { try #require(SourceKey(host: host)) }

    @Test(arguments: [("10", 10, 10), ("5:20", 5, 20), ("1:1", 1, 1), ("1000000:1000000", 1_000_000, 1_000_000)])
    func ratesAreRead(text: String, perSecond: Int, burst: Int) throws {
        let rate = try #require(RateLimiter.Rate(text))
        #expect(rate.perSecond == perSecond && rate.burst == burst)
    }

    @Test(arguments: ["", "0", "-1", "+1", "1.5", "5:", ":5", "5:0", "1:2:3", "1000001", "99999999999999999999"])
    func nonsenseIsNoRate(text: String) { #expect(RateLimiter.Rate(text) == nil) }

    @Test func aBurstThenTheRate() throws {
        let limiter = try limiter("2:3")
        let source = try source("192.0.2.1")
        let start = 5 * RateLimiterTests.second
        for _ in 0..<3 { #expect(limiter.take(source, now: start) == nil) }
        #expect(limiter.take(source, now: start) == 1)
        let half = RateLimiterTests.second / 2
        #expect(limiter.take(source, now: start + half - 1) != nil)
        for step in UInt64(1)...10 {
            #expect(limiter.take(source, now: start + step * half) == nil)
            #expect(limiter.take(source, now: start + step * half) == 1)
        }
        // After a long idle time there is a whole burst again, and no more.
        let later = start + 100 * RateLimiterTests.second
        for _ in 0..<3 { #expect(limiter.take(source, now: later) == nil) }
        #expect(limiter.take(source, now: later) != nil)
    }

    @Test func sourcesDoNotCountForEachOther() throws {
        let limiter = try limiter("1:1")
        #expect(limiter.take(try source("192.0.2.1"), now: 1) == nil)
        #expect(limiter.take(try source("192.0.2.1"), now: 1) != nil)
        #expect(limiter.take(try source("192.0.2.2"), now: 1) == nil)
        #expect(limiter.take(try source("2001:db8:0:1::1"), now: 1) == nil)
        // A client with one address of a /64 has all of them.
        #expect(limiter.take(try source("2001:db8:0:1:ffff::2"), now: 1) != nil)
        #expect(limiter.take(try source("2001:db8:0:2::1"), now: 1) == nil)
        // An IPv4 client on a socket for both families.
        #expect(limiter.take(try source("::ffff:192.0.2.1"), now: 1) != nil)
        #expect(SourceKey(host: "") == nil && SourceKey(host: "/run/socket") == nil)
    }

    @Test func theTableIsBounded() throws {
        let limiter = try limiter("1:1", maximumSources: 640)
        for number in 0..<5000 {
            #expect(limiter.take(try source("10.0.\(number / 250).\(number % 250)"), now: 1) == nil)
        }
        #expect(limiter.sourceCount <= 640)
        // Idle sources make room.
        for number in 0..<100 {
            _ = limiter.take(try source("10.9.0.\(number)"), now: 100 * RateLimiterTests.second)
        }
        #expect(limiter.sourceCount <= 640)
        #expect(limiter.take(try source("10.9.0.99"), now: 100 * RateLimiterTests.second) != nil)
    }

    @Test func aSourceHasSoManyConnections() throws {
        let slots = SourceSlots(limit: 2)
        let (one, other) = (try source("192.0.2.1"), try source("192.0.2.2"))
        let held = (0..<2).compactMap { _ in slots.reserve(one) }
        #expect(held.count == 2 && slots.count(of: one) == 2)
        #expect(slots.reserve(one) == nil)
        #expect(slots.reserve(other) != nil)
        slots.release(held[0])
        #expect(slots.reserve(one) != nil)
        #expect(slots.reserve(one) == nil)
    }

    @Test func aSourceBeyondItsRateGetsRetryAfter() throws {
        let worker = try ScriptedUpstream()
        let proxy = try ProxyHarness([worker.worker()], rate: RateLimiter.Rate("1:2"))
        let client = try proxy.client()
        #expect(try client.exchange("GET", "/1").status == 200)
        #expect(try client.exchange("POST", "/2", body: "content").status == 200)
        let response = try client.exchange("POST", "/3", body: "content")
        #expect(response.status == 429)
        #expect(response.fields["retry-after"] == "1")
        #expect(response.text == "{\"error\": \"too many requests from this address; try again later\"}\n")
        #expect(proxy.counters.rateLimited.current == 1)
        #expect(worker.requests.count == 2)
    }
}
