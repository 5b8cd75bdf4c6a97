package import Sockets

/// Where an upstream listens and who it must turn out to be.
package struct UpstreamEndpoint: Sendable {
    package let address: SocketAddress
    /// What the certificate must be good for: the name or address as it was given.
    package let host: String
    /// The URI that the certificate must carry; nil where peers show none (the plain build, a forwarded application).
    package let identity: String?

    package init(address: SocketAddress, host: String, identity: String?) {
        self.address = address
        self.host = host
        self.identity = identity
    }
}
