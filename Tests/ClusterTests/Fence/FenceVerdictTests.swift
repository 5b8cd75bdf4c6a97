import Cluster
import Testing

@Suite struct FenceVerdictTests {
    @Test(arguments: [
        (Epoch(5), FenceVerdict.current),
        (Epoch(6), .newer),
        (Epoch(5).reach, .newer),
        (Epoch(Epoch(5).reach.value + 1), .absurd),
        (.ceiling, .absurd),
        (Epoch(4), .stale(highest: Epoch(5))),
        (.none, .stale(highest: Epoch(5))),
        (Epoch(Epoch.ceiling.value + 1), .absurd),
        (Epoch(.max), .absurd),
    ]) func anEpochIsJudgedByTheHighestMet(epoch: Epoch, verdict: FenceVerdict) {
        #expect(FenceVerdict(of: epoch, highest: Epoch(5)) == verdict)
    }
}
