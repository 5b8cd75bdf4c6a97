#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    @testable import TLSServer
    import Testing

    /// Allowed and forbidden records of a peer that has the keys (RFC 8446, 5 and 6).
    @Suite(.timeLimit(.minutes(5))) struct HostileRecordTests {
        /// The record layer over one end of a socket pair, and a peer with arbitrary records at the other end.
        private final class Pair {
            let records: TLSRecords
            private let ours: FileDescriptor
            private let theirs: FileDescriptor
            private let socket: TLSSocket
            private let sealer: RecordCipher
            private let opener: RecordCipher

            init(isServer: Bool = true, sealedBefore: UInt64 = 0) throws {
                var ends: [Int32] = [0, 0]
                guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0 else {
                    throw Wire.Failure.noConnection
                }
                ours = FileDescriptor(owning: ends[0])
                theirs = FileDescriptor(owning: ends[1])
                let workspace = TLSWorkspace()
                let (here, there) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
                func cipher(_ direction: RecordCipher.Direction, _ secret: [UInt8], _ sequence: UInt64 = 0) throws
                    -> RecordCipher
                {
                    try #require(
                        RecordCipher(direction, secret: try RecordCipherTests.secret(secret), sequence: sequence))
                }
                socket = TLSSocket(descriptor: ends[0], workspace: workspace)
                records = TLSRecords(
                    opener: try cipher(.open, there), sealer: try cipher(.seal, here, sealedBefore), isServer: isServer,
                    socket: socket)
                sealer = try cipher(.seal, there)
                opener = try cipher(.open, here, sealedBefore)
            }

            func record(_ content: [UInt8], _ type: ContentType = .applicationData) throws -> [UInt8] {
                try record(inner: content + [type.rawValue])
            }

            /// One record as bytes. `inner` includes type and padding.
            func record(inner: [UInt8]) throws -> [UInt8] {
                let last = try #require(inner.last)
                var record = [UInt8](repeating: 0, count: inner.count - 1 + RecordFormat.overhead)
                let size = inner.dropLast().withUnsafeBytes { source in
                    record.withUnsafeMutableBytes { target in
                        target.baseAddress.flatMap { sealer.seal(source, innerType: last, at: $0) }
                    }
                }
                #expect(size == record.count)
                return record
            }

            /// Writes as the transport does.
            func write(_ content: [UInt8]) {
                socket.beginGathering()
                let none = UnsafeRawBufferPointer(start: nil, count: 0)
                guard case .bytes(content.count) = content.withUnsafeBytes({ records.seal($0, none) }) else {
                    Issue.record("can't write")
                    return
                }
                _ = socket.sendGathered()
            }

            var bytesInSocket: Int {
                var count: Int32 = 0
                return ioctl(ours.rawValue, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
            }

            func updateKeys() { #expect(sealer.update()) }
            func updateKeysOfOurs() { #expect(opener.update()) }

            func send(_ bytes: [UInt8]) {
                #expect(
                    bytes.withUnsafeBytes { Glibc.send(theirs.rawValue, $0.baseAddress, $0.count, 0) } == bytes.count)
            }

            func end() { shutdown(theirs.rawValue, Int32(SHUT_WR)) }

            func read(_ room: Int = 64 << 10) -> (ReceiveResult, [UInt8]) {
                var buffer = [UInt8](repeating: 0, count: room)
                return buffer.withUnsafeMutableBufferPointer { scratch in
                    let result = records.receive(using: scratch)
                    guard case .bytes(let bytes) = result else { return (result, []) }
                    return (result, Array(bytes))
                }
            }

            /// The content of all arrived records, and their end.
            func readAll() -> (ReceiveResult, [UInt8]) {
                var all: [UInt8] = []
                while true {
                    let (result, bytes) = read()
                    guard case .bytes = result else { return (result, all) }
                    all += bytes
                }
            }

            /// The next record from the record layer, decrypted: content and type.
            func answer() throws -> [UInt8]? {
                var record = [UInt8](repeating: 0, count: RecordFormat.headerSize)
                guard recv(theirs.rawValue, &record, record.count, 0) == record.count else { return nil }
                var body = [UInt8](repeating: 0, count: Int(record[3]) << 8 + Int(record[4]))
                guard recv(theirs.rawValue, &body, body.count, 0) == body.count else { return nil }
                record += body
                return record.withUnsafeMutableBytes { memory in
                    guard let start = memory.baseAddress, let opened = opener.open(memory, into: start) else {
                        return nil
                    }
                    return [UInt8](UnsafeRawBufferPointer(start: start, count: opened))
                }
            }

            /// Expects that the peer gets `alert`, and that none of its content passes.
            func expectRefusal(_ alert: Alert, sourceLocation: SourceLocation = #_sourceLocation) throws {
                guard case .failed(.secure(.other, _)) = read().0 else {
                    Issue.record("not refused", sourceLocation: sourceLocation)
                    return
                }
                #expect(try answer() == [2, alert.rawValue, 21], sourceLocation: sourceLocation)
                guard case .endOfStream = read().0 else {
                    Issue.record("a broken connection gives more", sourceLocation: sourceLocation)
                    return
                }
                #expect(ERR_peek_error() == 0, sourceLocation: sourceLocation)
            }
        }

        // MARK: Allowed records

        @Test func bytesMayComeOneByOne() throws {
            let pair = try Pair()
            let stream = try pair.record([1, 2, 3]) + pair.record([]) + pair.record([4])
            var received: [UInt8] = []
            for byte in stream {
                pair.send([byte])
                let (result, bytes) = pair.read()
                received += bytes
                if bytes.isEmpty, case .wouldBlock(.read) = result { continue }
                #expect(!bytes.isEmpty)
            }
            #expect(received == [1, 2, 3, 4])
            #expect(!pair.records.hasBufferedInput)
        }

        /// The room determines how many bytes one read takes from the socket. The lent bytes are one record.
        @Test(arguments: [1, 2, 7, 100, 16_384, 16_385, 40_000])
        func recordsComeOneByOne(room: Int) throws {
            let pair = try Pair()
            let content = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            for start in stride(from: 0, to: content.count, by: 16_384) {
                pair.send(try pair.record(Array(content[start..<min(content.count, start + 16_384)])))
            }
            var received: [UInt8] = []
            while received.count < content.count {
                let (result, bytes) = pair.read(room)
                guard case .bytes = result else { break }
                #expect(bytes.count == min(16_384, content.count - received.count))
                received += bytes
                // Everything has arrived. Readiness does not report bytes that were read from the socket already.
                if received.count < content.count && !pair.records.hasBufferedInput {
                    #expect(pair.bytesInSocket > 0)
                }
            }
            #expect(received == content)
        }

        @Test func paddingComesOff() throws {
            let pair = try Pair()
            pair.send(try pair.record(inner: [9, 8, 23] + [UInt8](repeating: 0, count: 200)))
            #expect(pair.read().1 == [9, 8])
        }

        @Test func aGoodbyeEnds() throws {
            let pair = try Pair()
            pair.send(try pair.record([5]) + pair.record([1, 0], .alert) + pair.record([6]))
            #expect(pair.read().1 == [5])
            #expect(pair.records.hasBufferedInput)
            guard case .endOfStream = pair.read().0, case .endOfStream = pair.read().0 else {
                Issue.record("something comes after the goodbye")
                return
            }
        }

        @Test func anEndWithoutCloseNotifyIsReported() throws {
            let pair = try Pair()
            pair.send(Array(try pair.record([5]).dropLast()))
            pair.end()
            guard case .wouldBlock(.read) = pair.read().0, case .failed(.truncated) = pair.read().0 else {
                Issue.record("a truncated connection passes for a whole one")
                return
            }
        }

        @Test func anAlertIsReported() throws {
            let pair = try Pair()
            pair.send(try pair.record([2, 48], .alert))
            guard case .failed(.secure(.alert, let message)) = pair.read().0 else {
                Issue.record("an alert is not told")
                return
            }
            #expect(message.contains("unknown ca"))
        }

        @Test(arguments: [1, 3, 5]) func keysChangeWhenThePeerSaysSo(cut: Int) throws {
            let pair = try Pair()
            let message: [UInt8] = [24, 0, 0, 1, 1]
            var stream = try pair.record([1]) + pair.record(Array(message.prefix(cut)), .handshake)
            if cut < message.count { stream += try pair.record(Array(message.dropFirst(cut)), .handshake) }
            pair.updateKeys()
            stream += try pair.record([2])
            pair.send(stream)
            #expect(pair.readAll().1 == [1, 2])
            // The answer precedes the next content.
            pair.write([7])
            #expect(try pair.answer() == [24, 0, 0, 1, 0, 22])
            pair.updateKeysOfOurs()
            #expect(try pair.answer() == [7, 23])
            pair.write([8])
            #expect(try pair.answer() == [8, 23])
        }

        @Test func keysThatAreUsedUpAreChanged() throws {
            let limit = try RecordCipherTests.secret().suite.recordLimit
            let pair = try Pair(sealedBefore: limit - 1)
            for content: UInt8 in [1, 2] { pair.write([content]) }
            #expect(try pair.answer() == [1, 23])
            #expect(try pair.answer() == [24, 0, 0, 1, 0, 22])
            pair.updateKeysOfOurs()
            #expect(try pair.answer() == [2, 23])
        }

        @Test func aTicketIsNothingToAClient() throws {
            let pair = try Pair(isServer: false)
            pair.send(try pair.record([4, 0, 0, 3, 1, 2, 3], .handshake) + pair.record([1]))
            #expect(pair.read().1 == [1])
        }

        // MARK: Forbidden records

        @Test func aTicketForAServer() throws {
            let pair = try Pair()
            pair.send(try pair.record([4, 0, 0, 0], .handshake))
            try pair.expectRefusal(.unexpectedMessage)
        }

        @Test(
            arguments: [
                ([1, 0, 0, 0], Alert.unexpectedMessage), ([24, 0, 0, 1, 0, 24], .unexpectedMessage),
                ([], .unexpectedMessage),
                ([24, 0, 0, 2, 0, 0], .decodeError), ([24, 0, 0, 1, 2], .illegalParameter),
                ([24, 0, 0, 1, 255], .illegalParameter), ([24, 0, 0, 0], .decodeError),
                // A record of a forbidden type is rejected before its rest arrives.
                ([13], .unexpectedMessage),
                ([4, 0xFF, 0xFF, 0xFF], .decodeError),
            ] as [([UInt8], Alert)])
        func aMessageThatIsNone(message: [UInt8], alert: Alert) throws {
            let pair = try Pair(isServer: false)
            pair.send(try pair.record(message, .handshake))
            try pair.expectRefusal(alert)
        }

        @Test func contentWithinAMessage() throws {
            let pair = try Pair()
            pair.send(try pair.record([24, 0], .handshake) + pair.record([1]))
            try pair.expectRefusal(.unexpectedMessage)
        }

        @Test(arguments: [20, 21, 22, 24, 0, 255] as [UInt8]) func aRecordOfAnotherTypeInTheClear(type: UInt8) throws {
            let pair = try Pair()
            pair.send([type, 3, 3, 0, 1, 1])
            try pair.expectRefusal(.unexpectedMessage)
        }

        @Test(arguments: [1, 20, 24, 255] as [UInt8]) func anUnknownTypeInside(type: UInt8) throws {
            let pair = try Pair()
            pair.send(try pair.record(inner: [1, 2, type]))
            try pair.expectRefusal(.unexpectedMessage)
        }

        @Test func paddingAlone() throws {
            let pair = try Pair()
            pair.send(try pair.record(inner: [0, 0, 0]))
            try pair.expectRefusal(.unexpectedMessage)
        }

        @Test func tooMuchInOneRecord() throws {
            let pair = try Pair()
            pair.send(try pair.record([UInt8](repeating: 1, count: RecordFormat.maximumContent + 1)))
            try pair.expectRefusal(.recordOverflow)
            let other = try Pair()
            other.send([23, 3, 3, 0x41, 0x01])
            try other.expectRefusal(.recordOverflow)
        }

        @Test(arguments: 0...16) func tooLittleInOneRecord(count: Int) throws {
            let pair = try Pair()
            pair.send([23, 3, 3, 0, UInt8(count)] + [UInt8](repeating: 0, count: count))
            try pair.expectRefusal(.badRecordMAC)
        }

        @Test func aForgedRecord() throws {
            let pair = try Pair()
            var record = try pair.record([1, 2, 3])
            record[6] ^= 1
            pair.send(record)
            try pair.expectRefusal(.badRecordMAC)
        }

        /// One record without content, for repeated sending.
        private static func idleRecord(_ pair: Pair, _ type: ContentType) throws -> [UInt8] {
            switch type {
            case .applicationData: return try pair.record([])
            case .alert: return try pair.record([1, 90], .alert)
            case .handshake:
                let record = try pair.record([24, 0, 0, 1, 1], .handshake)
                pair.updateKeys()
                return record
            }
        }

        @Test(arguments: [ContentType.applicationData, .alert, .handshake])
        func recordsWithoutContentWithoutEnd(type: ContentType) throws {
            let pair = try Pair()
            for _ in 0..<(IdleRecords.mostInMinute / 64) {
                pair.send(try (0..<64).flatMap { _ in try HostileRecordTests.idleRecord(pair, type) })
                guard case .wouldBlock = pair.read().0 else {
                    Issue.record("refused too early")
                    return
                }
            }
            pair.send(try pair.record([1]))
            #expect(pair.read().1 == [1])
            if type == .handshake {
                // One key update before the next content answers any number of requests.
                pair.write([7])
                #expect(try pair.answer() == [24, 0, 0, 1, 0, 22])
                pair.updateKeysOfOurs()
                #expect(try pair.answer() == [7, 23])
            }
            pair.send(try HostileRecordTests.idleRecord(pair, type))
            try pair.expectRefusal(.unexpectedMessage)
        }

        @Test func anotherMinuteAllowsMore() {
            let second: UInt64 = 1_000_000_000
            var idle = IdleRecords()
            /// The number of allowed records at one instant.
            func allowed(of count: Int, at now: UInt64) -> Int {
                (0..<count).filter { _ in idle.allowsOne(now: now) }.count
            }
            #expect(allowed(of: IdleRecords.mostInMinute, at: 5 * second) == IdleRecords.mostInMinute)
            #expect(allowed(of: 1, at: 64 * second) == 0)
            #expect(allowed(of: 1, at: 65 * second) == 1)
            #expect(allowed(of: 5000, at: 66 * second) == IdleRecords.mostInMinute - 1)
        }

        /// An empty alert is a record without a type (RFC 8446, 5.4).
        @Test func anEmptyAlert() throws {
            let pair = try Pair()
            pair.send(try pair.record([], .alert))
            try pair.expectRefusal(.unexpectedMessage)
        }

        @Test(arguments: [[2], [1, 0, 0], [1, 90, 1, 90]] as [[UInt8]])
        func anAlertThatIsNone(_ alert: [UInt8]) throws {
            let pair = try Pair()
            pair.send(try pair.record(alert, .alert))
            try pair.expectRefusal(.decodeError)
        }
    }
#endif
