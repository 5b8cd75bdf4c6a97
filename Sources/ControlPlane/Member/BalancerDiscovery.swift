package import Cluster
package import Connections
internal import HTTP
package import Sockets
internal import Storage

/// Asks at several addresses which balancer reigns there, all at the same time, each over a connection of its own.
package final class BalancerDiscovery {
    private let loop: EventLoop
    private let provider: TransportProvider
    private let endpoint: (BalancerAddress) -> UpstreamEndpoint?
    /// Requests in progress, one for each address.
    private var asked: [BalancerAddress: ControlClient] = [:]
    /// Called with the answer of a reigning balancer.
    package var onAnswer: (BalancerAddress, Epoch) -> Void = { _, _ in }
    /// Called when no request is in progress any more.
    package var onEnd: () -> Void = {}

    /// - Parameter endpoint: the endpoint of a balancer address; nil if it is no address.
    package init(
        loop: EventLoop, provider: TransportProvider, endpoint: @escaping (BalancerAddress) -> UpstreamEndpoint?
    ) {
        self.loop = loop
        self.provider = provider
        self.endpoint = endpoint
    }

    /// The endpoint of an address: one of the known ones, or another one with their expectation.
    static func endpoint(of address: BalancerAddress, among known: [UpstreamEndpoint]) -> UpstreamEndpoint? {
        let isThere = { (endpoint: UpstreamEndpoint) in
            endpoint.destination.host == address.host && endpoint.destination.port == address.port
        }
        if let match = known.first(where: isThere) { return match }
        return SocketAddress(host: address.host, port: address.port).map {
            UpstreamEndpoint(address: $0, host: address.host, expectation: known[0].expectation)
        }
    }

    package func ask(_ addresses: [BalancerAddress], _ request: DiscoveryRequest, timeoutMilliseconds: Int) {
        for address in addresses where asked[address] == nil {
            guard let endpoint = endpoint(address) else { continue }
            let caller = ControlClient(loop: loop, endpoint: endpoint, provider: provider)
            asked[address] = caller
            caller.ask(
                .post, ClusterPaths.discover, body: JSON.encode(request), timeoutMilliseconds: timeoutMilliseconds
            ) { [unowned self] result in
                caller.close()
                asked[address] = nil
                // Usually no process listens there.
                if case .success(let reply) = result, reply.status == 200,
                    let answer = JSON.decode(Acknowledgement.self, from: reply.body)
                {
                    onAnswer(address, answer.epoch)
                }
                if asked.isEmpty { onEnd() }
            }
        }
    }

    /// No request is in progress.
    package var isIdle: Bool { asked.isEmpty }

    package func stop() {
        for caller in asked.values { caller.close() }
        asked = [:]
    }
}
