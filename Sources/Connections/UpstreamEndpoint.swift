package import Sockets

/// Who has to be found at an upstream's address.
package enum PeerExpectation: Sendable, Equatable {
    /// Whoever answers: the plain build, a forwarded application.
    case anybody
    /// The node with this URI in its certificate.
    case exactly(String)
    /// Any node whose URI begins like this: every balancer of a cluster.
    case prefix(String)

    func accepts(_ identity: PeerIdentity) -> Bool {
        switch (self, identity) {
        case (.anybody, _): true
        case (.exactly(let expected), .uri(let uri)): uri == expected
        case (.prefix(let expected), .uri(let uri)): uri.hasPrefix(expected)
        case (_, .anonymous), (_, .unusable): false
        }
    }
}

/// Where an upstream listens and who it must turn out to be.
package struct UpstreamEndpoint: Sendable {
    package let address: SocketAddress
    /// What the certificate must be good for: the name or address as it was given.
    package let host: String
    package let expectation: PeerExpectation

    package init(address: SocketAddress, host: String, expectation: PeerExpectation) {
        self.address = address
        self.host = host
        self.expectation = expectation
    }
}
