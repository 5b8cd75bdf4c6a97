#if TLS
    import Foundation
    import Sockets
    @testable import TLSServer
    import Testing

    /// The bound on a client's bytes before the server's answer.
    @Suite(.timeLimit(.minutes(5))) struct ClientHelloBoundTests {
        private static func record(_ content: [UInt8], type: UInt8 = 22) -> [UInt8] {
            [type, 3, 1, UInt8(content.count >> 8), UInt8(content.count & 255)] + content
        }

        /// A message of this length, in records of at most `piece` bytes.
        private static func message(_ size: Int, piece: Int = 1 << 14) -> [UInt8] {
            let message =
                [1, UInt8(size >> 16), UInt8(size >> 8 & 255), UInt8(size & 255)] + [UInt8](repeating: 7, count: size)
            return stride(from: 0, to: message.count, by: piece).flatMap {
                record(Array(message[$0..<min(message.count, $0 + piece)]))
            }
        }

        private static func allows(_ bytes: [UInt8], by step: Int) -> Bool {
            var bound = ClientHelloBound()
            return stride(from: 0, to: bytes.count, by: step).allSatisfy { start in
                bytes[start..<min(bytes.count, start + step)].withUnsafeBytes { bound.allows($0) }
            }
        }

        @Test(arguments: [1, 2, 3, 7, 100_000], [1, 3, 5, 1000, 1 << 14])
        func theLengthDecides(step: Int, piece: Int) {
            let most = ClientHelloBound.maximumSize
            #expect(ClientHelloBoundTests.allows(ClientHelloBoundTests.message(most, piece: piece), by: step))
            #expect(!ClientHelloBoundTests.allows(ClientHelloBoundTests.message(most + 1, piece: piece), by: step))
            // The second ClientHello has the same bound, also after the change_cipher_spec record for old middleboxes.
            let first = ClientHelloBoundTests.message(300, piece: piece)
            let change = ClientHelloBoundTests.record([1], type: 20)
            let second = ClientHelloBoundTests.message(most, piece: piece)
            #expect(ClientHelloBoundTests.allows(first + change + second, by: step))
            let large = ClientHelloBoundTests.message(1 << 17, piece: piece)
            #expect(!ClientHelloBoundTests.allows(first + change + large, by: step))
        }

        /// No memory is allocated for a length that was only announced.
        @Test func theAnnouncementIsEnough() {
            let announced: [UInt8] = [22, 3, 1, 0x40, 0, 1, 1, 0xF0, 0]
            #expect(!ClientHelloBoundTests.allows(announced, by: 100))
            #expect(ClientHelloBoundTests.allows(Array(announced.dropLast()), by: 100))
        }

        @Test func aLongHelloGetsAnAlert() throws {
            let server = try TLSContext(side: .publicServer, credentials: try TestCertificates.publicSide, trust: nil)
            let wire = try Wire(
                client: { SocketTransport($0) }, server: { TLSTransport($0, context: server, host: nil) })
            let near = try #require(wire.client)
            let far = try #require(wire.server)
            _ = ClientHelloBoundTests.message(20_000, piece: 500).withUnsafeBufferPointer { near.write($0) }
            try Wire.wait(for: far.descriptor.rawValue, Int16(POLLIN))
            guard case .failed(.secure(.other, let message)) = far.handshake() else {
                Issue.record("not refused")
                return
            }
            #expect(message.contains("larger than 8192 bytes"), "\(message)")
            var answer: [UInt8] = []
            _ = try Wire.read(near, into: &answer)
            #expect(answer == [21, 3, 3, 0, 2, 2, 50])
        }
    }
#endif
