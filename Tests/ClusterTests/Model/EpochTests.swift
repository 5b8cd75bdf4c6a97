import Testing

@testable import Cluster

@Suite struct EpochTests {
    @Test func aLeapEndsInALaterTerm() {
        var generator = SeededGenerator(seed: 1)
        var epoch = Epoch(17)
        #expect(epoch.term == 0)
        for _ in 0..<1000 {
            let later = epoch.leaped(using: &generator)
            #expect(later.term > epoch.term)
            #expect(later.next.term == later.term)
            #expect(later < .leapCeiling)
            epoch = later
        }
    }

    @Test(arguments: [Epoch.leapCeiling, .ceiling, Epoch(.max)]) func withoutTermsThereIsNoLeap(epoch: Epoch) {
        var generator = SeededGenerator(seed: 1)
        #expect(epoch.leaped(using: &generator) == epoch)
    }

    /// A balancer claims the highest believable epoch each time, and does not reach the end.
    @Test func noSequenceOfClaimsReachesTheCeiling() {
        var generator = SeededGenerator(seed: 1)
        var epoch = Epoch.none
        var steps = 0
        while epoch < .leapCeiling, steps < 100_000 {
            #expect(epoch.reach > epoch)
            epoch = epoch.reach.leaped(using: &generator).next
            steps += 1
        }
        #expect(steps > 200, "used up after \(steps) steps")
        #expect(epoch.value < Epoch.leapCeiling.value + 1 << 40, "half of all numbers are left to count with")
    }

    @Test(arguments: [0, 1, 1 << 24, 1 << 44, 1 << 60, (1 << 61) - 1, 1 << 61, (1 << 62) - 1] as [UInt64])
    func everyGrantIsWithinReach(granted: UInt64) {
        for seed in UInt64(0)..<100 {
            var generator = SeededGenerator(seed: seed)
            let granted = Epoch(granted)
            let claim = granted.reachOfClaims
            #expect(claim.leaped(using: &generator).next <= max(granted.reach, Epoch.ceiling.next))
            #expect(claim == .ceiling || claim.leaped(using: &generator).next <= granted.reach)
        }
    }

    @Test func aWorkerThatHasMissedThousandsOfTakeoversAcrossHostsFollowsTheNext() {
        var generator = SeededGenerator(seed: 4)
        let met = Epoch(12)
        var epoch = met
        for _ in 0..<10_000 { epoch = epoch.leaped(using: &generator).next }
        #expect(epoch <= met.reach)
    }

    @Test func leapsFromOneEpochDiffer() {
        let epochs = (UInt64(0)..<1000).map { seed in
            var generator = SeededGenerator(seed: seed)
            return Epoch(3).leaped(using: &generator)
        }
        #expect(Set(epochs).count > 995)
    }
}
