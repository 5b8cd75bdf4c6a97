import Cluster
import Testing

@Suite struct EpochTests {
    @Test func aLeapEndsInALaterTerm() {
        var generator = SeededGenerator(seed: 1)
        var epoch = Epoch(17)
        #expect(epoch.term == 0)
        for _ in 0..<1000 {
            let later = epoch.leaped(using: &generator)
            #expect(later.term > epoch.term)
            #expect(later.next.term == later.term)
            #expect(later < .ceiling)
            epoch = later
        }
    }

    @Test func aLeapStopsAtTheCeiling() {
        var generator = SeededGenerator(seed: 1)
        #expect(Epoch.ceiling.leaped(using: &generator) == .ceiling)
        #expect(Epoch(.max).leaped(using: &generator) == .ceiling)
    }

    @Test func leapsFromOnePlaceDiffer() {
        let epochs = (UInt64(0)..<1000).map { seed in
            var generator = SeededGenerator(seed: seed)
            return Epoch(3).leaped(using: &generator)
        }
        #expect(Set(epochs).count > 995)
    }
}
