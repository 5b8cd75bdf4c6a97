#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    import TestSupport
    @testable import TLSServer
    import Testing

    /// Bytes over open sessions, and the ends of sessions.
    @Suite(.timeLimit(.minutes(5))) struct TransferTests {
        /// One direction of a transfer, in pieces of odd sizes, however many bytes the session accepts.
        private struct Sender {
            let bytes: [UInt8]
            var sent = 0
            var refusals = 0

            init(seed: UInt64, count: Int) {
                var state = seed
                bytes = (0..<count).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1
                    return UInt8(truncatingIfNeeded: state >> 56)
                }
            }

            /// Writes until the socket is full or all bytes have left. Returns false after a failure.
            mutating func push(_ transport: SocketTransport) -> Bool {
                while sent < bytes.count {
                    let count = min(bytes.count - sent, 1 + (sent &* 7919) % 70_000)
                    // The address changes each time, as with growing buffers: OpenSSL must not insist on the old one.
                    let piece = Array(bytes[sent..<(sent + count)])
                    switch piece.withUnsafeBufferPointer({ transport.write($0) }) {
                    case .bytes(let written): sent += written
                    case .wouldBlock:
                        refusals += 1
                        return true
                    case .endOfStream, .failed: return false
                    }
                }
                if case .failed = transport.flush() { return false }
                return true
            }
        }

        @Test func largeTransfersInBothDirectionsArriveIntact() throws {
            let (wire, near, far) = try Wire.open(bufferSize: 32 << 10)
            var (up, down) = (Sender(seed: 1, count: 1 << 20), Sender(seed: 2, count: 1 << 20))
            var (atFar, atNear): ([UInt8], [UInt8]) = ([], [])
            func pull(_ transport: SocketTransport, _ bytes: inout [UInt8]) -> Bool {
                while true {
                    let (result, read) = transport.read(room: 10_007)
                    switch result {
                    case .bytes: bytes += read
                    case .wouldBlock: return true
                    case .endOfStream, .failed: return false
                    }
                }
            }
            while atFar.count < up.bytes.count || atNear.count < down.bytes.count {
                var isWhole = up.push(near)
                isWhole = down.push(far) && isWhole
                isWhole = pull(far, &atFar) && isWhole
                isWhole = pull(near, &atNear) && isWhole
                try #require(isWhole)
            }
            #expect(atFar == up.bytes)
            #expect(atNear == down.bytes)
            // Otherwise the buffers were not small.
            #expect(up.refusals > 0 && down.refusals > 0)
            withExtendedLifetime(wire) {}
        }

        @Test func inputThatWasReadAheadIsReported() throws {
            let (wire, near, far) = try Wire.open()
            let bytes = [UInt8](repeating: 0x61, count: 20_000)
            _ = bytes.withUnsafeBufferPointer { far.write($0) }
            try RecordTests.awaitArrival(of: bytes.count, at: near)
            var received: [UInt8] = []
            // One record is lent. The other one has been read from the socket together with it.
            guard case .bytes(16_384) = try Wire.read(near, into: &received) else {
                Issue.record("no record of full size")
                return
            }
            #expect(near.hasBufferedInput)
            while received.count < bytes.count { _ = try Wire.read(near, into: &received) }
            #expect(received == bytes)
            #expect(!near.hasBufferedInput)
            withExtendedLifetime(wire) {}
        }

        @Test func aProperEndIsTheEndOfTheStream() throws {
            let (wire, near, far) = try Wire.open()
            Wire.write(near, "last words")
            near.closeWrite()
            var received: [UInt8] = []
            _ = try Wire.read(far, into: &received)
            #expect(String(decoding: received, as: UTF8.self) == "last words")
            #expect(try Wire.read(far).isEnd)
            #expect(try Wire.read(far).isEnd)
            // The other direction is still open.
            Wire.write(far, "answer")
            received = []
            _ = try Wire.read(near, into: &received)
            #expect(String(decoding: received, as: UTF8.self) == "answer")
            far.closeWrite()
            #expect(try Wire.read(near).isEnd)
            #expect(ERR_peek_error() == 0)
            withExtendedLifetime(wire) {}
        }

        /// The collected bytes, close_notify and FIN share a segment.
        @Test func theEndComesInTheSegmentOfTheLastBytes() throws {
            let (wire, near, far) = try Wire.open()
            let before = try TransferTests.segments(to: far)
            gather("last words", into: near)
            guard case .bytes = near.finish() else {
                Issue.record("there is room for it")
                return
            }
            var received: [UInt8] = []
            _ = try Wire.read(far, into: &received)
            #expect(String(decoding: received, as: UTF8.self) == "last words")
            #expect(try Wire.read(far).isEnd)
            try Wire.wait(for: far.descriptor.rawValue, Int16(POLLIN))
            var byte: UInt8 = 0
            #expect(recv(far.descriptor.rawValue, &byte, 1, Int32(MSG_DONTWAIT)) == 0)
            #expect(try TransferTests.segments(to: far) == before + 1)
            // It is sent once.
            near.closeWrite()
            withExtendedLifetime(wire) {}
        }

        @Test func theEndWaitsForAllAcceptedBytes() throws {
            let (wire, near, far) = try Wire.open(bufferSize: 4 << 10)
            var taken = 0
            while near.unsent < 64 << 10 { taken += gather(String(repeating: "x", count: 16 << 10), into: near) }
            var (turns, received): (Int, [UInt8]) = (0, [])
            while case .wouldBlock(.write) = near.finish() {
                turns += 1
                _ = try Wire.read(far, into: &received)
            }
            #expect(turns > 1)
            while case .bytes = try Wire.read(far, into: &received) {}
            #expect(received.count == taken)
            #expect(try Wire.read(far).isEnd)
            withExtendedLifetime(wire) {}
        }

        @discardableResult
        private func gather(_ text: String, into transport: SocketTransport) -> Int {
            let nothing = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
            let result = Array(text.utf8).withUnsafeBufferPointer { transport.gather($0, nothing) }
            guard case .bytes(let count) = result else { return 0 }
            return count
        }

        /// The number of received TCP segments, with or without data: tcpi_segs_in of <linux/tcp.h>, which Glibc's
        /// header lacks.
        private static func segments(to transport: SocketTransport) throws -> UInt32 {
            let offset = 140
            var info = [UInt8](repeating: 0, count: offset + 4)
            var size = socklen_t(info.count)
            getsockopt(transport.descriptor.rawValue, Int32(IPPROTO_TCP), TCP_INFO, &info, &size)
            try #require(size == info.count)
            return info.withUnsafeBytes { $0.load(fromByteOffset: offset, as: UInt32.self) }
        }

        @Test func anEndWithoutGoodbyeIsTruncation() throws {
            let (wire, near, far) = try Wire.open()
            Wire.write(near, "half")
            shutdown(near.descriptor.rawValue, Int32(SHUT_WR))
            var received: [UInt8] = []
            _ = try Wire.read(far, into: &received)
            #expect(String(decoding: received, as: UTF8.self) == "half")
            guard case .truncated? = try Wire.read(far).error else {
                Issue.record("an attacker could cut off content unnoticed")
                return
            }
            #expect(ERR_peek_error() == 0)
            // The session is unusable, without a trap.
            #expect(try Wire.read(far).isEnd)
            #expect(Wire.write(far, "x").error != nil)
            far.closeWrite()
            withExtendedLifetime(wire) {}
        }

        @Test func aBrokenRecordEndsTheSession() throws {
            let (wire, near, far) = try Wire.open()
            let record: [UInt8] = [0x17, 0x03, 0x03, 0x00, 0x20] + [UInt8](repeating: 0xAB, count: 0x20)
            _ = record.withUnsafeBytes { send(near.descriptor.rawValue, $0.baseAddress, $0.count, 0) }
            guard case .secure(.other, let message)? = try Wire.read(far).error else {
                Issue.record("a forged record passes")
                return
            }
            #expect(!message.isEmpty)
            #expect(ERR_peek_error() == 0)
            #expect(try Wire.read(far).isEnd)
            withExtendedLifetime(wire) {}
        }

        @Test func writingToAClosedPeerFails() throws {
            let (wire, near, far) = try Wire.open()
            wire.client = nil
            _ = consume near
            wire.client = nil
            var failure: TransportError?
            for _ in 0..<100 where failure == nil {
                failure = Wire.write(far, String(repeating: "x", count: 100_000)).error
                if failure == nil { try Wire.wait(for: far.descriptor.rawValue, Int16(POLLOUT)) }
            }
            #expect(failure != nil)
            #expect(ERR_peek_error() == 0)
            far.closeWrite()
        }

        /// The next session on the same thread must not see another session's failure.
        @Test func failuresLeaveNothingBehind() throws {
            for _ in 0..<20 {
                let bad = try Wire(
                    client: try TestCertificates.context(.clusterClient, try TestCertificates.balancer),
                    server: try TestCertificates.context(.clusterServer, try TestCertificates.odd("expired")))
                #expect(try !bad.handshake().client.isComplete)
                #expect(ERR_peek_error() == 0)
                let (wire, near, far) = try Wire.open()
                Wire.write(near, "x")
                #expect(try Wire.read(far).error == nil)
                withExtendedLifetime(wire) {}
            }
        }
    }
#endif
