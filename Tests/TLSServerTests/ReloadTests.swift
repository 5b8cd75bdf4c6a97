#if TLS
    import Foundation
    import Sockets
    @testable import TLSServer
    import Testing

    /// Established connections and connections in their handshake, while this node reads its certificates again.
    @Suite(.timeLimit(.minutes(5))) struct ReloadTests {
        private let certificates: ChainCertificates

        init() throws { certificates = try ChainCertificates() }

        /// What both ends of a connection think of their peer after a reload.
        private struct Opinions: Equatable {
            let ofClient: Bool?
            let ofServer: Bool?

            static let trusted = Opinions(ofClient: true, ofServer: true)
            static let refused = Opinions(ofClient: false, ofServer: false)
        }

        private func provider(_ trust: TLSTrust) throws -> TLSTransportProvider {
            TLSTransportProvider(
                server: try TLSContext(side: .clusterServer, credentials: certificates.node("one"), trust: trust),
                client: try TLSContext(side: .clusterClient, credentials: certificates.node("two"), trust: trust))
        }

        private func wire(_ provider: TLSTransportProvider) throws -> Wire {
            try Wire(
                client: { provider.connecting($0, host: "127.0.0.1") }, server: { provider.accepted($0) })
        }

        private func connect(_ trust: TLSTrust) throws -> Wire {
            let wire = try wire(try provider(trust))
            let outcome = try wire.handshake()
            #expect(outcome.client.isComplete, "\(outcome.client.message)")
            #expect(outcome.server.isComplete, "\(outcome.server.message)")
            return wire
        }

        private func opinions(_ wire: Wire, after trust: TLSTrust) throws -> Opinions {
            let fresh = try provider(trust)
            return Opinions(
                ofClient: wire.client?.isPeerTrusted(by: fresh), ofServer: wire.server?.isPeerTrusted(by: fresh))
        }

        @Test func `A reload keeps connections of peers with an intermediate CA`() throws {
            try certificates.writeRevocations()
            let wire = try connect(certificates.trust())
            #expect(try opinions(wire, after: certificates.trust()) == .trusted)
            #expect(try opinions(wire, after: certificates.trust(revocations: true)) == .trusted)
        }

        @Test func `A reload cuts the connections of a revoked peer with an intermediate CA`() throws {
            let wire = try connect(certificates.trust())
            try certificates.revoke("two")
            try certificates.writeRevocations()
            // "two" is the client, so only the server has a revoked peer.
            #expect(
                try opinions(wire, after: certificates.trust(revocations: true))
                    == Opinions(ofClient: true, ofServer: false))
        }

        @Test func `A reload cuts the connections of peers of another root`() throws {
            let wire = try connect(certificates.trust())
            #expect(try opinions(wire, after: certificates.trust("other-root")) == .refused)
        }

        /// A handshake would refuse every peer now. That is no reason to cut the connections of all nodes at once.
        @Test func `An expired list of revocations still cuts revoked peers, and no others`() throws {
            let wire = try connect(certificates.trust())
            try certificates.revoke("one")
            try certificates.writeRevocations([
                "-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200201000000Z",
            ])
            #expect(
                try opinions(wire, after: certificates.trust(revocations: true))
                    == Opinions(ofClient: false, ofServer: true))
        }

        @Test func `A peer without the needed purpose is refused by a reload as by a handshake`() throws {
            // A client's certificate for servers alone passes no handshake, so the handshake has the roles reversed.
            let odd = try TestCertificates.odd("server-auth-only")
            let wire = try Wire(
                client: try TestCertificates.context(.clusterClient, try TestCertificates.balancer),
                server: try TestCertificates.context(.clusterServer, odd))
            #expect(try wire.handshake().client.isComplete)
            guard let client = wire.client as? TLSTransport, let peer = client.peer else {
                Issue.record("there is no peer")
                return
            }
            let balancer = try TestCertificates.balancer
            #expect(peer.isTrusted(by: try TestCertificates.context(.clusterClient, balancer)))
            #expect(!peer.isTrusted(by: try TestCertificates.context(.clusterServer, balancer)))
        }

        @Test func `A handshake that a reload overtakes ends by the new certificates`() throws {
            for (isRevoked, isComplete) in [(false, true), (true, false)] {
                if isRevoked { try certificates.revoke("two") }
                try certificates.writeRevocations()
                let nearProvider = try provider(certificates.trust())
                let farProvider = try provider(certificates.trust())
                let wire = try Wire(
                    client: { nearProvider.connecting($0, host: "127.0.0.1") }, server: { farProvider.accepted($0) })
                // The client's first flight is on its way, and the server has a session with the old certificates.
                _ = wire.client?.handshake()
                _ = wire.server?.handshake()
                farProvider.adopt(try provider(certificates.trust()))
                farProvider.adopt(try provider(certificates.trust(revocations: true)))
                let outcome = try wire.handshake()
                #expect(outcome.server.isComplete == isComplete, "\(outcome.server.message)")
                if !isComplete { #expect(outcome.server.message.contains("since a reload")) }
            }
        }
    }
#endif
