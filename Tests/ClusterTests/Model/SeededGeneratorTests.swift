import Cluster
import Testing

@Suite struct SeededGeneratorTests {
    @Test func theSameSeedGivesTheSameNumbers() {
        var one = SeededGenerator(seed: 9)
        var two = SeededGenerator(seed: 9)
        for _ in 0..<100 { #expect(one.next() == two.next()) }
    }

    @Test func theKnownSequence() {
        // The published test vector of SplitMix64 for seed 1234567.
        var generator = SeededGenerator(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
    }

    @Test func numbersStayBelowTheirBound() {
        var generator = SeededGenerator(seed: 1)
        #expect(generator.below(0) == 0)
        #expect(generator.below(1) == 0)
        for bound in [UInt32(2), 3, 10, 1000, .max] {
            for _ in 0..<100 { #expect(generator.below(bound) < bound) }
        }
    }

    @Test(arguments: [
        (Int64(1000), Int64(10), Int64(900)...Int64(1100)), (1000, 0, 1000...1000), (0, 50, 0...0), (-5, 10, 0...0),
    ])
    func jitterStaysWithinItsPercentage(milliseconds: Int64, percent: Int64, range: ClosedRange<Int64>) {
        var generator = SeededGenerator(seed: 4)
        var seen: Set<Int64> = []
        for _ in 0..<2000 {
            let value = generator.jittered(milliseconds, percent: percent)
            #expect(range.contains(value))
            seen.insert(value)
        }
        #expect(seen.count > (range.count > 1 ? 100 : 0))
        #expect(generator.jittered(.max, percent: .max) >= 0)
    }
}
