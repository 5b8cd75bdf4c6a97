#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    @testable import TLSServer
    import Testing

    /// Small records at the beginning of a connection, and large ones afterwards.
    @Suite(.timeLimit(.minutes(5))) struct RecordSizeTests {
        private static let second: UInt64 = 1_000_000_000

        @Test func recordsAreSmallAtFirstAndAfterAPause() {
            var size = RecordSize()
            var now: UInt64 = 5 * RecordSizeTests.second
            func send(_ count: Int) -> [Int] {
                size.sendingBegins(now: now)
                var sizes: [Int] = []
                var left = count
                while left > 0 {
                    let next = min(left, size.limit)
                    size.sent(next)
                    sizes.append(next)
                    left -= next
                }
                return sizes
            }
            let first = send(100_000)
            #expect(first.prefix(49).allSatisfy { $0 == RecordSize.small })
            #expect(first.dropFirst(49).dropLast().allSatisfy { $0 == 16_384 })
            now += RecordSize.pause - 1
            #expect(send(100_000).first == 16_384)
            now += RecordSize.pause
            #expect(send(20_000).allSatisfy { $0 <= RecordSize.small })
            // It continues with the size it had.
            #expect(send(100_000).filter { $0 == RecordSize.small }.count == 34)
        }

        /// The sizes of the received records, up to this much content.
        private static func receivedSizes(_ client: ForeignTLS, overhead: Int, content: Int) throws -> [Int] {
            var bytes: [UInt8] = []
            var sizes: [Int] = []
            var total = 0
            let descriptor = client.descriptor.rawValue
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while total < content {
                try Wire.wait(for: descriptor, Int16(POLLIN))
                let count = recv(descriptor, &buffer, buffer.count, 0)
                try #require(count > 0)
                bytes += buffer[..<count]
                while bytes.count >= 5, bytes.count >= 5 + (Int(bytes[3]) << 8 | Int(bytes[4])) {
                    let size = Int(bytes[3]) << 8 | Int(bytes[4])
                    if bytes[0] == 23 {
                        sizes.append(size - overhead)
                        total += size - overhead
                    }
                    bytes.removeFirst(5 + size)
                }
            }
            return sizes
        }

        /// The overhead of a record behind its header: an explicit nonce in TLS 1.2, the type in TLS 1.3, and the tag.
        @Test(arguments: [(TLS1_2_VERSION, 8 + 16), (TLS1_3_VERSION, 1 + 16)])
        func aFreshClientGetsSmallRecords(version: Int32, overhead: Int) throws {
            let foreign = try ForeignContext(maximum: version)
            let server = try TLSContext(side: .publicServer, credentials: try TestCertificates.publicSide, trust: nil)
            let wire = try Wire(
                client: { ForeignTLS($0, foreign) }, server: { TLSTransport($0, context: server, host: nil) })
            let outcome = try wire.handshake()
            #expect(outcome.client.isComplete && outcome.server.isComplete)
            let far = try #require(wire.server)
            let near = try #require(wire.client as? ForeignTLS)
            let content = [UInt8](repeating: 1, count: 100_000)
            // The content has two parts. In the module's own record layer, one record has bytes of both.
            let sent = content.withUnsafeBufferPointer {
                far.gather(UnsafeBufferPointer(rebasing: $0[..<1000]), UnsafeBufferPointer(rebasing: $0[1000...]))
            }
            guard case .bytes(100_000) = sent, case .bytes = far.flush() else {
                Issue.record("not all of it was taken: \(sent)")
                return
            }
            // In TLS 1.3 a ticket comes first.
            let sizes = try RecordSizeTests.receivedSizes(near, overhead: overhead, content: content.count).drop {
                $0 < RecordSize.small
            }
            #expect(sizes.prefix(48).allSatisfy { $0 == RecordSize.small }, "\(sizes)")
            #expect(sizes.contains(16_384), "\(sizes)")
        }
    }
#endif
