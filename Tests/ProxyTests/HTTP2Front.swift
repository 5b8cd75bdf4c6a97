import Balancing
import Cluster
import Connections
import Proxy
import Sockets

/// The proxy of a worker in front of an HTTP/2 application. The test acts as the application.
///
/// - Parameter queueMilliseconds: the time that a request waits for an application that is full.
func http2Front(
    _ loop: EventLoop, _ address: SocketAddress, limits: UpstreamLimits = UpstreamLimits(),
    queueMilliseconds: Int = 20_000
) -> ProxyService {
    guard let id = NodeID("worker-1") else { preconditionFailure("a literal") }
    let service = ProxyService(
        loop: loop, application: UpstreamEndpoint(address: address, host: "127.0.0.1", expectation: .anybody), id: id,
        upstreamProtocol: .http2, limits: limits)
    service.adopt(ProxyPolicy(edge: nil, limits: RequestLimits(queueMilliseconds: queueMilliseconds)), limits, nil)
    return service
}
