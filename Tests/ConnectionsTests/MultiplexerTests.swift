import HTTP
import Sockets
import TestSupport
import Testing

@testable import Connections

/// A multiplexed connection whose peer sends frames and reads nothing.
@Suite(.timeLimit(.minutes(5))) struct MultiplexerTests {
    /// Accepts streams, and fills them as far as they take bytes.
    private final class Owner: EventSource, MultiplexerOwner {
        /// Writes to its stream whenever there is room.
        final class Writer: EventSource {
            let stream: MultiplexedStream
            private let loop: EventLoop
            private(set) var calls = 0

            init(_ stream: MultiplexedStream, on loop: EventLoop) {
                self.stream = stream
                self.loop = loop
            }

            override func ready(_ readiness: Readiness) {
                if readiness.contains(.writable) {
                    calls += 1
                    fill()
                }
                if readiness.contains(.error) { stop() }
            }

            func fill() {
                let piece = [UInt8](repeating: 7, count: 32 << 10)
                while case .bytes = piece.withUnsafeBufferPointer({ stream.write($0) }) {}
            }

            func stop() {
                stream.unwatch(self, on: loop)
                stream.close()
            }
        }

        var refuses = false
        var accepted = 0
        var writers: [Writer] = []
        var error: TransportError?
        let loop: EventLoop

        init(loop: EventLoop) { self.loop = loop }

        func accept(_ stream: MultiplexedStream) -> Bool {
            accepted += 1
            guard !refuses else { return false }
            let writer = Writer(stream, on: loop)
            writers.append(writer)
            stream.watch(writer, on: loop, for: [.readable, .writable])
            writer.fill()
            return true
        }

        func streamEnded() {}
        func multiplexerEnded(_ error: TransportError?) { self.error = error }
    }

    /// A connection whose transport takes no bytes.
    private final class Connection {
        let transport = ScriptedTransport()
        let owner: Owner
        let multiplexer: Multiplexer

        init(on loop: EventLoop) {
            owner = Owner(loop: loop)
            transport.room = 0
            multiplexer = Multiplexer(transport: transport, isOpener: false, owner: owner, loop: loop)
            turn("USTDY/1\n")
        }

        /// Lets pieces of input arrive together, and ends the turn.
        func turn(_ pieces: String...) {
            for piece in pieces { transport.give(piece) }
            multiplexer.ready(.readable)
            multiplexer.endOfTurn()
        }

        /// Lets the peer read everything.
        func drain() {
            transport.room = .max
            multiplexer.ready(.writable)
            multiplexer.endOfTurn()
        }
    }

    /// A frame without content.
    private static func frame(_ kind: UInt8, _ place: UInt8) -> String {
        String(decoding: [kind, 0, 0, 0, 0, 0, 0, place], as: UTF8.self)
    }

    private static func credit(_ place: UInt8, _ amount: UInt8 = 0) -> String {
        String(decoding: [5, 0, 0, 4, 0, 0, 0, place, 0, amount, 0, 0], as: UTF8.self)
    }

    private static func many(_ frames: String, _ count: Int = 1_000) -> String {
        String(repeating: frames, count: count)
    }

    private func onLoop(_ body: @escaping (Connection) -> Void) throws {
        let thread = try TestLoop()
        let loop = thread.loop
        thread.onLoop {
            let connection = Connection(on: loop)
            body(connection)
            connection.multiplexer.end(nil)
        }
        thread.stop()
    }

    @Test func creditWithoutReadingMakesNoListGrow() throws {
        try onLoop { connection in
            // Three windows of 128 KiB are more than the room for output.
            connection.turn(MultiplexerTests.frame(0, 0) + MultiplexerTests.frame(0, 1) + MultiplexerTests.frame(0, 2))
            let writers = connection.owner.writers
            #expect(writers.count == 3 && connection.multiplexer.room <= 0)
            connection.turn(MultiplexerTests.credit(2, 1))
            for _ in 0..<10 { connection.turn(MultiplexerTests.many(MultiplexerTests.credit(2))) }
            // The headers of the frames take the room of the second stream's last bytes.
            #expect(connection.multiplexer.blockedCount == 2)
            #expect(writers[2].calls == 0)
            // Later it gets its room all the same.
            connection.drain()
            #expect(writers[2].calls > 0 && connection.multiplexer.blockedCount == 0)
        }
    }

    @Test func streamsThatEndWaitForNoRoom() throws {
        try onLoop { connection in
            connection.turn(MultiplexerTests.frame(0, 0) + MultiplexerTests.frame(0, 1))
            #expect(connection.multiplexer.blockedCount == 1)
            let (open, reset) = (MultiplexerTests.frame(0, 2), MultiplexerTests.frame(3, 2))
            for _ in 0..<10 { connection.turn(MultiplexerTests.many(open + reset, 100)) }
            #expect(connection.owner.accepted == 1_002)
            #expect(connection.multiplexer.blockedCount == 1 && connection.multiplexer.streamCount == 2)
            connection.turn(open)
            #expect(connection.multiplexer.blockedCount == 2)
        }
    }

    @Test func aPeerThatReadsNoRefusalsLosesItsConnection() throws {
        try onLoop { connection in
            connection.owner.refuses = true
            for _ in 0..<200 where connection.owner.error == nil {
                connection.turn(MultiplexerTests.many(MultiplexerTests.frame(0, 0)))
            }
            #expect(connection.owner.error != nil)
            // The bytes of refusals that this side holds, and one turn more.
            #expect(connection.owner.accepted <= ((256 << 10) + Multiplexer.controlHigh) / 8 + 1_000)
        }
    }

    @Test func anHonestPeerMayBeSlowToReadItsRefusals() throws {
        try onLoop { connection in
            connection.owner.refuses = true
            for _ in 0..<32 { connection.turn(MultiplexerTests.many(MultiplexerTests.frame(0, 0))) }
            connection.drain()
            #expect(connection.owner.error == nil && connection.transport.sent.count == 32_000 * 8)
        }
    }

    /// Each stream makes a connection, which lives at least to the end of the turn.
    @Test func aTurnOpensABoundedNumberOfStreams() throws {
        try onLoop { connection in
            connection.owner.refuses = true
            let piece = MultiplexerTests.many(MultiplexerTests.frame(0, 0))
            connection.turn(piece, piece, piece, piece)
            #expect(connection.owner.accepted == 2_000)
            // The rest comes in the next turn.
            connection.turn()
            #expect(connection.owner.accepted == 4_000)
        }
    }
}
