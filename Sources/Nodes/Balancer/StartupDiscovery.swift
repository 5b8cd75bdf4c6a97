internal import Cluster
internal import Connections
internal import ControlPlane
internal import Sockets

/// Asks the other hosts whether a balancer reigns there. An operator's start does so before it reigns.
///
/// It asks once and waits a second at most. A host without an answer does not prevent the start.
final class StartupDiscovery {
    private static let limitMilliseconds = 1000

    private let discovery: BalancerDiscovery
    private let known: Epoch
    private var found: RivalReign?

    /// - Parameter completion: called once, with the balancer that reigns elsewhere if there is one.
    init(
        context: BalancerContext, addresses: [BalancerAddress], then completion: @escaping (RivalReign?) -> Void
    ) {
        // A balancer below this epoch is a past one.
        known = context.knownEpoch
        let certificates = context.certificates
        discovery = BalancerDiscovery(loop: context.loop, provider: context.clusterProvider) {
            certificates.balancerEndpoint(at: $0)
        }
        discovery.onAnswer = { [unowned self] address, epoch in
            if epoch >= self.known, epoch >= found?.epoch ?? .none {
                found = RivalReign(address: address, epoch: epoch)
            }
        }
        discovery.onEnd = { [unowned self] in completion(found) }
        // The request shows no epoch, so it ends no reign.
        discovery.ask(
            addresses, DiscoveryRequest(epochSeen: .none), timeoutMilliseconds: StartupDiscovery.limitMilliseconds)
        if discovery.isIdle { completion(nil) }
    }
}
