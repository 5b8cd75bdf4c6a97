#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    @testable import TLSServer
    import Testing

    /// HTTPS for all clients.
    @Suite(.timeLimit(.minutes(5))) struct PublicSideTests {
        private static func server(ticketKeys: [UInt8] = []) throws -> TLSContext {
            try TLSContext(
                side: .publicServer, credentials: try TestCertificates.publicSide, trust: nil, ticketKeys: ticketKeys)
        }

        private static func wire(
            _ foreign: ForeignContext, _ server: TLSContext, resuming: ForeignTLS.Ticket? = nil
        ) throws -> Wire {
            try Wire(
                client: { ForeignTLS($0, foreign, resuming: resuming) },
                server: { TLSTransport($0, context: server, host: nil) })
        }

        @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION]) func clientsNeedNoCertificate(version: Int32) throws {
            let foreign = try ForeignContext(maximum: version)
            let wire = try PublicSideTests.wire(foreign, try PublicSideTests.server())
            let outcome = try wire.handshake()
            #expect(outcome.client.isComplete)
            #expect(outcome.server.isComplete)
            #expect((wire.client as? ForeignTLS)?.version == version)
            #expect(wire.server?.peerIdentity == .anonymous)
        }

        @Test func aNodesCertificateIsNotRequested() throws {
            let wire = try Wire(
                client: try TestCertificates.context(.clusterClient, try TestCertificates.balancer),
                server: try PublicSideTests.server())
            let outcome = try wire.handshake()
            #expect(outcome.client.isComplete && outcome.server.isComplete)
            #expect(wire.server?.peerIdentity == .anonymous)
        }

        @Test(arguments: [TLS1_VERSION, TLS1_1_VERSION]) func oldVersionsAreRefused(version: Int32) throws {
            let foreign = try ForeignContext(maximum: version)
            let outcome = try PublicSideTests.wire(foreign, try PublicSideTests.server()).handshake()
            #expect(!outcome.client.isComplete)
            #expect(outcome.server.kind == .other)
        }

        @Test(
            arguments: [
                ([], ""), (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"),
                (["http/1.1", "h2"], "http/1.1"),
            ] as [([String], String)])
        func theProtocolIsHTTP11(offered: [String], chosen: String) throws {
            let foreign = try ForeignContext(protocols: offered)
            let wire = try PublicSideTests.wire(foreign, try PublicSideTests.server())
            let outcome = try wire.handshake()
            #expect(outcome.client.isComplete && outcome.server.isComplete)
            #expect((wire.client as? ForeignTLS)?.chosenProtocol == chosen)
        }

        @Test(arguments: [["h2"], ["http/1.0", "http/1.11"], ["x"]]) func noCommonProtocolEndsTheHandshake(
            offered: [String]
        ) throws {
            let foreign = try ForeignContext(protocols: offered)
            let outcome = try PublicSideTests.wire(foreign, try PublicSideTests.server()).handshake()
            #expect(!outcome.server.isComplete)
            #expect(outcome.client.message.contains("no application protocol"))
        }

        // MARK: Resumption

        /// Connects, reads a byte (TLS 1.3 tickets follow it) and returns the client's ticket.
        private static func ticket(_ foreign: ForeignContext, _ server: TLSContext) throws -> ForeignTLS.Ticket? {
            let wire = try wire(foreign, server)
            let outcome = try wire.handshake()
            #expect(outcome.client.isComplete && outcome.server.isComplete)
            let far = try #require(wire.server)
            let near = try #require(wire.client as? ForeignTLS)
            Wire.write(far, "x")
            _ = try Wire.read(near)
            return near.ticket
        }

        private static func resumes(
            _ ticket: ForeignTLS.Ticket, _ foreign: ForeignContext, at server: TLSContext
        ) throws -> Bool {
            let wire = try wire(foreign, server, resuming: ticket)
            let outcome = try wire.handshake()
            #expect(outcome.client.isComplete && outcome.server.isComplete)
            let isResumed = try #require(wire.client as? ForeignTLS).isResumed
            #expect(wire.server?.negotiatedTLS?.isResumed == isResumed)
            return isResumed
        }

        @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION]) func contextsWithTheSameKeysResumeEachOther(version: Int32)
            throws
        {
            let keys = (0..<TLSContext.ticketKeysSize).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let other = keys.map { $0 ^ 0x55 }
            let foreign = try ForeignContext(maximum: version)
            let ticket = try #require(try PublicSideTests.ticket(foreign, try PublicSideTests.server(ticketKeys: keys)))
            // A context of another loop, or of the successor.
            #expect(try PublicSideTests.resumes(ticket, foreign, at: try PublicSideTests.server(ticketKeys: keys)))
            #expect(try !PublicSideTests.resumes(ticket, foreign, at: try PublicSideTests.server(ticketKeys: other)))
            // Without keys, or with keys of a wrong length, each context makes its own.
            #expect(try !PublicSideTests.resumes(ticket, foreign, at: try PublicSideTests.server()))
            #expect(
                try !PublicSideTests.resumes(ticket, foreign, at: try PublicSideTests.server(ticketKeys: [1, 2, 3])))
        }

        @Test func aFullHandshakeBringsOneTicket() throws {
            let foreign = try ForeignContext(minimum: TLS1_3_VERSION)
            foreign.countTickets()
            let ticket = try PublicSideTests.ticket(foreign, try PublicSideTests.server())
            #expect(ticket != nil)
            #expect(foreign.receivedTickets == 1)
        }

        @Test func theClusterSideIssuesNoTicket() throws {
            let server = try TestCertificates.context(.clusterServer, try TestCertificates.balancer)
            let foreign = try ForeignContext()
            let node = try TestCertificates.node("worker-8001")
            #expect(SSL_CTX_use_certificate_chain_file(foreign.pointer, node.certificate) == 1)
            #expect(SSL_CTX_use_PrivateKey_file(foreign.pointer, node.key, SSL_FILETYPE_PEM) == 1)
            #expect(try PublicSideTests.ticket(foreign, server) == nil)
        }
    }
#endif
