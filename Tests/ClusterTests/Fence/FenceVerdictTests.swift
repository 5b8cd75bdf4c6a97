import Cluster
import Testing

@Suite struct FenceVerdictTests {
    @Test(arguments: [
        (Epoch(5), FenceVerdict.current),
        (Epoch(6), .newer),
        (.ceiling, .newer),
        (Epoch(4), .stale(highest: Epoch(5))),
        (.none, .stale(highest: Epoch(5))),
        (Epoch(Epoch.ceiling.value + 1), .absurd),
        (Epoch(.max), .absurd),
    ]) func anEpochIsJudgedByTheHighestMet(epoch: Epoch, verdict: FenceVerdict) {
        #expect(FenceVerdict(of: epoch, highest: Epoch(5)) == verdict)
    }
}
