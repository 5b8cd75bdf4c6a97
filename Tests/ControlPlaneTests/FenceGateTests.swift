import Cluster
import Testing

@testable import ControlPlane

/// The fence of a worker's data loops.
@Suite(.timeLimit(.minutes(5))) struct FenceGateTests {
    private let first = BalancerAddress(host: "10.0.0.1", port: 7000)
    private let second = BalancerAddress(host: "10.0.0.2", port: 7000)

    /// A past balancer would otherwise be sent to the address of the reign before.
    @Test func `A refusal names the address of the latest reign, or none`() {
        let gate = FenceGate(highest: .none)
        gate.raise(to: Epoch(3), at: first)
        #expect(gate.reign.epoch == Epoch(3) && gate.reign.address == first)
        #expect(gate.check(4) == .newer)
        #expect(gate.reign.epoch == Epoch(4) && gate.reign.address == nil, "only a request has shown that reign")
        // The control loop has not met the later reign yet.
        gate.raise(to: Epoch(3), at: first)
        #expect(gate.reign.epoch == Epoch(4) && gate.reign.address == nil)
        gate.raise(to: Epoch(4), at: second)
        #expect(gate.reign.epoch == Epoch(4) && gate.reign.address == second)
    }
}
