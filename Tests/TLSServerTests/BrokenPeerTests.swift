#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    @testable import TLSServer
    import Testing

    /// Peers that do not speak TLS, or stop in the middle. They cause failures, never traps.
    @Suite(.timeLimit(.minutes(5))) struct BrokenPeerTests {
        enum Side: CaseIterable, Sendable { case publicServer, clusterServer, clusterClient }

        /// A connection with a TLS end, and a plain end that the test writes to.
        private static func wire(_ side: Side) throws -> (Wire, secure: SocketTransport, plain: SocketTransport) {
            let wire: Wire
            switch side {
            case .clusterClient:
                let context = try TestCertificates.context(.clusterClient, try TestCertificates.balancer)
                wire = try Wire(
                    client: { TLSTransport($0, context: context, host: "localhost") }, server: { SocketTransport($0) })
                guard let secure = wire.client, let plain = wire.server else { throw Wire.Failure.noConnection }
                return (wire, secure, plain)
            case .publicServer, .clusterServer:
                let context = try TestCertificates.context(
                    side == .publicServer ? .publicServer : .clusterServer, try TestCertificates.node("worker-8001"))
                wire = try Wire(
                    client: { SocketTransport($0) }, server: { TLSTransport($0, context: context, host: nil) })
                guard let secure = wire.server, let plain = wire.client else { throw Wire.Failure.noConnection }
                return (wire, secure, plain)
            }
        }

        /// Continues the handshake until it fails.
        private static func failure(of transport: SocketTransport) throws -> TransportError? {
            while true {
                switch transport.handshake() {
                case .complete: return nil
                case .failed(let error):
                    #expect(ERR_peek_error() == 0)
                    return error
                case .wants(let direction):
                    try Wire.wait(for: transport.descriptor.rawValue, Int16(direction == .read ? POLLIN : POLLOUT))
                }
            }
        }

        private static func send(_ bytes: [UInt8], over transport: SocketTransport) {
            _ = bytes.withUnsafeBufferPointer { transport.write($0) }
        }

        /// Bytes that a peer sends instead of TLS.
        enum Garbage: CaseIterable, Sendable {
            case http, proxyHeader, zeros, ones, recordTooLong, emptyHello, alert, applicationData, ssl2

            var bytes: [UInt8] {
                switch self {
                case .http: Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
                case .proxyHeader: Array("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n".utf8)
                case .zeros: [UInt8](repeating: 0, count: 100)
                case .ones: [UInt8](repeating: 0xFF, count: 20_000)
                case .recordTooLong: [0x16, 0x03, 0x01, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 0xFFFF)
                case .emptyHello: [0x16, 0x03, 0x01, 0x00, 0x04, 0x01, 0x00, 0x00, 0x00]
                case .alert: [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]
                case .applicationData: [0x17, 0x03, 0x03, 0x00, 0x03, 0x01, 0x02, 0x03]
                case .ssl2:
                    [0x80, 0x2E, 0x01, 0x00, 0x02, 0x00, 0x15, 0x00, 0x00, 0x00, 0x10]
                        + [UInt8](repeating: 7, count: 40)
                }
            }
        }

        @Test(arguments: Side.allCases, Garbage.allCases)
        func garbageFailsTheHandshake(side: Side, garbage: Garbage) throws {
            let (wire, secure, plain) = try BrokenPeerTests.wire(side)
            BrokenPeerTests.send(garbage.bytes, over: plain)
            plain.closeWrite()
            let error = try #require(try BrokenPeerTests.failure(of: secure))
            #expect(!error.description.isEmpty && !error.description.contains("\n"))
            // The session is unusable and reports that without a trap.
            #expect(try Wire.read(secure).isEnd)
            #expect(Wire.write(secure, "x").error != nil)
            secure.closeWrite()
            withExtendedLifetime(wire) {}
        }

        @Test(arguments: Side.allCases) func randomBytesFailTheHandshake(side: Side) throws {
            var state: UInt64 = 0x9E37_79B9_7F4A_7C15
            for _ in 0..<50 {
                let (wire, secure, plain) = try BrokenPeerTests.wire(side)
                var bytes: [UInt8] = (0..<300).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return UInt8(truncatingIfNeeded: state >> 56)
                }
                // Half of them look like a handshake record at first.
                if bytes[10] & 1 == 0 { bytes.replaceSubrange(0..<5, with: [0x16, 0x03, 0x01, 0x01, 0x27]) }
                BrokenPeerTests.send(bytes, over: plain)
                plain.closeWrite()
                #expect(try BrokenPeerTests.failure(of: secure) != nil)
                withExtendedLifetime(wire) {}
            }
        }

        /// A valid ClientHello as bytes.
        private static func hello() throws -> [UInt8] {
            let (wire, secure, plain) = try BrokenPeerTests.wire(.clusterClient)
            guard case .wants(.read) = secure.handshake() else { throw Wire.Failure.stuck }
            var bytes: [UInt8] = []
            _ = try Wire.read(plain, into: &bytes)
            withExtendedLifetime(wire) {}
            return bytes
        }

        @Test(arguments: [0, 1, 4, 5, 6, 50, -1, Int.max]) func aPeerThatEndsInTheMiddleIsTruncated(length: Int) throws
        {
            let hello = try BrokenPeerTests.hello()
            let count = length < 0 ? hello.count - 1 : min(length, hello.count)
            let (wire, secure, plain) = try BrokenPeerTests.wire(.clusterServer)
            BrokenPeerTests.send(Array(hello[..<count]), over: plain)
            plain.closeWrite()
            let error = try #require(try BrokenPeerTests.failure(of: secure))
            guard case .truncated = error else {
                Issue.record("\(error)")
                return
            }
            #expect(error.description == "the peer closed the connection without ending it")
            withExtendedLifetime(wire) {}
        }

        @Test func aServerThatEndsInTheMiddleIsTruncated() throws {
            let (wire, secure, plain) = try BrokenPeerTests.wire(.clusterClient)
            guard case .wants(.read) = secure.handshake() else { throw Wire.Failure.stuck }
            _ = try Wire.read(plain)
            plain.closeWrite()
            guard case .truncated? = try BrokenPeerTests.failure(of: secure) else {
                Issue.record("not truncated")
                return
            }
            withExtendedLifetime(wire) {}
        }

        @Test func aResetIsAnError() throws {
            let hello = try BrokenPeerTests.hello()
            let context = try TestCertificates.context(.clusterServer, try TestCertificates.balancer)
            let wire = try Wire(
                client: { SocketTransport($0) }, server: { TLSTransport($0, context: context, host: nil) })
            let secure = try #require(wire.server)
            do {
                let plain = try #require(wire.client)
                BrokenPeerTests.send(Array(hello[..<20]), over: plain)
                var option = linger(l_onoff: 1, l_linger: 0)
                let size = socklen_t(MemoryLayout<linger>.size)
                setsockopt(plain.descriptor.rawValue, SOL_SOCKET, SO_LINGER, &option, size)
            }
            wire.client = nil
            guard case .system(let error)? = try BrokenPeerTests.failure(of: secure) else {
                Issue.record("no system error")
                return
            }
            #expect(error.code == ECONNRESET)
        }
    }
#endif
