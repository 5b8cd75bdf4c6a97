#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    import TestSupport
    @testable import TLSServer
    import Testing

    /// Records between OpenSSL and the socket: collected, stored, and read several at a time.
    @Suite(.timeLimit(.minutes(5))) struct RecordTests {
        private static func pattern(_ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        }

        /// Waits until at least `count` bytes have arrived at the socket.
        static func awaitArrival(of count: Int, at transport: SocketTransport) throws {
            let end = ContinuousClock.now + .seconds(20)
            var available: Int32 = 0
            while available < count {
                guard ContinuousClock.now < end else { throw Wire.Failure.stuck }
                guard ioctl(transport.descriptor.rawValue, UInt(FIONREAD), &available) == 0 else {
                    throw Wire.Failure.stuck
                }
                if available < count { sched_yield() }
            }
        }

        @Test func aWriteTakesSeveralRecordsAndSoDoesARead() throws {
            let (wire, near, far) = try Wire.open()
            let bytes = RecordTests.pattern(60_000)
            guard case .bytes(60_000) = bytes.withUnsafeBufferPointer({ far.write($0) }) else {
                Issue.record("four records did not leave in one write")
                return
            }
            try RecordTests.awaitArrival(of: 60_000, at: near)
            var received: [UInt8] = []
            _ = try Wire.read(near, into: &received)
            // One system call read them.
            var left: Int32 = -1
            #expect(ioctl(near.descriptor.rawValue, UInt(FIONREAD), &left) == 0 && left == 0)
            while near.hasBufferedInput { _ = try Wire.read(near, into: &received) }
            #expect(received == bytes)
            withExtendedLifetime(wire) {}
        }

        @Test func aWriteTakesOneBatchAtMost() throws {
            let (wire, near, far) = try Wire.open()
            let bytes = RecordTests.pattern(TLSBatch.limit * 2)
            guard case .bytes(TLSBatch.limit) = bytes.withUnsafeBufferPointer({ far.write($0) }) else {
                Issue.record("the batch is not its bound")
                return
            }
            withExtendedLifetime((wire, near)) {}
        }

        /// A read that returns bytes and meets the end behind them reports both, one after the other.
        @Test func theEndComesAfterTheBytesBeforeIt() throws {
            let (wire, near, far) = try Wire.open()
            Wire.write(far, "first")
            Wire.write(far, "second")
            far.closeWrite()
            // Two records of content and close_notify: header 5, type 1, tag 16 each.
            try RecordTests.awaitArrival(of: 5 + 6 + 2 + 3 * 22, at: near)
            var received: [UInt8] = []
            for size in [5, 6] {
                guard case .bytes(size) = try Wire.read(near, into: &received) else {
                    Issue.record("the records did not come one by one")
                    return
                }
            }
            #expect(String(decoding: received, as: UTF8.self) == "firstsecond")
            // Readiness may no longer report it.
            #expect(near.hasBufferedInput)
            #expect(near.read().result.isEnd)
            #expect(!near.hasBufferedInput)
            withExtendedLifetime(wire) {}
        }

        @Test func aForgedRecordComesAfterTheBytesBeforeIt() throws {
            let (wire, near, far) = try Wire.open()
            Wire.write(far, "true")
            let forged: [UInt8] = [0x17, 0x03, 0x03, 0x00, 0x20] + [UInt8](repeating: 0xAB, count: 0x20)
            _ = forged.withUnsafeBytes { send(far.descriptor.rawValue, $0.baseAddress, $0.count, 0) }
            try RecordTests.awaitArrival(of: 4 + 22 + forged.count, at: near)
            var received: [UInt8] = []
            _ = try Wire.read(near, into: &received)
            #expect(String(decoding: received, as: UTF8.self) == "true")
            #expect(near.hasBufferedInput)
            guard case .secure(.other, _)? = try Wire.read(near).error else {
                Issue.record("a forged record passes behind a true one")
                return
            }
            #expect(ERR_peek_error() == 0)
            #expect(try Wire.read(near).isEnd)
            withExtendedLifetime(wire) {}
        }

        /// At most one batch waits for a full socket. Meanwhile all further bytes are refused.
        @Test(arguments: [1, 100, 20_000, 100_000])
        func contentOfAFullSocketWaitsAndGoesOnce(piece: Int) throws {
            let (wire, near, far) = try Wire.open(bufferSize: 16 << 10)
            let bytes = RecordTests.pattern(500_000)
            var (sent, refusals) = (0, 0)
            var received: [UInt8] = []
            var offer = bytes.count
            while received.count < bytes.count {
                #expect(near.unsent < TLSBatch.limit + RecordFormat.maximumContent + RecordFormat.overhead)
                if sent == bytes.count { _ = near.flush() }
                if sent < bytes.count {
                    let end = min(bytes.count, sent + offer)
                    switch Array(bytes[sent..<end]).withUnsafeBufferPointer({ near.write($0) }) {
                    case .bytes(let count):
                        sent += count
                        // First everything, so that the socket fills, then pieces of all sizes.
                        offer = sent &* 7 % 3 == 0 ? bytes.count : piece
                        continue
                    case .wouldBlock(.write): refusals += 1
                    case .wouldBlock(.read), .endOfStream, .failed:
                        Issue.record("the session broke")
                        return
                    }
                }
                received += far.read(room: 5_003).bytes
            }
            #expect(received == bytes)
            #expect(near.unsent == 0)
            #expect(refusals > 0)
            withExtendedLifetime(wire) {}
        }

        /// close_notify follows the waiting bytes, or is not sent.
        @Test func closeNotifyDoesNotOvertakeBlockedRecords() throws {
            let (wire, near, far) = try Wire.open(bufferSize: 16 << 10)
            let bytes = RecordTests.pattern(300_000)
            var sent = 0
            while sent < bytes.count,
                case .bytes(let count) = bytes[sent...].withUnsafeBufferPointer({ near.write($0) })
            {
                sent += count
            }
            try #require(sent < bytes.count)
            near.closeWrite()
            var received: [UInt8] = []
            var result = try Wire.read(far, into: &received)
            while case .bytes = result { result = try Wire.read(far, into: &received) }
            guard case .failed(.truncated) = result else {
                Issue.record("it ended with \(result)")
                return
            }
            #expect(bytes.starts(with: received))
            withExtendedLifetime(wire) {}
        }

        /// RFC 8446 4.6.3: a peer answers a request for new keys with new keys of its own.
        @Test func keysAreRenewedOnTheWay() throws {
            let client = try ForeignContext(minimum: TLS1_3_VERSION)
            let server = try TestCertificates.context(.publicServer, try TestCertificates.node("worker-8001"))
            let wire = try Wire(
                client: { ForeignTLS($0, client) }, server: { TLSTransport($0, context: server, host: nil) })
            let outcome = try wire.handshake()
            guard outcome.client.isComplete, outcome.server.isComplete, let foreign = wire.client as? ForeignTLS,
                let ours = wire.server
            else { throw Wire.Failure.stuck }
            for round in 0..<3 {
                #expect(foreign.renewKeys())
                let question = "question \(round)"
                Wire.write(foreign, question)
                var received: [UInt8] = []
                while received.count < question.utf8.count { _ = try Wire.read(ours, into: &received) }
                #expect(String(decoding: received, as: UTF8.self) == question)
                let answer = RecordTests.pattern(100_000)
                var (sent, back): (Int, [UInt8]) = (0, [])
                while back.count < answer.count {
                    if sent < answer.count,
                        case .bytes(let count) = answer[sent...].withUnsafeBufferPointer({ ours.write($0) })
                    {
                        sent += count
                    }
                    _ = ours.flush()
                    try #require(try Wire.read(foreign, into: &back).error == nil)
                }
                #expect(back == answer)
            }
            withExtendedLifetime(wire) {}
        }
    }
#endif
