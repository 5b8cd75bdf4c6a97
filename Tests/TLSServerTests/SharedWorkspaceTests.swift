#if TLS
    import COpenSSL
    import Foundation
    import Sockets
    import TestSupport
    @testable import TLSServer
    import Testing

    /// Sessions of one loop share one inbox and one batch. No session loses, mixes up or delays bytes of another.
    @Suite(.timeLimit(.minutes(5))) struct SharedWorkspaceTests {
        private static func pattern(_ count: Int, seed: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 31 &+ $0 >> 8) }
        }

        /// Opens connections whose ends share a context, and so a workspace.
        private static func open(_ count: Int) throws -> [(wire: Wire, near: SocketTransport, far: SocketTransport)] {
            let near = try TestCertificates.context(.clusterClient, try TestCertificates.balancer)
            let far = try TestCertificates.context(.clusterServer, try TestCertificates.node("worker-8001"))
            return try (0..<count).map { _ in
                let wire = try Wire(client: near, server: far)
                let outcome = try wire.handshake()
                guard outcome.client.isComplete, outcome.server.isComplete, let client = wire.client,
                    let server = wire.server
                else { throw Wire.Failure.stuck }
                return (wire, client, server)
            }
        }

        private static func gather(_ transport: SocketTransport, _ first: [UInt8], _ second: [UInt8]) -> TransportResult
        {
            first.withUnsafeBufferPointer { first in
                second.withUnsafeBufferPointer { transport.gather(first, $0) }
            }
        }

        private static func available(_ transport: SocketTransport) -> Int {
            var count: Int32 = 0
            return ioctl(transport.descriptor.rawValue, UInt(FIONREAD), &count) == 0 ? Int(count) : -1
        }

        private static func readAll(_ transport: SocketTransport, _ count: Int) throws -> [UInt8] {
            var received: [UInt8] = []
            while received.count < count {
                guard case .bytes = try Wire.read(transport, into: &received) else { break }
            }
            return received
        }

        // MARK: Collected records

        @Test func collectedRecordsWaitAndLeaveTogether() throws {
            let pair = try SharedWorkspaceTests.open(1)[0]
            let (head, body) = (Array("head".utf8), SharedWorkspaceTests.pattern(20_000, seed: 1))
            guard case .bytes(20_004) = SharedWorkspaceTests.gather(pair.near, head, body) else {
                Issue.record("the batch does not take it")
                return
            }
            // Two records. The first is full, although its content came in two parts.
            #expect(pair.near.unsent == 20_004 + 2 * RecordFormat.overhead)
            #expect(SharedWorkspaceTests.available(pair.far) == 0)
            // Written bytes leave together with the collected records, after them.
            #expect(Wire.write(pair.near, "tail").error == nil)
            #expect(pair.near.unsent == 0)
            try RecordTests.awaitArrival(of: 20_008 + 3 * RecordFormat.overhead, at: pair.far)
            guard case .bytes(16_384) = pair.far.read().result else {
                Issue.record("the first record is not full")
                return
            }
            let rest = try SharedWorkspaceTests.readAll(pair.far, 20_008 - 16_384)
            #expect(rest == Array((head + body + Array("tail".utf8)).dropFirst(16_384)))
        }

        @Test func aFlushSendsCollectedRecords() throws {
            let pair = try SharedWorkspaceTests.open(1)[0]
            let content = SharedWorkspaceTests.pattern(5_000, seed: 2)
            #expect(SharedWorkspaceTests.gather(pair.near, [], content).error == nil)
            guard case .bytes = pair.near.flush() else {
                Issue.record("the socket has room")
                return
            }
            #expect(pair.near.unsent == 0)
            #expect(try SharedWorkspaceTests.readAll(pair.far, content.count) == content)
        }

        @Test func aFullBatchLeavesByItself() throws {
            let pair = try SharedWorkspaceTests.open(1)[0]
            let content = SharedWorkspaceTests.pattern(TLSBatch.limit + 1_000, seed: 3)
            guard case .bytes(TLSBatch.limit) = SharedWorkspaceTests.gather(pair.near, [], content) else {
                Issue.record("the batch is not its bound")
                return
            }
            let received = try SharedWorkspaceTests.readAll(pair.far, 16_384)
            #expect(content.starts(with: received))
        }

        /// Records with little content, or of a suite with much overhead, need more room than their content. All of
        /// them fit.
        @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION], [1, 10, 600])
        func smallRecordsHaveRoom(version: Int32, piece: Int) throws {
            let client = try ForeignContext(maximum: version)
            let server = try TestCertificates.context(.publicServer, try TestCertificates.node("worker-8001"))
            let wire = try Wire(
                client: { ForeignTLS($0, client) }, server: { TLSTransport($0, context: server, host: nil) })
            let outcome = try wire.handshake()
            guard outcome.client.isComplete, outcome.server.isComplete, let foreign = wire.client,
                let ours = wire.server
            else { throw Wire.Failure.stuck }
            let content = SharedWorkspaceTests.pattern(9_000 * piece, seed: 50)
            var (sent, received): (Int, [UInt8]) = (0, [])
            while received.count < content.count {
                while sent < content.count {
                    let next = Array(content[sent..<(sent + piece)])
                    let result = SharedWorkspaceTests.gather(ours, [], next)
                    if case .wouldBlock = result { break }
                    guard case .bytes(piece) = result else {
                        Issue.record("\(result)")
                        return
                    }
                    sent += piece
                }
                if case .failed(let error) = ours.flush() { throw error }
                guard case .bytes = try Wire.read(foreign, into: &received) else { throw Wire.Failure.stuck }
            }
            #expect(received == content)
            #expect(ours.unsent == 0)
            withExtendedLifetime(wire) {}
        }

        /// A session that claims the batch sends the other session's records.
        @Test func anotherSessionsClaimSendsCollectedRecords() throws {
            let pairs = try SharedWorkspaceTests.open(2)
            let contents = (0..<2).map { SharedWorkspaceTests.pattern(50_000, seed: 10 + $0) }
            for start in stride(from: 0, to: 50_000, by: 10_000) {
                for (pair, content) in zip(pairs, contents) {
                    let piece = Array(content[start..<(start + 10_000)])
                    guard case .bytes(10_000) = SharedWorkspaceTests.gather(pair.near, [], piece) else {
                        Issue.record("the batch does not take it")
                        return
                    }
                }
                #expect(pairs[0].near.unsent == 0)
            }
            #expect(pairs[1].near.unsent > 0)
            _ = pairs[1].near.flush()
            for (pair, content) in zip(pairs, contents) {
                #expect(try SharedWorkspaceTests.readAll(pair.far, content.count) == content)
            }
        }

        /// When a session is freed its collected records are dropped, and no others.
        @Test func aFreedSessionDropsItsCollectedRecords() throws {
            var pairs = try SharedWorkspaceTests.open(2)
            let lost = SharedWorkspaceTests.pattern(9_000, seed: 4)
            #expect(SharedWorkspaceTests.gather(pairs[0].near, [], lost).error == nil)
            pairs.removeFirst()
            let content = SharedWorkspaceTests.pattern(9_000, seed: 5)
            #expect(SharedWorkspaceTests.gather(pairs[0].near, [], content).error == nil)
            #expect(pairs[0].near.unsent == content.count + RecordFormat.overhead)
            _ = pairs[0].near.flush()
            #expect(try SharedWorkspaceTests.readAll(pairs[0].far, content.count) == content)
        }

        /// The socket broke when another session sent the records. The session reports the failure at its next call.
        @Test func aFailureDuringAnotherSessionsCallIsReported() throws {
            let pairs = try SharedWorkspaceTests.open(2)
            shutdown(pairs[0].near.descriptor.rawValue, Int32(SHUT_WR))
            #expect(
                SharedWorkspaceTests.gather(pairs[0].near, [], SharedWorkspaceTests.pattern(9_000, seed: 6)).error
                    == nil)
            #expect(
                SharedWorkspaceTests.gather(pairs[1].near, [], SharedWorkspaceTests.pattern(9_000, seed: 7)).error
                    == nil)
            #expect(pairs[0].near.flush().error != nil)
            #expect(Wire.write(pairs[0].near, "x").error != nil)
            _ = pairs[1].near.flush()
            #expect(try SharedWorkspaceTests.readAll(pairs[1].far, 9_000).count == 9_000)
        }

        // MARK: Received records

        /// Each session reads a record while partial records of the others are in the inbox.
        @Test func partialInputMovesToTheSession() throws {
            let pairs = try SharedWorkspaceTests.open(3)
            let contents = pairs.indices.map { SharedWorkspaceTests.pattern(60_000, seed: 20 + $0) }
            for (pair, content) in zip(pairs, contents) {
                _ = content.withUnsafeBufferPointer { pair.far.write($0) }
                try RecordTests.awaitArrival(of: content.count, at: pair.near)
            }
            var received = [[UInt8]](repeating: [], count: pairs.count)
            while received.contains(where: { $0.count < 60_000 }) {
                for (index, pair) in pairs.enumerated() where received[index].count < 60_000 {
                    let bytes = pair.near.read().bytes
                    #expect(!bytes.isEmpty)
                    received[index] += bytes
                    #expect(pair.near.hasBufferedInput == (received[index].count < 60_000))
                }
            }
            #expect(received == contents)
        }

        /// A freed session leaves the inbox to the others.
        @Test func aFreedSessionDropsItsReceivedBytes() throws {
            var pairs = try SharedWorkspaceTests.open(2)
            let content = SharedWorkspaceTests.pattern(40_000, seed: 40)
            for pair in pairs {
                _ = content.withUnsafeBufferPointer { pair.far.write($0) }
                try RecordTests.awaitArrival(of: content.count, at: pair.near)
            }
            #expect(!pairs[0].near.read().bytes.isEmpty)
            pairs.removeFirst()
            #expect(try SharedWorkspaceTests.readAll(pairs[0].near, content.count) == content)
        }
    }
#endif
