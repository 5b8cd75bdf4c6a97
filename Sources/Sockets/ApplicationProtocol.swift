/// The protocol over a transport, by its ALPN name (RFC 7301).
public enum ApplicationProtocol: String, Sendable, CaseIterable {
    case http1 = "http/1.1"
    case http2 = "h2"
    /// The multiplexing protocol between nodes of a cluster: many byte streams over one connection.
    case multiplexed = "understudy/1"
}
