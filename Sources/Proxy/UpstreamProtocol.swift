/// The protocol of a proxy's upstreams.
package enum UpstreamProtocol: Sendable {
    /// HTTP/1.1, with a connection for each request in progress.
    case http1
    /// HTTP/1.1 over the streams of connections that nodes of the cluster share (`understudy/1`).
    case multiplexed
    /// HTTP/2 without TLS.
    case http2

    /// A request may ask for WebSocket. An HTTP/2 application gets such a request as a GET without an upgrade.
    var carriesTunnels: Bool { self != .http2 }
}
