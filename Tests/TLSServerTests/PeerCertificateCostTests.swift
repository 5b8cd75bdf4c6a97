#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    @testable import TLSServer
    import Testing

    /// Certificates that are too expensive to verify.
    @Suite(.timeLimit(.minutes(5))) struct PeerCertificateCostTests {
        private static func allowsKey(inFile path: String) throws -> Bool {
            let file = try #require(BIO_new_file(path, "r"))
            defer { BIO_free(file) }
            let certificate = try #require(PEM_read_bio_X509(file, nil, nil, nil))
            defer { X509_free(certificate) }
            return PeerCertificateCost.allowsKey(of: certificate)
        }

        @Test(
            arguments: [
                (["-newkey", "rsa:2048"], true), (["-newkey", "rsa:1024"], false),
                // 2^32 + 15: the smallest exponent that is too large.
                (["-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:4294967311"], false),
                (["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"], true),
                (["-newkey", "ed25519"], true), (["-newkey", "ed448"], false),
                (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], true),
                (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"], true),
                (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"], true),
                (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"], false),
                (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP512r1"], false),
                (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:sect571k1"], false),
            ] as [([String], Bool)])
        func commonKeysAreAccepted(key: [String], isTaken: Bool) throws {
            #expect(try PeerCertificateCostTests.allowsKey(inFile: TestCertificates.selfSigned(key: key)) == isTaken)
            #expect(ERR_peek_error() == 0)
        }

        private static func outcome(_ foreign: ForeignContext) throws -> Wire.Outcome {
            let server = try TestCertificates.context(.clusterServer, try TestCertificates.balancer)
            let wire = try Wire(
                client: { ForeignTLS($0, foreign) }, server: { TLSTransport($0, context: server, host: nil) })
            return try wire.handshake().server
        }

        private static func send(_ certificates: [String]) throws -> Wire.Outcome {
            let chain = try TestCertificates.scratch().appending(path: "chain.pem").path
            let texts = try certificates.map { try String(contentsOfFile: $0, encoding: .utf8) }
            try texts.joined().write(toFile: chain, atomically: true, encoding: .utf8)
            let foreign = try ForeignContext()
            let good = try TestCertificates.node("worker-8001")
            try foreign.show(TLSCredentials(certificate: chain, key: good.key))
            return try outcome(foreign)
        }

        /// The CA has signed it, but the curve is still rejected.
        @Test func anotherCurveIsRefused() throws {
            let good = try TestCertificates.node("worker-8001").certificate
            let outcome = try PeerCertificateCostTests.send([good, try TestCertificates.odd("odd-curve").certificate])
            #expect(outcome.kind == .peerRejected)
            #expect(outcome.message.contains("has a key that is not EC on P-256"), "\(outcome.message)")
        }

        /// A node with such a certificate does not start.
        @Test func aNodesOwnCertificateMustHaveACommonKey() throws {
            let odd = try TestCertificates.odd("odd-curve")
            #expect {
                _ = try TestCertificates.context(.clusterServer, odd)
            } throws: {
                "\($0)".contains("a node's key has to be EC on P-256")
            }
        }

        @Test(arguments: [PeerCertificateCost.maximumCount, PeerCertificateCost.maximumCount + 1, 40])
        func theNumberAndSizeOfCertificatesAreBounded(count: Int) throws {
            let good = try TestCertificates.node("worker-8001").certificate
            let ca = try TestCertificates.good + "/ca.pem"
            let outcome = try PeerCertificateCostTests.send([good] + Array(repeating: ca, count: count - 1))
            #expect(outcome.isComplete == (count <= PeerCertificateCost.maximumCount), "\(outcome.message)")
        }
    }
#endif
