package import Connections
internal import HTTP
package import Sockets

/// Passes requests on to an application of this host that speaks HTTP/2 without TLS, such as a gRPC server: one
/// connection for each loop, one stream for each request. Nothing is retried: there is nobody else.
package final class HTTP2ForwardService: Service {
    private let loop: EventLoop
    private let endpoint: UpstreamEndpoint
    private let provider = TransportProvider()
    private let limits: UpstreamLimits
    private var upstream: HTTP2Upstream?

    package init(loop: EventLoop, endpoint: UpstreamEndpoint, limits: UpstreamLimits = UpstreamLimits()) {
        self.loop = loop
        self.endpoint = endpoint
        self.limits = limits
    }

    package func makeExchange(on downstream: any Downstream) -> any Exchange {
        HTTP2ForwardExchange(on: downstream, service: self)
    }

    /// A connection that takes a request; one that is being given up by the application finishes what it has.
    func connection() -> HTTP2Upstream {
        if let upstream, upstream.takesRequests { return upstream }
        let made = HTTP2Upstream(loop: loop, endpoint: endpoint, provider: provider, limits: limits)
        made.onClose = { [unowned self] closed in if upstream === closed { upstream = nil } }
        upstream = made
        made.start()
        return made
    }
}
