internal import Sockets

/// The address of an upstream connection, and the factory of its transport.
struct UpstreamTarget {
    let endpoint: UpstreamEndpoint
    let provider: TransportProvider

    /// Makes a connector to the target, which has not started.
    func connector(
        on loop: EventLoop, limits: UpstreamLimits, completion: @escaping Connector.Completion
    ) -> Connector {
        Connector(
            loop: loop, endpoint: endpoint, provider: provider, milliseconds: limits.connectMilliseconds,
            completion: completion)
    }
}
