#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    @testable import TLSServer
    import Testing

    /// Accepted peers of the cluster sides, and their identities.
    @Suite(.timeLimit(.minutes(5))) struct PeerTests {
        @Test(arguments: ["127.0.0.1", "localhost", "::1"]) func bothSidesLearnTheOthersIdentity(host: String) throws {
            let wire = try Wire(
                client: try TestCertificates.context(.clusterClient, try TestCertificates.balancer), host: host,
                server: try TestCertificates.context(.clusterServer, try TestCertificates.node("worker-8001")))
            #expect(wire.client?.needsHandshake == true)
            let outcome = try wire.handshake()
            #expect(outcome.client.isComplete)
            #expect(outcome.server.isComplete)
            #expect(wire.client?.needsHandshake == false)
            #expect(wire.client?.peerIdentity == .uri("spiffe://understudy/worker/worker-8001"))
            #expect(wire.server?.peerIdentity == .uri("spiffe://understudy/balancer/balancer"))
        }

        @Test(arguments: ["elsewhere.example", "127.0.0.9", "::2", "localhos", "localhost.example"])
        func aCertificateForAnotherHostIsDetected(host: String) throws {
            let wire = try Wire(
                client: try TestCertificates.context(.clusterClient, try TestCertificates.balancer), host: host,
                server: try TestCertificates.context(.clusterServer, try TestCertificates.node("worker-8001")))
            let outcome = try wire.handshake()
            #expect(outcome.client.kind == .hostMismatch)
            #expect(outcome.client.message.hasPrefix("the peer's certificate is refused: "))
            #expect(outcome.server.kind == .alert)
        }

        /// The result of a handshake with a peer that has an odd certificate.
        enum Sight: Sendable {
            /// The handshake fails. The message contains this text.
            case refused(SecureFailure, String)
            /// TLS accepts the peer, but its certificate names no node. The reason contains this text.
            case unusable(String)
            /// The peer is the node of this URI. Other code decides whether it is the expected one.
            case uri(String)
        }

        struct Odd: CustomTestStringConvertible, Sendable {
            let name: String
            let asServer: Sight
            let asClient: Sight
            var testDescription: String { name }

            init(_ name: String, _ both: Sight) { self.init(name, asServer: both, asClient: both) }

            init(_ name: String, asServer: Sight, asClient: Sight) {
                self.name = name
                self.asServer = asServer
                self.asClient = asClient
            }
        }

        private static let wrongPurpose = Sight.refused(.peerRejected, "purpose")
        private static let lacksUsage = Sight.unusable("lacks serverAuth or clientAuth")

        private static let odd = [
            Odd("expired", .refused(.lapsed, "expired (spiffe://understudy/worker/worker-8001, serial ")),
            Odd("not-yet-valid", .refused(.lapsed, "not yet valid (spiffe://understudy/worker/worker-8001, serial ")),
            Odd("no-eku", .unusable("has no extended key usage")),
            Odd("server-auth-only", asServer: lacksUsage, asClient: wrongPurpose),
            Odd("client-auth-only", asServer: wrongPurpose, asClient: lacksUsage),
            Odd("two-uris", .unusable("has 2 URIs")),
            Odd("no-uri", .unusable("has no URI")),
            Odd("balancer-role", .uri("spiffe://understudy/balancer/worker-8001")),
            Odd("operator-role", .uri("spiffe://understudy/operator/worker-8001")),
            Odd("other-id", .uri("spiffe://understudy/worker/somebody-else")),
            Odd("other-cluster-name", .uri("spiffe://othercluster/worker/worker-8001")),
            Odd(
                "host-not-in-san", asServer: .refused(.hostMismatch, "IP address mismatch"),
                asClient: .uri("spiffe://understudy/worker/worker-8001")),
            Odd("self-signed", .refused(.peerRejected, "self-signed certificate")),
            Odd("other-ca", .refused(.peerRejected, "")),
            Odd("public-leaf", asServer: lacksUsage, asClient: wrongPurpose),
        ]

        @Test(arguments: odd) func anOddServerIsDetected(_ odd: Odd) throws {
            let wire = try Wire(
                client: try TestCertificates.context(.clusterClient, try TestCertificates.balancer),
                server: try TestCertificates.context(.clusterServer, try TestCertificates.odd(odd.name)))
            let outcome = try wire.handshake()
            PeerTests.check(outcome.client, wire.client?.peerIdentity, odd.asServer)
            if case .refused = odd.asServer { #expect(outcome.server.kind == .alert) }
        }

        @Test(arguments: odd) func anOddClientIsDetected(_ odd: Odd) throws {
            let wire = try Wire(
                client: try TestCertificates.context(.clusterClient, try TestCertificates.odd(odd.name)),
                server: try TestCertificates.context(.clusterServer, try TestCertificates.balancer))
            let outcome = try wire.handshake()
            PeerTests.check(outcome.server, wire.server?.peerIdentity, odd.asClient)
            // In TLS 1.3 the client completes its handshake before the server's decision. It learns the decision when
            // it reads.
            #expect(outcome.client.isComplete)
            guard case .refused = odd.asClient, let client = wire.client else { return }
            guard case .secure(.alert, let message)? = try Wire.read(client).error else {
                Issue.record("the client is not told")
                return
            }
            #expect(message.hasPrefix("the peer refused: "))
            #expect(ERR_peek_error() == 0)
        }

        private static func check(_ outcome: Wire.Outcome, _ identity: PeerIdentity?, _ sight: Sight) {
            switch sight {
            case .refused(let kind, let text):
                #expect(outcome.kind == kind, "\(outcome.message)")
                #expect(outcome.message.contains(text) || text.isEmpty, "\(outcome.message)")
                #expect(!outcome.message.contains("\n"))
            case .unusable(let text):
                #expect(outcome.isComplete, "\(outcome.message)")
                guard case .unusable(let reason)? = identity else {
                    Issue.record("\(String(describing: identity))")
                    return
                }
                #expect(reason.contains(text))
            case .uri(let uri):
                #expect(outcome.isComplete, "\(outcome.message)")
                #expect(identity == .uri(uri))
            }
        }

        @Test func aClientWithoutACertificateIsRefused() throws {
            let context = try TestCertificates.context(.clusterServer, try TestCertificates.balancer)
            let foreign = try ForeignContext()
            let wire = try Wire(
                client: { ForeignTLS($0, foreign) }, server: { TLSTransport($0, context: context, host: nil) })
            let outcome = try wire.handshake()
            #expect(outcome.server.kind == .peerRejected)
            #expect(
                outcome.server.message == "the peer showed no certificate; this port takes only nodes of the cluster")
        }

        @Test func olderProtocolsAreRefusedAtTheClusterSide() throws {
            let context = try TestCertificates.context(.clusterServer, try TestCertificates.balancer)
            let foreign = try ForeignContext(maximum: TLS1_2_VERSION)
            let wire = try Wire(
                client: { ForeignTLS($0, foreign) }, server: { TLSTransport($0, context: context, host: nil) })
            let outcome = try wire.handshake()
            #expect(outcome.server.kind == .other)
            #expect(outcome.server.message.contains("unsupported protocol"))
            #expect(!outcome.client.isComplete)
        }

        // MARK: Revocation

        @Test func aRevokedServerIsRefused() throws {
            for withRevocations in [true, false] {
                let wire = try Wire(
                    client: try TestCertificates.context(
                        .clusterClient, try TestCertificates.balancer, withRevocations: withRevocations),
                    server: try TestCertificates.context(.clusterServer, try TestCertificates.node("worker-8003")))
                let outcome = try wire.handshake()
                #expect(outcome.client.isComplete == !withRevocations)
                if withRevocations {
                    #expect(outcome.client.kind == .lapsed)
                    let label = PeerCertificate.label(inFile: try TestCertificates.node("worker-8003").certificate)
                    #expect(label?.hasPrefix("spiffe://understudy/worker/worker-8003, serial ") == true)
                    #expect(outcome.client.message.hasSuffix("certificate revoked (\(label ?? ""))"))
                }
            }
        }

        @Test func aRevokedClientIsRefused() throws {
            for (id, isRefused) in [("worker-8003", true), ("worker-8002", false)] {
                let wire = try Wire(
                    client: try TestCertificates.context(.clusterClient, try TestCertificates.node(id)),
                    server: try TestCertificates.context(
                        .clusterServer, try TestCertificates.balancer, withRevocations: true))
                let outcome = try wire.handshake()
                #expect(outcome.server.isComplete == !isRefused)
                if isRefused { #expect(outcome.server.message.contains("revoked")) }
            }
        }

        // MARK: From files

        @Test func identitiesAreReadFromFiles() throws {
            func identity(_ credentials: TLSCredentials) -> PeerIdentity? {
                PeerCertificate.identity(inFile: credentials.certificate)
            }
            #expect(
                identity(try TestCertificates.node("worker-8001")) == .uri("spiffe://understudy/worker/worker-8001"))
            #expect(
                identity(try TestCertificates.node("worker-8001", role: "balancer"))
                    == .uri("spiffe://understudy/balancer/worker-8001"))
            #expect(PeerCertificate.identity(inFile: "/no/such/file") == nil)
            #expect(PeerCertificate.identity(inFile: try TestCertificates.node("worker-8001").key) == nil)
            #expect(ERR_peek_error() == 0)
        }

        @Test func datesAreReadFromFiles() throws {
            func problem(_ name: String) throws -> String? {
                PeerCertificate.validityProblem(inFile: try TestCertificates.odd(name).certificate)
            }
            #expect(try problem("expired") == "has expired")
            #expect(try problem("not-yet-valid") == "is not yet valid")
            #expect(try problem("no-uri") == nil)
            #expect(PeerCertificate.validityProblem(inFile: "/no/such/file") == nil)
            #expect(ERR_peek_error() == 0)
        }
    }
#endif
