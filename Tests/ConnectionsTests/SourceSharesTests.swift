import Connections
import HTTP
import Testing

/// A bounded amount that sources of requests share.
@Suite struct SourceSharesTests {
    private static func source(_ host: String) throws -> SourceKey { try #require(SourceKey(host: host)) }

    @Test func aSourceGetsAHalf() throws {
        let shares = SourceShares(limit: 64)
        let greedy = try SourceSharesTests.source("192.0.2.1")
        #expect(shares.reserve(32, for: greedy))
        #expect(!shares.reserve(1, for: greedy))
        shares.release(8, of: greedy)
        #expect(shares.reserve(8, for: greedy) && shares.used == 32)
    }

    /// Many sources of which each has its half can't use up everything.
    @Test func theLastQuarterIsForSourcesWithLittle() throws {
        let shares = SourceShares(limit: 64)
        let sources = try (1...9).map { try SourceSharesTests.source("192.0.2.\($0)") }
        #expect(shares.reserve(24, for: sources[0]) && shares.reserve(24, for: sources[1]))
        #expect(!shares.reserve(1, for: sources[0]) && !shares.reserve(1, for: sources[1]))
        #expect(shares.reserve(8, for: sources[2]))
        #expect(!shares.reserve(1, for: sources[2]))
        #expect(shares.reserve(8, for: sources[3]))
        #expect(!shares.reserve(1, for: sources[4]))
        shares.release(24, of: sources[0])
        shares.release(24, of: sources[1])
        #expect(shares.used == 16)
    }

    /// An IPv6 client has all addresses of its /64.
    @Test func aSourceIsAnIPv6Prefix() throws {
        let shares = SourceShares(limit: 64)
        #expect(shares.reserve(32, for: try SourceSharesTests.source("2001:db8::1")))
        #expect(!shares.reserve(1, for: try SourceSharesTests.source("2001:db8::ffff")))
        #expect(shares.reserve(1, for: try SourceSharesTests.source("2001:db8:1::1")))
    }

    @Test func withoutASourceOnlyTheAmountCounts() {
        let shares = SourceShares(limit: 64)
        #expect(shares.reserve(64, for: nil))
        #expect(!shares.reserve(1, for: nil))
        shares.release(64, of: nil)
        #expect(shares.used == 0)
    }
}
