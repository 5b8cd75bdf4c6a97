package import Sockets

/// The expected identity at an upstream's address.
package enum PeerExpectation: Sendable, Equatable {
    /// Any peer: the plain build, a forwarded application.
    case anybody
    /// The node with this URI in its certificate.
    case exactly(String)
    /// Any node whose URI has this prefix, for example every balancer of a cluster.
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

/// The address of an upstream, and its expected identity.
package struct UpstreamEndpoint: Sendable {
    package let destination: Destination
    /// The host that the certificate must be valid for: the name or address as configured.
    package let host: String
    package let expectation: PeerExpectation

    package init(address: SocketAddress, host: String, expectation: PeerExpectation) {
        destination = .address(address)
        self.host = host
        self.expectation = expectation
    }

    /// The certificate must be valid for the destination's name or address.
    package init(_ destination: Destination, expectation: PeerExpectation) {
        self.destination = destination
        host = destination.host
        self.expectation = expectation
    }
}
