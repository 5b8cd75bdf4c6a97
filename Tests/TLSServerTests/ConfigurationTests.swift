#if TLS
    import COpenSSL
    import Foundation
    @testable import TLSServer
    import Testing

    /// Each unusable file is rejected at the start, with a line that names the file, the reason and the cure.
    @Suite(.timeLimit(.minutes(5))) struct ConfigurationTests {
        private static func message(_ side: TLSContext.Side = .clusterServer, _ make: () throws -> TLSCredentials)
            -> String
        {
            message(side, make, trust: { try TestCertificates.trust() })
        }

        private static func message(
            _ side: TLSContext.Side = .clusterServer, _ credentials: () throws -> TLSCredentials,
            trust: () throws -> TLSTrust?
        ) -> String {
            do {
                _ = try TLSContext(side: side, credentials: try credentials(), trust: try trust())
                return "accepted"
            } catch let error as TLSConfigurationError {
                #expect(ERR_peek_error() == 0)
                #expect(!error.description.contains("\n"))
                return error.description
            } catch {
                return "another error: \(error)"
            }
        }

        private static func copy(
            _ credentials: TLSCredentials, change: (_ certificate: URL, _ key: URL) throws -> Void
        ) throws -> TLSCredentials {
            let folder = try TestCertificates.scratch()
            let (certificate, key) = (folder.appending(path: "leaf.pem"), folder.appending(path: "leaf.key"))
            try FileManager.default.copyItem(atPath: credentials.certificate, toPath: certificate.path)
            try FileManager.default.copyItem(atPath: credentials.key, toPath: key.path)
            try change(certificate, key)
            return TLSCredentials(certificate: certificate.path, key: key.path)
        }

        @Test(arguments: [TLSContext.Side.publicServer, .clusterServer, .clusterClient])
        func goodFilesAreAccepted(side: TLSContext.Side) {
            #expect(ConfigurationTests.message(side) { try TestCertificates.node("worker-8001") } == "accepted")
        }

        @Test(arguments: [0o640, 0o604, 0o660, 0o644]) func aKeyThatOthersMayReadIsRefused(mode: Int) throws {
            let credentials = try ConfigurationTests.copy(try TestCertificates.node("worker-8001")) { _, key in
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: key.path)
            }
            #expect(
                ConfigurationTests.message { credentials }
                    == "\(credentials.key) can be read by others: run 'chmod 600 \(credentials.key)', or make a new key"
            )
        }

        @Test func missingFilesAreNamed() throws {
            let good = try TestCertificates.node("worker-8001")
            #expect(
                ConfigurationTests.message { TLSCredentials(certificate: "/no/such.pem", key: good.key) }
                    == "/no/such.pem can't be read: No such file or directory")
            #expect(
                ConfigurationTests.message { TLSCredentials(certificate: good.certificate, key: "/no/such.key") }
                    == "/no/such.key can't be read: No such file or directory")
        }

        @Test func aKeyOfAnotherCertificateIsRefused() throws {
            let (one, other) = (try TestCertificates.node("worker-8001"), try TestCertificates.node("worker-8002"))
            let message = ConfigurationTests.message {
                TLSCredentials(certificate: one.certificate, key: other.key)
            }
            #expect(message.contains(other.key))
            #expect(message.contains("key") && message != "accepted")
        }

        @Test(arguments: [TLSContext.Side.publicServer, .clusterServer])
        func `A chain that does not begin with the leaf is refused, with the cure`(side: TLSContext.Side) throws {
            let authority = try String(contentsOfFile: try TestCertificates.trust().authority, encoding: .utf8)
            let good = try TestCertificates.node("worker-8001")
            let credentials = try ConfigurationTests.copy(good) { certificate, _ in
                let leaf = try String(contentsOf: certificate, encoding: .utf8)
                try (authority + leaf).write(to: certificate, atomically: false, encoding: .utf8)
            }
            #expect(
                ConfigurationTests.message(side) { credentials }
                    == "\(credentials.certificate): the certificates are in the wrong order: put the leaf first, which is the certificate of \(credentials.key)"
            )
        }

        @Test func aFileWithoutACertificateIsRefused() throws {
            for text in ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
                let credentials = try ConfigurationTests.copy(try TestCertificates.node("worker-8001")) {
                    certificate, _ in
                    try text.write(to: certificate, atomically: false, encoding: .utf8)
                }
                #expect(
                    ConfigurationTests.message { credentials }
                        .hasPrefix("\(credentials.certificate): no usable certificate: "))
            }
        }

        @Test func aFileWithoutAKeyIsRefused() throws {
            let credentials = try ConfigurationTests.copy(try TestCertificates.node("worker-8001")) { _, key in
                try "garbage".write(to: key, atomically: false, encoding: .utf8)
            }
            #expect(ConfigurationTests.message { credentials }.hasPrefix("\(credentials.key): no usable key: "))
        }

        @Test func theClusterSidesNeedTheirCA() throws {
            let good = try TestCertificates.node("worker-8001")
            for side in [TLSContext.Side.clusterServer, .clusterClient] {
                #expect(
                    ConfigurationTests.message(side, { good }, trust: { nil })
                        == "the cluster side needs the cluster's CA")
                #expect(
                    ConfigurationTests.message(
                        side, { good }, trust: { TLSTrust(authority: "/no/ca.pem", revocations: nil) }
                    )
                    .hasPrefix("/no/ca.pem: no usable CA: "))
                #expect(
                    ConfigurationTests.message(
                        side, { good },
                        trust: {
                            TLSTrust(authority: try TestCertificates.trust().authority, revocations: good.certificate)
                        }
                    ).hasPrefix("\(good.certificate): no usable CRL: "))
            }
        }

        @Test func aProviderWithoutAContextMakesNothing() throws {
            let provider = TLSTransportProvider(server: nil, client: nil)
            let wire = try Wire(
                client: { provider.connecting($0, host: "localhost") }, server: { provider.accepted($0) })
            #expect(wire.client == nil)
            #expect(wire.server == nil)
        }
    }
#endif
