import Cluster
import Testing

@Suite struct InstantTests {
    @Test(arguments: [(Int64(0), UInt64(5)), (1, 1_000_005), (-1, 0), (.max, .max), (.min, 0)])
    func movingStopsAtEitherEnd(milliseconds: Int64, nanoseconds: UInt64) {
        #expect(Instant(nanoseconds: 5).advanced(byMilliseconds: milliseconds).nanoseconds == nanoseconds)
    }

    @Test func differences() {
        #expect(at(150).milliseconds(since: at(100)) == 50)
        #expect(at(100).milliseconds(since: at(150)) == -50)
        #expect(Instant(nanoseconds: 1_999_999).milliseconds(since: Instant(nanoseconds: 0)) == 1)
        #expect(Instant(nanoseconds: .max).milliseconds(since: Instant(nanoseconds: 0)) == 18_446_744_073_709)
    }
}
