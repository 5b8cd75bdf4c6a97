#if TLS
    import Foundation
    import Sockets
    @testable import TLSServer
    import Testing

    /// The moment at which a server has done the work of a handshake.
    @Suite(.timeLimit(.minutes(5))) struct HandshakeWorkTests {
        /// A TLS 1.3 ClientHello that offers X25519 without a key share (RFC 8446, 4.1.4). The server requests another
        /// one.
        private static let helloWithoutShare: [UInt8] = {
            func sized(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes }
            let extensions =
                [0, 43] + sized([2, 3, 4]) + [0, 10] + sized(sized([0, 29])) + [0, 13] + sized(sized([4, 3])) + [0, 51]
                + sized([0, 0])
            let hello: [UInt8] =
                [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + sized([0x13, 0x01]) + [1, 0] + sized(extensions)
            return [22, 3, 1] + sized([1, 0] + sized(hello))
        }()

        private static func wire(_ client: @escaping (consuming FileDescriptor) -> SocketTransport?) throws -> Wire {
            let server = try TLSContext(side: .publicServer, credentials: try TestCertificates.publicSide, trust: nil)
            return try Wire(client: client, server: { TLSTransport($0, context: server, host: nil) })
        }

        @Test func aHelloRetryRequestIsNoAnswer() throws {
            let wire = try HandshakeWorkTests.wire { SocketTransport($0) }
            let near = try #require(wire.client)
            let far = try #require(wire.server)
            _ = HandshakeWorkTests.helloWithoutShare.withUnsafeBufferPointer { near.write($0) }
            try Wire.wait(for: far.descriptor.rawValue, Int16(POLLIN))
            guard case .wants(.read) = far.handshake() else {
                Issue.record("it does not ask for another one")
                return
            }
            #expect(!far.hasAnsweredHandshake)
            var answer: [UInt8] = []
            _ = try Wire.read(near, into: &answer)
            // The random bytes of a HelloRetryRequest.
            #expect(answer.dropFirst(11).prefix(4).elementsEqual([0xCF, 0x21, 0xAD, 0x74]), "\(answer)")
        }

        @Test(arguments: [0x0303, 0x0304] as [Int32]) func theServersFirstFlightIsAnAnswer(version: Int32) throws {
            let foreign = try ForeignContext(maximum: version)
            let wire = try HandshakeWorkTests.wire { ForeignTLS($0, foreign) }
            let near = try #require(wire.client)
            let far = try #require(wire.server)
            #expect(!far.hasAnsweredHandshake)
            _ = near.handshake()
            try Wire.wait(for: far.descriptor.rawValue, Int16(POLLIN))
            _ = far.handshake()
            #expect(far.hasAnsweredHandshake)
            #expect(far.needsHandshake)
            let outcome = try wire.handshake()
            #expect(outcome.client.isComplete && outcome.server.isComplete)
            #expect(far.hasAnsweredHandshake)
        }
    }
#endif
