#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    import TestSupport
    @testable import TLSServer
    import Testing

    /// A client's allowed choices, and its expensive ones.
    @Suite(.timeLimit(.minutes(5))) struct NegotiationTests {
        private static let node = "worker-8001"

        private static func handshake(_ foreign: ForeignContext, _ side: TLSContext.Side) throws
            -> (wire: Wire, outcome: (client: Wire.Outcome, server: Wire.Outcome))
        {
            let server =
                side == .publicServer
                ? try TLSContext(side: side, credentials: try TestCertificates.publicSide, trust: nil)
                : try TestCertificates.context(side, try TestCertificates.balancer)
            let wire = try Wire(
                client: { ForeignTLS($0, foreign) }, server: { TLSTransport($0, context: server, host: nil) })
            return (wire, try wire.handshake())
        }

        @Test(arguments: [TLSContext.Side.publicServer, .clusterServer], ["X25519", "P-256", "P-384"])
        func cheapGroupsAreAccepted(side: TLSContext.Side, group: String) throws {
            let foreign = try ForeignContext()
            try foreign.show(try TestCertificates.node(NegotiationTests.node))
            try foreign.offer(group: group)
            let outcome = try NegotiationTests.handshake(foreign, side).outcome
            #expect(outcome.client.isComplete && outcome.server.isComplete, "\(outcome)")
        }

        @Test(
            arguments: [TLSContext.Side.publicServer, .clusterServer],
            ["ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192", "P-521", "X448"])
        func costlyGroupsAreRefused(side: TLSContext.Side, group: String) throws {
            let foreign = try ForeignContext()
            try foreign.show(try TestCertificates.node(NegotiationTests.node))
            try foreign.offer(group: group)
            let (wire, outcome) = try NegotiationTests.handshake(foreign, side)
            #expect(!outcome.client.isComplete && !outcome.server.isComplete)
            // The server rejected it before any computation.
            #expect(outcome.client.message.contains("handshake failure"), "\(outcome)")
            withExtendedLifetime(wire) {}
        }

        @Test(
            arguments: [
                "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
            ])
        func authenticatedSuitesOfTLS12AreTaken(suite: String) throws {
            let foreign = try ForeignContext(maximum: TLS1_2_VERSION)
            try foreign.offer(olderSuite: suite)
            let outcome = try NegotiationTests.handshake(foreign, .publicServer).outcome
            #expect(outcome.client.isComplete && outcome.server.isComplete, "\(outcome)")
        }

        @Test(
            arguments: [
                "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384",
                "ECDHE-ECDSA-AES128-CCM", "DHE-RSA-AES128-GCM-SHA256", "AES128-GCM-SHA256", "AES128-SHA",
                "ECDHE-ECDSA-CAMELLIA128-SHA256", "ADH-AES128-GCM-SHA256",
            ])
        func otherSuitesOfTLS12AreRefused(suite: String) throws {
            let foreign = try ForeignContext(maximum: TLS1_2_VERSION)
            try foreign.offer(olderSuite: suite)
            let outcome = try NegotiationTests.handshake(foreign, .publicServer).outcome
            #expect(!outcome.client.isComplete && !outcome.server.isComplete, "\(suite)")
        }

        /// OpenSSL answers each request with a warning, any number of times. Its own client sends only one.
        @Test func aClientWithRepeatedRenegotiationsIsClosed() throws {
            let foreign = try ForeignContext(maximum: TLS1_2_VERSION)
            let (wire, outcome) = try NegotiationTests.handshake(foreign, .publicServer)
            #expect(outcome.client.isComplete && outcome.server.isComplete)
            let near = try #require(wire.client as? ForeignTLS)
            let far = try #require(wire.server as? TLSTransport)
            let session = try #require(far.session)
            #expect(near.renegotiate())
            try Wire.wait(for: far.descriptor.rawValue, Int16(POLLIN))
            guard case .wouldBlock = far.read(room: 1000).0 else {
                Issue.record("the first is no reason to end")
                return
            }
            #expect(session.alertsSent == 1)
            for _ in 0..<TLSSession.mostWarnings { session.alertPassed() }
            guard case .failed(let error) = far.read(room: 1000).0 else {
                Issue.record("not ended")
                return
            }
            #expect(error.description.contains("renegotiation"), "\(error)")
        }
    }
#endif
