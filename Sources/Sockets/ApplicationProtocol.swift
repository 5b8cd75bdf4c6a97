/// What is spoken over a transport, by its name in ALPN (RFC 7301).
public enum ApplicationProtocol: String, Sendable, CaseIterable {
    case http1 = "http/1.1"
    case http2 = "h2"
    /// Many byte streams over one connection, between nodes of a cluster.
    case multiplexed = "understudy/1"
}
